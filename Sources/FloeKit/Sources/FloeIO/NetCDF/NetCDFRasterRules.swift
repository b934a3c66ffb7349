internal import CGDAL
import FloeCore

/// What the attributes of a netCDF variable say of the pixels of its bands, where GDAL's driver does not hear them.
///
/// GDAL 3.6 knows one missing number, `_FillValue` or else the first `missing_value`; limits as a pair alone, which it
/// compares with the stored numbers; scale and offset that are numbers. Scale, offset and a no-data value are taken
/// from the conventions (`NetCDFConversion`). A raster has one no-data value a band and no limits: where a pixel is
/// missing for a reason that no raster can hold, the file is refused.
struct NetCDFRasterRules {
  /// The file, without the name of a part of it.
  private let path: String
  private let part: String
  /// Nil for a file in an archive, which the library cannot open; GDAL reads its attributes.
  private let file: NetCDFFile?
  private var checked: Set<String> = []

  /// Whether a band has attributes that GDAL may not hear, by its metadata; others are left to GDAL alone.
  static func concern(_ items: [String: String]) -> Bool {
    ["valid_min", "valid_max", "valid_range", "missing_value", "scale_factor", "add_offset", "_Unsigned"]
      .contains { items[$0] != nil }
  }

  init(_ netCDF: NetCDFPart) {
    (path, part, file) = (netCDF.path, netCDF.part, netCDF.file)
  }

  /// Gives a band the scale, the offset and the no-data value of its variable.
  ///
  /// - Parameters:
  ///   - items: GDAL's metadata of the band.
  ///   - type: of the pixels as GDAL hands them on.
  /// - Throws: a sentence where pixels would be read as what the file does not mean.
  mutating func apply(
    to band: inout BandSpec, handle: UnsafeMutableRawPointer, items: [String: String], type: PixelType
  ) throws {
    guard let v = try variable(items, type) else { return }
    try checkSign(v, type)
    if v.type == .int8, v.isReallyUnsigned { try checkUnsignedBytes(v, handle) }
    let conversion = try NetCDFConversion(v, path: path)
    if v.attributes["scale_factor"] != nil { band.scale = conversion.scale }
    if v.attributes["add_offset"] != nil { band.offset = conversion.offset }
    let own = band.noData.flatMap(type.stored)
    if own == nil, let found = conversion.missing.lazy.compactMap(type.stored).first { band.noData = found }
    guard checked.insert(v.name).inserted else { return }
    let marks = Marks(
      conversion: conversion, empty: band.noData.flatMap(type.stored), limits: Self.limits(v), hasOwnNoData: own != nil)
    if marks.areAllHeard(of: type, isExact: file != nil) { return }
    guard let file else {
      throw FloeError(
        "variable '\(v.name)' of '\(path)' declares several missing values or limits (missing_value, valid_min, "
          + "valid_max, valid_range), with which its numbers cannot be compared in an archive; unpack the file first")
    }
    try compare(v, in: file, marks)
  }

  /// The variable of a band; nil where GDAL does not name it.
  private func variable(_ items: [String: String], _ type: PixelType) throws -> NetCDFVariable? {
    guard let name = items["NETCDF_VARNAME"] else { return nil }
    guard let file else { return Self.described(items, name, type) }
    return try file.described(name, part: part)
  }

  /// A variable as GDAL's metadata have it, lists as `{1,2}`.
  private static func described(_ items: [String: String], _ name: String, _ type: PixelType) -> NetCDFVariable? {
    var stored = NetCDFType(rawValue: type.rawValue) ?? .float64
    let signed: [NetCDFType: NetCDFType] = [.uint8: .int8, .uint16: .int16, .uint32: .int32]
    if items["_Unsigned"]?.lowercased() == "true" { stored = signed[stored] ?? stored }
    var attributes: [String: NetCDFAttribute] = [:]
    for (key, value) in items {
      let words = value.filter { $0 != "{" && $0 != "}" }.split(separator: ",")
      let numbers = words.compactMap { Double(NumberText.trimmed(String($0))) }
      let isNumeric = !words.isEmpty && numbers.count == words.count
      attributes[key] = isNumeric ? .numbers(numbers, stored) : .text(value)
    }
    return NetCDFVariable(
      name: name, type: stored, dimensions: [], shape: [], attributes: attributes, group: 0, id: 0)
  }

