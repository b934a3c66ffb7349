import FloeSDK

/// Keeps some columns of a table.
struct TableSelectStep: ProcessingStep {
  static let name = "table.select"
  static let summary = "Keeps the named columns of a table, in the named order."
  static let discussion = """
    All rows stay, with their geometry, marks and style; `dropped_because` is made of the marks when a file is written
    and is not named here. A column that the table lacks is refused with a guess. Columns of the points' coordinates may
    be left out only where the table has no geometry. Missing values stay missing, the rows at both ends are rows like
    all others.
    """
  static let example = """
    layer: { use: table.select, in: { input: groups.classes }, with: { columns: [record, time, lat, lon, class_name] } }
    """

  @Input("The table") var input: Table
  @Param("Columns to keep") var columns: [String]
  @Output("The table with these columns") var result: Table?

  mutating func plan(in context: PlanContext) throws { result = try selected() }
  mutating func run(in context: RunContext) async throws { result = try selected() }

  private func selected() throws -> Table {
    let names = input.columns.map(\.name)
    if columns.isEmpty {
      throw ParameterError("columns", "names no column; the table has \(names.joined(separator: ", "))")
    }
    if let twice = columns.indices.first(where: { columns[..<$0].contains(columns[$0]) }) {
      throw ParameterError("columns", "names '\(columns[twice])' twice; once is right")
    }
    for name in columns where !names.contains(name) {
      let near = Spelling.nearest(name, among: names).map { " (did you mean '\($0)'?)" } ?? ""
      throw ParameterError(
        "columns", "names '\(name)', which the table lacks\(near); it has \(names.joined(separator: ", "))")
    }
    if case .points(let x, let y)? = input.geometry, let lost = [x, y].first(where: { !columns.contains($0) }) {
      throw ParameterError("columns", "lacks '\(lost)', a coordinate of the table's points")
    }
    var table = input
    for name in names { table.remove(name) }
    for name in columns { if let column = input[name] { table.set(column) } }
    return table
  }
}
