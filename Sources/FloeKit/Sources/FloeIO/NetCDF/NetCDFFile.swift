internal import CNetCDF
import FloeCore
import Synchronization

/// A netCDF file (classic or netCDF-4) for reading; may be used from several threads, which then take turns.
public final class NetCDFFile: Sendable {
  /// The path as given.
  public let path: String
  /// The dimensions, those of groups included.
  public let dimensions: [NetCDFDimension]
  /// The attributes of the whole file.
  public let attributes: [String: NetCDFAttribute]
  private let id: Int32
  private let catalogue = Mutex(Catalogue())

  /// The variables that have been asked for; to describe one costs the library about 0.1 ms, and products have
  /// hundreds.
  private struct Catalogue {
    var known: [String: NetCDFVariable] = [:]
    var all: [NetCDFVariable]?
  }

  /// Opens a file; one on the network is fetched whole first, since the library reads files of the disk.
  ///
  /// - Throws: a sentence where it is missing, is no netCDF, or ends before its last value.
  public static func open(_ path: String) throws -> NetCDFFile {
    GDALRuntime.heap
    try LocalFile.checkInput(path)
    let place = try RemoteCopy.local(path)
    try ClassicNetCDFCheck.check(place)
    return try NetCDFLibrary.locked {
      var id: Int32 = 0
      // A chunk larger than the cache would be inflated again for each piece that is read of it.
      nc_set_chunk_cache(64 << 20, 1009, 0.75)
      try NetCDFLibrary.check(nc_open(place, NC_NOWRITE, &id), "'\(path)' cannot be opened as netCDF")
      do {
        return try NetCDFFile(path, id)
      } catch {
        nc_close(id)
        throw error
      }
    }
  }

  private init(_ path: String, _ id: Int32) throws {
    self.path = path
    self.id = id
    var inventory = NetCDFInventory(path: path)
    try inventory.read(group: id, prefix: "", depth: 0)
    dimensions = inventory.dimensions
    attributes = try inventory.attributes(group: id, variable: NC_GLOBAL)
  }

  deinit { NetCDFLibrary.locked { _ = nc_close(id) } }

  /// The variables in the file's order, those of groups last; user-defined types are left out, and what cannot be
  /// described.
  public var variables: [NetCDFVariable] {
    catalogue.withLock { catalogue in
      if let all = catalogue.all { return all }
      let all = NetCDFLibrary.locked { NetCDFInventory(path: path).variables(group: id, prefix: "") }
      catalogue.all = all
      return all
    }
  }

  /// A variable by name; nil when there is none.
  ///
  /// - Throws: when the file has it and its description cannot be read.
  public func find(_ name: String) throws -> NetCDFVariable? {
    try catalogue.withLock { catalogue in
      if let known = catalogue.known[name] { return known }
      let found = try NetCDFLibrary.locked { try NetCDFInventory(path: path).variable(named: name, in: id) }
      if let found { catalogue.known[name] = found }
      return found
    }
  }

  /// A variable by name; nil when there is none that can be read.
  public subscript(_ name: String) -> NetCDFVariable? {
    // What is wrong with a damaged one is reported when it is read by `find` or `variable`.
    try? find(name)
  }

  /// A variable by name, or the sentence that it is missing.
  public func variable(_ name: String) throws -> NetCDFVariable {
    guard let found = try find(name) else {
      let all = variables
      let near = all.map(\.name).prefix(8).joined(separator: ", ")
      throw FloeError(
        "'\(path)' has no variable '\(name)'; it has \(near)\(all.count > 8 ? " and \(all.count - 8) more" : "")")
    }
    return found
  }