  /// Refuses whole numbers that GDAL reads with another sign than `_Unsigned` says.
  private func checkSign(_ v: NetCDFVariable, _ type: PixelType) throws {
    guard v.type.isInteger, type.isInteger, v.type.bits < 64 else { return }
    let isSigned = v.type.isSigned && !v.isReallyUnsigned || v.isReallySigned
    guard isSigned != (type == .int16 || type == .int32) else { return }
    let sign = isSigned ? "signed" : "unsigned"
    throw FloeError(
      "variable '\(v.name)' of '\(path)' says by the attribute _Unsigned '\(v.attributes["_Unsigned"]?.text ?? "")' "
        + "that its \(v.type.rawValue) numbers are \(sign), but GDAL reads them as \(type.rawValue); store them in the "
        + "\(sign) type of \(v.type.bits) bits, without that attribute")
  }

  /// Reads the bytes that mean unsigned ones: of netCDF-4 files GDAL's driver cannot read those from 128 on.
  private func checkUnsignedBytes(_ v: NetCDFVariable, _ band: UnsafeMutableRawPointer) throws {
    let width = GDALGetRasterBandXSize(band)
    var row = [UInt8](repeating: 0, count: Int(width))
    try GDALMessages.collect(isTrial: true) { messages in
      for y in 0..<GDALGetRasterBandYSize(band) {
        if GDALRasterIO(band, GF_Read, 0, y, width, 1, &row, width, 1, GDT_Byte, 0, 0) == CE_None { continue }
        // Whatever else is wrong is reported when the pixels are read.
        guard messages.reason.contains("not representable") else { return }
        throw FloeError(
          "variable '\(v.name)' of '\(path)' keeps unsigned bytes in signed ones (_Unsigned 'true') in a netCDF-4 "
            + "file, of which GDAL cannot read numbers from 128 on, though the file is sound; store them as unsigned "
            + "bytes (NC_UBYTE, netCDF4-python's 'u1')")
      }
    }
  }

  /// The limits that GDAL compares with the stored numbers; nil where it takes none.
  private static func limits(_ v: NetCDFVariable) -> ClosedRange<Double>? {
    func number(_ name: String) -> Double? {
      let attribute = v.attributes[name]
      return attribute?.numbers?.first ?? attribute?.text.flatMap { Double(NumberText.trimmed($0)) }
    }
    if let range = v.attributes["valid_range"] {
      guard let pair = range.numbers, pair.count == 2, pair[0] <= pair[1] else { return nil }
      return pair[0]...pair[1]
    }
    guard let low = number("valid_min"), let high = number("valid_max"), low <= high else { return nil }
    return low...high
  }

  /// Looks for a stored number that GDAL and the conventions understand differently.
  private func compare(_ v: NetCDFVariable, in file: NetCDFFile, _ marks: Marks) throws {
    guard v.count > 0, let width = v.shape.last else { return }
    let rows = v.shape.count > 1 ? v.shape[v.shape.count - 2] : 1
    let outer = v.shape.dropLast(2)
    let step = min(rows, max(1, (1 << 20) / width))
    for plane in 0..<outer.reduce(1, *) {
      // The indices of the plane in the dimensions before the last two.
      var place: [Int] = []
      var rest = plane
      for length in outer.reversed() {
        place.insert(rest % length, at: 0)
        rest /= length
      }
      for row in stride(from: 0, to: rows, by: step) {
        let count = min(step, rows - row)
        let isFlat = v.shape.count == 1
        let values = try file.readDoubles(
          v.name, start: isFlat ? [0] : place + [row, 0],
          count: isFlat ? [width] : place.map { _ in 1 } + [count, width])
        guard let at = values.indices.first(where: { marks.isMisread(values[$0]) }) else { continue }
        let index = isFlat ? [at] : place + [row + at / width, at % width]
        throw refusal(v, values[at], index, marks)
      }
    }
  }

