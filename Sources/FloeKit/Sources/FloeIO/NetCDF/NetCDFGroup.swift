import FloeCore

/// A group of a netCDF or HDF5 file whose variables, with those of the groups inside, are one table, such as
/// `gt1l/sea_ice_segments` of ICESat-2's ATL07; or the file itself without its groups.
///
/// A column has the name of its variable, `height_segment_height`; where several have it, the names of groups as well,
/// `heights_quality`. HDF5 arrays without dimensions, which the library numbers in each group, lie along the same rows
/// where they have the same length.
struct NetCDFGroup {
  /// The variables outside of groups.
  static let file = NetCDFGroup(prefix: "")
  /// The path with a slash after it; empty for the file.
  private let prefix: String

  private init(prefix: String) { self.prefix = prefix }

  /// The group that a layer's name means; without a name the file, or its only group with a table.
  ///
  /// - Parameter isColumn: whether a variable has one value a row.
  /// - Throws: a sentence where the tables lie in groups of which none, or none that there is, is named.
  init(_ layer: String?, of file: NetCDFFile, isColumn: (NetCDFVariable) -> Bool) throws {
    let all = file.variables
    if let layer, layer.contains(where: { $0 != "/" }) {
      let named = layer.split(separator: "/").map { "\($0)/" }.joined()
      if all.contains(where: { $0.name.hasPrefix(named) }) {
        prefix = named
        return
      }
    }
    let tables = Self.tables(all, isColumn)
    let wanted = layer == FileStem.of(file.path) ? nil : layer
    guard !tables.isEmpty, !all.contains(where: { Self.file.holds($0) && isColumn($0) }) else {
      prefix = ""
      return
    }
    if wanted == nil, tables.count == 1 {
      prefix = "\(tables[0])/"
      return
    }
    let names = tables.prefix(12).joined(separator: ", ") + (tables.count > 12 ? " and \(tables.count - 12) more" : "")
    throw FloeError(
      wanted.map { "'\(file.path)' has no layer '\($0)'; its tables are the groups \(names)" }
        ?? "'\(file.path)' keeps its tables in groups: name one of them in 'layer': \(names)")
  }

  /// The outermost groups with columns of two rows and more, in the file's order.
  static func tables(_ variables: [NetCDFVariable], _ isColumn: (NetCDFVariable) -> Bool) -> [String] {
    var found: [String] = []
    for v in variables where isColumn(v) && (v.shape.first ?? 0) > 1 && !isAxis(v) {
      guard let slash = v.name.lastIndex(of: "/") else { continue }
      let group = v.name[..<slash]
      // Groups come before those inside.
      if !found.contains(where: { group == $0 || group.hasPrefix("\($0)/") }) { found.append(String(group)) }
    }
    return found
  }

  /// Whether a variable is the axis of its own dimension; of a grid only those have one dimension.
  static func isAxis(_ v: NetCDFVariable) -> Bool { v.dimensions == [lastName(v)] }

  private static func lastName(_ v: NetCDFVariable) -> String {
    v.name.lastIndex(of: "/").map { String(v.name[v.name.index(after: $0)...]) } ?? v.name
  }

  /// Whether this is the file without its groups.
  var isFile: Bool { prefix.isEmpty }

  /// Whether a variable lies in the group or in one inside of it.
  func holds(_ v: NetCDFVariable) -> Bool { isFile ? !v.name.contains("/") : v.name.hasPrefix(prefix) }

  /// What the rows of a variable lie along: the name of its first dimension, in groups with the length, since a group
  /// inside may have another of that name; nil for a single value.
  func rows(of v: NetCDFVariable) -> String? {
    guard let name = v.dimensions.first, let length = v.shape.first else { return nil }
    if isFile { return name }
    return name.hasPrefix("phony_dim_") ? "(\(length))" : "\(name) (\(length))"
  }

  /// The name of a column among others.
  func name(_ v: NetCDFVariable, among columns: [NetCDFVariable]) -> String {
    func isOthers(_ name: String) -> Bool { columns.contains { $0.name != v.name && Self.lastName($0) == name } }
    let last = Self.lastName(v)
    guard isOthers(last) else { return last }
    let path = String(v.name.dropFirst(prefix.count))
    let joined = String(path.map { $0 == "/" ? "_" : $0 })
    // A slash stands in no variable's own name.
    return isOthers(joined) ? path : joined
  }
}
