internal import CNetCDF
import FloeCore

/// Reads what a file holds; used under the library's lock.
struct NetCDFInventory {
  let path: String
  var dimensions: [NetCDFDimension] = []

  init(path: String) { self.path = path }

  /// Reads the dimensions of a group and of those inside.
  mutating func read(group: Int32, prefix: String, depth: Int) throws {
    guard depth < 64 else { throw FloeError("'\(path)' nests groups deeper than 64") }
    var count: Int32 = 0
    try check(nc_inq_dimids(group, &count, nil, 0))
    var ids = [Int32](repeating: 0, count: Int(count))
    try check(nc_inq_dimids(group, &count, &ids, 0))
    for id in ids {
      let (name, length) = try dimension(group, id)
      dimensions.append(NetCDFDimension(name: prefix + name, length: length))
    }
    for (inner, name) in try groups(of: group) { try read(group: inner, prefix: "\(prefix)\(name)/", depth: depth + 1) }
  }

  private func groups(of group: Int32) throws -> [(Int32, String)] {
    var count: Int32 = 0
    try check(nc_inq_grps(group, &count, nil))
    var groups = [Int32](repeating: 0, count: Int(count))
    try check(nc_inq_grps(group, &count, &groups))
    return try groups.map { inner in (inner, try name { nc_inq_grpname(inner, $0) }) }
  }

  /// All variables; those that cannot be described are left out, for the sentence comes when one of them is asked for.
  func variables(group: Int32, prefix: String) -> [NetCDFVariable] {
    var count: Int32 = 0
    guard nc_inq_nvars(group, &count) == NC_NOERR else { return [] }
    // Left out, as said above.
    let own = (0..<count).compactMap { try? variable(group, $0, prefix) }
    // Opening the file has read the groups already.
    let inner = (try? groups(of: group)) ?? []
    return own + inner.flatMap { variables(group: $0.0, prefix: "\(prefix)\($0.1)/") }
  }

  /// A variable by its name, `group/variable` for those of groups; nil when there is none.
  func variable(named name: String, in root: Int32) throws -> NetCDFVariable? {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    var group = root
    var id: Int32 = 0
    var code: nc_type = 0
    for part in parts.dropLast() where nc_inq_grp_ncid(group, part, &group) != NC_NOERR { return nil }
    let status = nc_inq_varid(group, parts.last ?? "", &id)
    if status == NC_ENOTVAR || status == NC_EBADNAME { return nil }
    try check(status)
    // The library reads the description now, and not before.
    try NetCDFLibrary.check(
      nc_inq_vartype(group, id, &code), "variable '\(name)' of '\(path)' cannot be read; the file may be damaged")
    return try variable(group, id, parts.dropLast().map { "\($0)/" }.joined())
  }

  /// The attributes of a variable or, with NC_GLOBAL, of a group.
  func attributes(group: Int32, variable: Int32) throws -> [String: NetCDFAttribute] {
    var count: Int32 = 0
    var result: [String: NetCDFAttribute] = [:]
    try check(variable == NC_GLOBAL ? nc_inq_natts(group, &count) : nc_inq_varnatts(group, variable, &count))
    for i in 0..<count {
      let name = try name { nc_inq_attname(group, variable, i, $0) }
      var code: nc_type = 0
      var length = 0
      try check(nc_inq_att(group, variable, name, &code, &length))
      guard let type = NetCDFType(code: code) else { continue }
      switch type {
      case .char:
        var bytes = [CChar](repeating: 0, count: length + 1)
        try check(nc_get_att_text(group, variable, name, &bytes))
        result[name] = .text(String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
      case .string:
        var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: length)
        try check(nc_get_att_string(group, variable, name, &pointers))
        result[name] = .text(pointers.map { text($0) ?? "" }.joined(separator: "\n"))
        nc_free_string(length, &pointers)
      default:
        var numbers = [Double](repeating: 0, count: length)
        try check(nc_get_att_double(group, variable, name, &numbers))
        result[name] = .numbers(numbers, type)
      }
    }
    return result
  }

  private func variable(_ group: Int32, _ id: Int32, _ prefix: String) throws -> NetCDFVariable? {
    var code: nc_type = 0
    var rank: Int32 = 0
    let name = try name { nc_inq_varname(group, id, $0) }
    try check(nc_inq_vartype(group, id, &code))
    guard let type = NetCDFType(code: code) else { return nil }
    try check(nc_inq_varndims(group, id, &rank))
    var ids = [Int32](repeating: 0, count: Int(rank))
    try check(nc_inq_vardimid(group, id, &ids))
    let dims = try ids.map { try dimension(group, $0) }
    return NetCDFVariable(
      name: prefix + name, type: type, dimensions: dims.map(\.0), shape: dims.map(\.1),
      attributes: try attributes(group: group, variable: id), group: group, id: id)
  }

  private func dimension(_ group: Int32, _ id: Int32) throws -> (String, Int) {
    var length = 0
    let name = try name { nc_inq_dimname(group, id, $0) }
    try check(nc_inq_dimlen(group, id, &length))
    return (name, length)
  }

  private func name(_ body: (UnsafeMutablePointer<CChar>?) -> Int32) throws -> String {
    var buffer = [CChar](repeating: 0, count: Int(NC_MAX_NAME) + 1)
    try check(buffer.withUnsafeMutableBufferPointer { body($0.baseAddress) })
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private func check(_ status: Int32) throws { try NetCDFLibrary.check(status, "'\(path)' cannot be read as netCDF") }
}
