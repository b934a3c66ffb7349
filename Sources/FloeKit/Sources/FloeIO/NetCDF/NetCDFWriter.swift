internal import CNetCDF
import FloeCore
import Glibc

/// Writes a netCDF-4 file: first dimensions and variables, then values, then `close`.
///
/// Safe because every access holds the library's lock.
public final class NetCDFWriter: @unchecked Sendable {
  /// The path of the file.
  public let path: String
  private let id: Int32
  private var isOpen = true
  private var dimensions: [String: (id: Int32, length: Int?)] = [:]
  private var variables: [String: Variable] = [:]

  private struct Variable {
    let id: Int32
    let type: NetCDFType
    let shape: [Int?]
    let fill: Double?
    let scale: Double
    let offset: Double
  }

  /// Creates the file, replacing what was there.
  public init(path: String) throws {
    self.path = path
    id = try NetCDFLibrary.locked {
      var id: Int32 = 0
      try NetCDFLibrary.check(nc_create(path, NC_CLOBBER | NC_NETCDF4, &id), "'\(path)' cannot be created as netCDF")
      return id
    }
  }

  deinit { if isOpen { NetCDFLibrary.locked { _ = nc_close(id) } } }

  /// Adds a dimension; nil is one that grows.
  public func dimension(_ name: String, length: Int?) throws {
    try NetCDFLibrary.locked {
      var dimension: Int32 = 0
      try check(nc_def_dim(id, name, length ?? 0, &dimension), "dimension '\(name)'")
      dimensions[name] = (dimension, length)
    }
  }

  /// Sets an attribute of the file or of a variable.
  public func attribute(_ name: String, _ value: NetCDFAttribute, of variable: String? = nil) throws {
    try NetCDFLibrary.locked { try put(name, value, to: variable.map { try known($0).id } ?? NC_GLOBAL) }
  }

  /// Adds a variable.
  ///
  /// - Parameters:
  ///   - dimensions: names, the slowest first; none for a scalar.
  ///   - attributes: in this order; `scale_factor` and `add_offset` are what `writePhysical` packs with.
  ///   - fill: the stored value for "missing", kept as `_FillValue`.
  ///   - deflate: the compression level 1...9; nil for none.
  public func variable(
    _ name: String, type: NetCDFType, dimensions names: [String], attributes: [(String, NetCDFAttribute)] = [],
    fill: Double? = nil, deflate: Int? = nil
  ) throws {
    try NetCDFLibrary.locked {
      let dims = try names.map { name in
        guard let found = dimensions[name] else { throw FloeError("'\(path)' has no dimension '\(name)' yet") }
        return found
      }
      var variable: Int32 = 0
      try check(nc_def_var(id, name, type.code, Int32(dims.count), dims.map(\.id), &variable), "variable '\(name)'")
      if let fill { try put("_FillValue", .numbers([fill], type), to: variable) }
      if let deflate, !dims.isEmpty, type != .string {
        try setChunks(variable, name, type, dims.map(\.length))
        try check(nc_def_var_deflate(id, variable, 1, 1, Int32(deflate)), "compression of '\(name)'")
      }
      var scale = 1.0
      var offset = 0.0
      for (key, value) in attributes {
        try put(key, value, to: variable)
        if key == "scale_factor", let v = value.numbers?.first { scale = v }
        if key == "add_offset", let v = value.numbers?.first { offset = v }
      }
      variables[name] = Variable(
        id: variable, type: type, shape: dims.map(\.length), fill: fill, scale: scale, offset: offset)
    }
  }

  /// Writes stored values of a hyperslab in row-major order; whole variables without `start` and `count`.
  ///
  /// NaN becomes the fill value; in integer types values are rounded to the nearest.
  public func write(_ name: String, _ values: [Double], start: [Int]? = nil, count: [Int]? = nil) throws {
    try NetCDFLibrary.locked {
      let v = try known(name)
      try put(values.map { stored($0, v) }, to: v, name, start, count)
    }
  }

  /// Writes whole numbers of a whole variable, in 64 bits with all of their digits; nil becomes the fill value.
  public func write(_ name: String, integers values: [Int?]) throws {
    try NetCDFLibrary.locked {
      let v = try known(name)
      guard v.type == .int64 else {
        return try put(values.map { stored($0.map(Double.init) ?? .nan, v) }, to: v, name, nil, nil)
      }
      let shape = v.shape.map { $0 ?? values.count }
      try expect(shape.reduce(1, *), values.count, name)
      let fill = v.fill.flatMap { Int64(exactly: $0) }
      guard fill != nil || !values.contains(nil) else {
        throw FloeError("variable '\(name)' of '\(path)' is int64 without a fill value and cannot hold a missing value")
      }
      let zeros = shape.map { _ in 0 }
      let whole = values.map { $0.map { Int64($0) } ?? fill ?? 0 }
      try check(nc_put_vara_longlong(id, v.id, zeros, shape, whole), "variable '\(name)'")
    }
  }