  private func refusal(_ v: NetCDFVariable, _ value: Double, _ index: [Int], _ marks: Marks) -> FloeError {
    let place = zip(v.dimensions, index).map { "\($0) \($1)" }.joined(separator: ", ")
    let who = "variable '\(v.name)' of '\(path)' holds the stored number \(Self.told(value)) at \(place) (from 0)"
    func attribute(_ names: [String]) -> String {
      let found = names.filter { v.attributes[$0] != nil }.map { name in
        let text = v.attributes[name]?.numbers.map { $0.map(Self.told).joined(separator: ", ") }
        return "\(name) \(text ?? v.attributes[name]?.text ?? "")"
      }
      return found.joined(separator: " or ")
    }
    guard marks.isMissing(value) else {
      let limits = attribute(["valid_range", "valid_min", "valid_max"])
      return FloeError(
        "\(who), which GDAL takes for missing, since it compares \(limits) with "
          + "stored numbers, not with unpacked ones; give the limits in the type of the stored numbers (CF 8.1)")
    }
    let reason: String
    if value < marks.conversion.low {
      reason = attribute(["valid_min", "valid_range"])
    } else if value > marks.conversion.high {
      reason = attribute(["valid_max", "valid_range"])
    } else if v.attributes["_FillValue"] == nil, v.defaultFill != nil, value == marks.conversion.missing.first {
      reason = "netCDF's default fill value"
    } else {
      reason = attribute(["missing_value", "_FillValue"])
    }
    let empty = marks.empty.map { "the no-data value \(Self.told($0))" } ?? "no no-data value"
    return FloeError(
      "\(who), which is missing by \(reason); the raster has \(empty) alone and would take it for a measurement. Give "
        + "such pixels the variable's _FillValue in the file first")
  }

  private static func told(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

extension NetCDFRasterRules {
  /// Which stored numbers mean "missing" to the conventions, and which to GDAL.
  fileprivate struct Marks {
    let conversion: NetCDFConversion
    /// The band's no-data value.
    let empty: Double?
    /// What GDAL calls valid; numbers outside become its no-data value.
    let limits: ClosedRange<Double>?
    /// Whether GDAL found a no-data value itself; without one, numbers outside of the limits become 0.
    let hasOwnNoData: Bool

    /// Whether nothing can be understood differently, whatever the pixels.
    ///
    /// - Parameter isExact: whether the attributes' numbers have all their digits.
    func areAllHeard(of type: PixelType, isExact: Bool) -> Bool {
      let others = conversion.missing.filter { value in
        guard let empty else { return true }
        return !(value.isNaN || value == empty || !isExact && abs(value - empty) <= 1e-6 * abs(empty))
      }
      guard others.isEmpty else { return false }
      let range: ClosedRange<Double>
      switch type {
      case .uint8: range = 0...255
      case .int16: range = -32_768...32_767
      case .uint16: range = 0...65_535
      case .int32: range = -2_147_483_648...2_147_483_647
      case .uint32: range = 0...4_294_967_295
      case .float32, .float64: range = -Double.infinity...Double.infinity
      }
      let isBounded = conversion.low > range.lowerBound || conversion.high < range.upperBound
      guard let limits else { return !isBounded }
      return limits.lowerBound == conversion.low && limits.upperBound == conversion.high
        && (hasOwnNoData || !isBounded)
    }

    func isMissing(_ value: Double) -> Bool {
      value.isNaN || value < conversion.low || value > conversion.high || conversion.missing.contains(value)
    }

    func isMisread(_ value: Double) -> Bool {
      let isOutside = limits.map { value < $0.lowerBound || value > $0.upperBound } ?? false
      if isOutside, !hasOwnNoData { return true }
      return isMissing(value) != (value.isNaN || value == empty || isOutside)
    }
  }
}