  /// The stored numbers of a hyperslab in row-major order, neither scaled nor masked.
  ///
  /// - Parameters:
  ///   - start: the first index in each dimension; nil for the beginning.
  ///   - count: how many in each dimension; nil for all after `start`.
  /// - Throws: a sentence where the variable is missing, is text or damaged, or the slab is not inside of it.
  public func readDoubles(_ name: String, start: [Int]? = nil, count: [Int]? = nil) throws -> [Double] {
    let v = try variable(name)
    guard !v.type.isText else { throw FloeError("variable '\(name)' of '\(path)' is text, numbers are needed") }
    let (first, extent) = try slab(v, start, count)
    let total = extent.reduce(1, *)
    var values = try [Double](unsafeUninitializedCapacity: total) { buffer, filled in
      if total > 0 {
        try NetCDFLibrary.locked {
          try NetCDFLibrary.check(
            nc_get_vara_double(v.group, v.id, first, extent, buffer.baseAddress),
            "variable '\(name)' of '\(path)' cannot be read; the file may be damaged")
        }
      }
      filled = total
    }
    if v.isReallyUnsigned {
      let span = v.type.bits == 64 ? 0x1p64 : Double(1 << v.type.bits)
      for i in values.indices where values[i] < 0 { values[i] += span }
    } else if v.isReallySigned {
      let half = Double(1 << (v.type.bits - 1))
      for i in values.indices where values[i] >= half { values[i] -= 2 * half }
    }
    return values
  }

  /// The stored whole numbers of a variable in row-major order, all of their digits, neither scaled nor masked.
  ///
  /// - Throws: a sentence where the variable is missing, holds no whole numbers, or is damaged.
  public func readIntegers(_ name: String) throws -> [Int] {
    let v = try variable(name)
    guard v.type.isInteger else {
      throw FloeError("variable '\(name)' of '\(path)' is \(v.type.rawValue), whole numbers are needed")
    }
    let (first, extent) = try slab(v, nil, nil)
    var values = [Int64](repeating: 0, count: extent.reduce(1, *))
    guard !values.isEmpty else { return [] }
    try NetCDFLibrary.locked {
      try NetCDFLibrary.check(
        nc_get_vara_longlong(v.group, v.id, first, extent, &values),
        "variable '\(name)' of '\(path)' cannot be read; the file may be damaged")
    }
    return values.map { Int($0) }
  }

  /// A hyperslab in physical units, in row-major order: stored * scale_factor + add_offset, NaN where the value is
  /// missing.
  ///
  /// - Throws: as `readDoubles`, and for a scale or a valid range that is no number.
  public func readPhysical(_ name: String, start: [Int]? = nil, count: [Int]? = nil) throws -> [Double] {
    var values = try readDoubles(name, start: start, count: count)
    try NetCDFConversion(try variable(name), path: path).apply(to: &values)
    return values
  }