  /// Writes single-precision values of a hyperslab of a variable of that type; NaN becomes the fill value.
  public func write(_ name: String, floats values: ArraySlice<Float>, start: [Int], count: [Int]) throws {
    try NetCDFLibrary.locked {
      let v = try known(name)
      guard v.type == .float32, start.count == v.shape.count, count.count == v.shape.count else {
        throw FloeError(
          """
          variable '\(name)' of '\(path)' is \(v.type.rawValue) with \(v.shape.count) dimensions; single-precision \
          values from \(start) on do not fit
          """
        )
      }
      try expect(count.reduce(1, *), values.count, name)
      let fill = v.fill.map { Float($0) } ?? .nan
      let filled = values.map { $0.isNaN ? fill : $0 }
      try check(nc_put_vara_float(id, v.id, start, count, filled), "variable '\(name)'")
    }
  }

  /// Writes physical values: (value - add_offset) / scale_factor, as `write` does.
  public func writePhysical(_ name: String, _ values: [Double], start: [Int]? = nil, count: [Int]? = nil) throws {
    try NetCDFLibrary.locked {
      let v = try known(name)
      try put(values.map { stored(($0 - v.offset) / v.scale, v) }, to: v, name, start, count)
    }
  }

  /// Writes one text per value of a string variable.
  public func write(_ name: String, texts: [String]) throws {
    try NetCDFLibrary.locked {
      let v = try known(name)
      let shape = v.shape.map { $0 ?? texts.count }
      let zeros = shape.map { _ in 0 }
      try expect(shape.reduce(1, *), texts.count, name)
      let copies = texts.map { strdup($0) }
      defer { copies.forEach { free($0) } }
      var pointers = copies.map { UnsafePointer($0) }
      try check(nc_put_vara_string(id, v.id, zeros, shape, &pointers), "variable '\(name)'")
    }
  }

  /// Closes the file; a full disk may show only here.
  public func close() throws {
    try NetCDFLibrary.locked {
      guard isOpen else { return }
      isOpen = false
      try NetCDFLibrary.check(nc_close(id), "'\(path)' cannot be written")
    }
  }

  /// Chunks of whole rows of about a megabyte, so that rows can be read piece by piece.
  private func setChunks(_ variable: Int32, _ name: String, _ type: NetCDFType, _ shape: [Int?]) throws {
    let rest = shape.dropFirst().map { max(1, $0 ?? 1) }
    let rowBytes = rest.reduce(type.bits / 8, *)
    let rows = min(max(1, (1 << 20) / rowBytes), max(1, shape[0] ?? 1024))
    try check(nc_def_var_chunking(id, variable, NC_CHUNKED, [rows] + rest), "chunks of '\(name)'")
  }

  private func stored(_ value: Double, _ v: Variable) -> Double {
    if value.isNaN { return v.fill ?? value }
    return v.type.isInteger ? value.rounded() : value
  }

  private func put(_ values: [Double], to v: Variable, _ name: String, _ start: [Int]?, _ count: [Int]?) throws {
    let others = v.shape.dropFirst().reduce(1) { $0 * ($1 ?? 1) }
    let shape = v.shape.map { $0 ?? values.count / max(1, others) }
    let first = start ?? shape.map { _ in 0 }
    let extent = count ?? shape
    guard first.count == shape.count, extent.count == shape.count else {
      throw FloeError(
        "variable '\(name)' of '\(path)' has \(shape.count) dimensions; start \(first) and count \(extent) do not fit")
    }
    try expect(extent.reduce(1, *), values.count, name)
    if v.type.isInteger && v.fill == nil, values.contains(where: \.isNaN) {
      throw FloeError(
        "variable '\(name)' of '\(path)' is \(v.type.rawValue) without a fill value and cannot hold a missing value")
    }
    try check(nc_put_vara_double(id, v.id, first, extent, values), "variable '\(name)'")
  }

  private func put(_ name: String, _ value: NetCDFAttribute, to variable: Int32) throws {
    switch value {
    case .text(let s): try check(nc_put_att_text(id, variable, name, s.utf8.count, s), "attribute '\(name)'")
    case .numbers(let v, let type):
      try check(nc_put_att_double(id, variable, name, type.code, v.count, v), "attribute '\(name)'")
    }
  }

  private func known(_ name: String) throws -> Variable {
    guard let found = variables[name] else { throw FloeError("'\(path)' has no variable '\(name)' yet") }
    return found
  }

  private func expect(_ needed: Int, _ given: Int, _ name: String) throws {
    if needed != given {
      throw FloeError("variable '\(name)' of '\(path)' takes \(needed) values, \(given) were given")
    }
  }

  private func check(_ status: Int32, _ what: String) throws {
    try NetCDFLibrary.check(status, "\(what) of '\(path)' cannot be written")
  }
}
