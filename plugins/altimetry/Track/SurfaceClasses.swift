import FloeSDK

/// A column that says which class each record has, asked by name or code.
struct SurfaceClasses: Sendable {
  /// Columns that are looked for where none is named: that of a classification, then ESA's own.
  static let usual = [ColumnName.classCode.rawValue, ColumnName.esaClass.rawValue, "surf_type_class_20_ku"]

  let column: String
  private let codes: [Double]?
  private let texts: [String?]
  private let table: ClassTable

  /// The named column of codes, or the first usual one.
  static func codes(in track: Table, column name: String?) throws(ParameterError) -> String {
    guard let found = name ?? usual.first(where: { track[$0] != nil }) else {
      throw ParameterError(
        "classes",
        "must name the column with the class codes: the track has none of \(usual.joined(separator: ", "))")
    }
    return found
  }

  /// The named column, or the first usual one.
  init(_ track: Table, column name: String?, parameter: String) throws(ParameterError) {
    let wanted = name.map { [$0] } ?? Self.usual
    guard let found = wanted.lazy.compactMap({ track[$0] }).first else {
      let near =
        name.flatMap { Spelling.nearest($0, among: track.columns.map(\.name)) }.map { "; did you mean '\($0)'?" } ?? ""
      throw ParameterError(
        parameter,
        name == nil
          ? "must name the column with the classes: the track has none of \(Self.usual.joined(separator: ", "))"
          : "names '\(wanted[0])', which the track lacks\(near)")
    }
    column = found.name
    codes = found.numbers
    if case .text(let values) = found.values { texts = values } else { texts = [] }
    guard codes != nil || found.values.kind == "text" else {
      throw ParameterError(parameter, "names '\(column)', which is \(found.values.kind); codes or names are needed")
    }
    table = found.classes ?? .seaIce
  }

  /// Whether each record is of one of these classes, given by name or by code.
  func members(_ wanted: [String], parameter: String) throws(ParameterError) -> [Bool] {
    if let codes {
      var chosen: Set<Int> = []
      for name in wanted {
        guard let code = table.named(name)?.code ?? Int(name) else {
          let near = Spelling.nearest(name, among: table.entries.map(\.name)).map { " (did you mean '\($0)'?)" } ?? ""
          throw ParameterError(
            parameter,
            """
            names the class '\(name)'\(near); column '\(column)' has \
            \(table.entries.map(\.name).joined(separator: ", ")) or codes
            """)
        }
        chosen.insert(code)
      }
      return codes.map { Int(exactly: $0).map(chosen.contains) ?? false }
    }
    let chosen = Set(wanted)
    return texts.map { $0.map(chosen.contains) ?? false }
  }
}