  /// Rows of the first dimension in physical units and single precision, read piece by piece; for echoes.
  ///
  /// The values are in row-major order, `rows.count` times the product of the other dimensions, NaN where one is
  /// missing. The library is held while it reads a piece and not while the piece is converted.
  ///
  /// - Parameter rows: indices of the first dimension; nil for all.
  /// - Throws: as `readPhysical`.
  public func readPhysicalFloats(_ name: String, rows: Range<Int>? = nil) throws -> [Float] {
    let v = try variable(name)
    guard let length = v.shape.first else { return try readPhysical(name).map(Float.init) }
    let rows = rows ?? 0..<length
    let rest = Array(v.shape.dropFirst())
    let width = rest.reduce(1, *)
    _ = try slab(v, [rows.lowerBound] + rest.map { _ in 0 }, [rows.count] + rest)
    let isSigned = v.type.isSigned && !v.isReallyUnsigned || v.isReallySigned
    switch v.type {
    case .int8, .uint8:
      return isSigned ? try floats(v, rows, width, of: Int8.self) : try floats(v, rows, width, of: UInt8.self)
    case .int16, .uint16:
      return isSigned ? try floats(v, rows, width, of: Int16.self) : try floats(v, rows, width, of: UInt16.self)
    case .int32, .uint32:
      return isSigned ? try floats(v, rows, width, of: Int32.self) : try floats(v, rows, width, of: UInt32.self)
    default:
      var result: [Float] = []
      result.reserveCapacity(rows.count * width)
      let step = Self.rowsAtOnce(width)
      for row in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
        let part = try readPhysical(
          name, start: [row] + rest.map { _ in 0 }, count: [min(step, rows.upperBound - row)] + rest)
        result.append(contentsOf: part.lazy.map { Float($0) })
      }
      return result
    }
  }

  /// Pieces of about a million values.
  private static func rowsAtOnce(_ width: Int) -> Int { max(1, (1 << 20) / max(1, width)) }

  /// Rows of whole numbers in physical units; `T` is the type that they are stored in.
  private func floats<T: FixedWidthInteger>(_ v: NetCDFVariable, _ rows: Range<Int>, _ width: Int, of: T.Type) throws
    -> [Float]
  {
    let conversion = try NetCDFConversion(v, path: path)
    let missing = Array(Set(conversion.missing.compactMap { T(exactly: $0) }))
    let range = conversion.range(of: T.self)
    let rest = Array(v.shape.dropFirst())
    let first = missing.min() ?? 0
    let last = missing.max() ?? 0
    let hasMissing = !missing.isEmpty
    let others = missing.count > 2
    let scale = conversion.scale
    let offset = conversion.offset
    let step = Self.rowsAtOnce(width)
    func convert(_ from: UnsafeBufferPointer<T>, _ to: UnsafeMutableBufferPointer<Float>) {
      for i in to.indices {
        to[i] = hasMissing && (from[i] == first || from[i] == last) ? .nan : Float(Double(from[i]) * scale + offset)
      }
      if others { for i in to.indices where missing.contains(from[i]) { to[i] = .nan } }
      if let range { for i in to.indices where !range.contains(from[i]) { to[i] = .nan } }
    }
    return try [Float](unsafeUninitializedCapacity: rows.count * width) { result, filled in
      var stored = [T](repeating: 0, count: min(step, rows.count) * width)
      for row in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
        let n = min(step, rows.upperBound - row)
        try NetCDFLibrary.locked {
          try NetCDFLibrary.check(
            nc_get_vara(v.group, v.id, [row] + rest.map { _ in 0 }, [n] + rest, &stored),
            "variable '\(v.name)' of '\(path)' cannot be read; the file may be damaged")
        }
        stored.withUnsafeBufferPointer {
          convert($0, UnsafeMutableBufferPointer(rebasing: result[filled..<filled + n * width]))
        }
        filled += n * width
      }
    }
  }

  /// The texts of a variable: strings one by one, characters joined along the last dimension up to the first zero.
  ///
  /// - Throws: a sentence where the variable is missing, holds no text, or is damaged.
  public func readTexts(_ name: String) throws -> [String] {
    let v = try variable(name)
    let (first, extent) = try slab(v, nil, nil)
    let total = extent.reduce(1, *)
    guard total > 0 else { return [] }
    return try NetCDFLibrary.locked {
      let what = "variable '\(name)' of '\(path)' cannot be read as text"
      switch v.type {
      case .string:
        var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: total)
        try NetCDFLibrary.check(nc_get_vara_string(v.group, v.id, first, extent, &pointers), what)
        defer { nc_free_string(total, &pointers) }
        return pointers.map { text($0) ?? "" }
      case .char:
        var bytes = [CChar](repeating: 0, count: total)
        try NetCDFLibrary.check(nc_get_vara_text(v.group, v.id, first, extent, &bytes), what)
        let width = max(1, extent.last ?? total)
        return stride(from: 0, to: total, by: width).map { at in
          String(decoding: bytes[at..<at + width].prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
      default: throw FloeError("variable '\(name)' of '\(path)' is \(v.type.rawValue), text is needed")
      }
    }
  }

  private func slab(_ v: NetCDFVariable, _ start: [Int]?, _ count: [Int]?) throws -> ([Int], [Int]) {
    let first = start ?? v.shape.map { _ in 0 }
    let extent = count ?? zip(v.shape, first).map { $0 - $1 }
    let fits =
      first.count == v.shape.count && extent.count == v.shape.count
      && zip(v.shape, zip(first, extent)).allSatisfy { $1.0 >= 0 && $1.1 >= 0 && $1.0 + $1.1 <= $0 }
    guard fits else {
      throw FloeError(
        """
        variable '\(v.name)' of '\(path)' has the shape \(v.shape); start \(first) with count \(extent) lies \
        outside of it
        """
      )
    }
    return (first, extent)
  }
}
