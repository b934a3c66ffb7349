import FloeCore

/// A CSV file of one column, which OGR of GDAL 3.6 takes for no table, whatever it is asked.
struct OneColumnFile {
  private let path: String
  private let column: String
  private let values: [String?]
  private let typing: TextTyping

  /// - Throws: a sentence where another layer is asked for.
  init(_ path: String, _ check: CSVCheck, layer: String?) throws {
    let name = FileStem.of(path)
    if let layer, layer != name { throw FloeError("'\(path)' has no layer '\(layer)'; it has \(name)") }
    self.path = path
    typing = check.typing
    let first = check.only.first?.flatMap { $0 }
    // A first line that is a number is no name; OGR calls columns without names so.
    let hasName = first.map { NumberText.number($0) == nil } ?? false
    column = hasName ? first ?? "field_1" : "field_1"
    values = Array(check.only.dropFirst(hasName ? 1 : 0))
  }

  func table(rows: Bool) throws -> Table {
    let place = "layer '\(FileStem.of(path))' of '\(path)'"
    let found = try typing.typed(values, name: column, place: place)
    TextTyping.Missing.tell([(column, found.missing)], place)
    if rows, case .text(let texts) = found.values { typing.tellText(texts, column: column, place: place) }
    if case .number(let numbers) = found.values, !found.isTime {
      FieldReader.tellInfinite(numbers, column, place)
      FieldReader.tellRounded(values, numbers, column, place)
    }
    var table = Table(rowCount: rows ? values.count : 0)
    if column == "dropped_because", case .text(let reasons) = found.values {
      guard rows else { return table }
      for (row, reason) in reasons.enumerated() { if let reason { table.status.drop(row, because: reason) } }
      return table
    }
    table.set(
      Column(
        column, unit: found.isTime ? .second : .dimensionless, isTime: found.isTime,
        values: rows ? found.values : found.values.emptied))
    return table
  }
}
