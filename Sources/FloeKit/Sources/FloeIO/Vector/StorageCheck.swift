internal import CGDAL
import FloeCore

/// Refuses what number columns of SQLite's files hold, which hold anything, and OGR would read as another number: texts
/// as 0, fractions without what is after the point, whole numbers beyond 32 bits without their upper bits.
struct StorageCheck {
  let layer: OpenLayer

  /// - Throws: a sentence with the column, the first such value and what would be right.
  func check(_ fields: [FieldReader]) throws {
    guard ["GPKG", "SQLite"].contains(layer.dataset.driverName), !fields.isEmpty else { return }
    let table = TextEscape.sqlName(layer.name)
    let tests = fields.map { "sum(\(Self.isMisread($0)))" }
    var counts: [Int] = []
    try read("SELECT \(tests.joined(separator: ", ")) FROM \(table)") { row in
      counts = fields.indices.map { Int(OGR_F_GetFieldAsInteger64(row, Int32($0))) }
    }
    for (field, count) in zip(fields, counts) where count > 0 { throw try refusal(field, count, in: table) }
  }

  /// A condition that is 1 for a value that OGR would change, else 0.
  private static func isMisread(_ field: FieldReader) -> String {
    let column = TextEscape.sqlName(field.original)
    var tests = ["typeof(\(column)) IN ('text', 'blob')"]
    if field.isWhole { tests.append("typeof(\(column)) = 'real' AND \(column) <> CAST(\(column) AS INTEGER)") }
    if field.isShort {
      tests.append(
        "typeof(\(column)) IN ('integer', 'real') AND (\(column) < -2147483648 OR \(column) > 2147483647)")
    }
    return tests.map { "(\($0))" }.joined(separator: " OR ")
  }

  /// The sentence about the first such value of a column.
  private func refusal(_ field: FieldReader, _ count: Int, in table: String) throws -> FloeError {
    let column = TextEscape.sqlName(field.original)
    let key = text(OGR_L_GetFIDColumn(layer.handle)) ?? ""
    let id = key.isEmpty ? "''" : TextEscape.sqlName(key)
    var kind = ""
    var value = ""
    var place = ""
    try read(
      "SELECT typeof(\(column)) AS kind, CASE typeof(\(column)) WHEN 'blob' THEN 'bytes' ELSE "
        + "CAST(\(column) AS TEXT) END AS value, CAST(\(id) AS TEXT) AS id FROM \(table) "
        + "WHERE \(Self.isMisread(field)) LIMIT 1"
    ) { row in
      kind = text(OGR_F_GetFieldAsString(row, 0)) ?? ""
      value = TextEscape.oneLine(String((text(OGR_F_GetFieldAsString(row, 1)) ?? "").prefix(60)))
      place = key.isEmpty ? "" : ", the first with \(key) \(text(OGR_F_GetFieldAsString(row, 2)) ?? "")"
    }
    let who = "layer '\(layer.name)' of '\(layer.path)' holds"
    let rows = "\(count) \(count == 1 ? "row" : "rows")"
    switch kind {
    case "text", "blob":
      return FloeError(
        "\(who) text ('\(value)') in \(rows) of the number column '\(field.original)'\(place), which would be read as "
          + "0; make the column a text, or the texts numbers")
    case "real" where !value.contains("e"):
      return FloeError(
        "\(who) \(value) in a column of whole numbers, '\(field.original)' (\(rows)\(place)), which would lose what is "
          + "after the point; make the column a REAL, or the numbers whole")
    default:
      let bits = field.isShort ? 32 : 64
      return FloeError(
        "\(who) \(value) in a column of whole numbers of \(bits) bits, '\(field.original)' (\(rows)\(place)), which "
          + "would be read as another number; make the column \(field.isShort ? "an INTEGER" : "a REAL")")
    }
  }

  /// Runs a query and returns its first row.
  private func read(_ sql: String, _ body: (OGRFeatureH) throws -> Void) throws {
    try GDALMessages.collect { messages in
      guard let result = GDALDatasetExecuteSQL(layer.dataset.handle, sql, nil, nil) else {
        throw FloeError("layer '\(layer.name)' of '\(layer.path)' cannot be read: \(messages.reason)")
      }
      defer { GDALDatasetReleaseResultSet(layer.dataset.handle, result) }
      guard let row = OGR_L_GetNextFeature(result) else { return }
      defer { OGR_F_Destroy(row) }
      try body(row)
    }
  }
}
