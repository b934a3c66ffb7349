import FloeSDK

/// Pairs of class codes from one or two tables.
struct TablePairs {
  let reference: Table, predicted: Table
  let referenceColumn: String, predictedColumn: String
  let conditions: [RowCondition]

  /// Checks what the columns' names and kinds show; planned tables need not know their rows.
  func check() throws {
    _ = try column(referenceColumn, of: reference, parameter: "reference_column")
    _ = try column(predictedColumn, of: predicted, parameter: "predicted_column")
    for condition in conditions { _ = try values(of: condition) }
  }

  private func checkRows() throws {
    guard reference.rowCount == predicted.rowCount else {
      throw FloeError(
        """
        the tables have \(reference.rowCount) and \(predicted.rowCount) rows; rows are compared one by one, so both \
        must have as many
        """
      )
    }
    guard let a = reference[.record]?.numbers, let b = predicted[.record]?.numbers else { return }
    if let row = a.indices.first(where: { a[$0] != b[$0] && !(a[$0].isNaN && b[$0].isNaN) }) {
      throw FloeError(
        """
        the tables are not about the same records: row \(row) is record \(a[row]) of the reference and \(b[row]) of \
        the prediction
        """
      )
    }
  }

  /// Why rows beside each other may be of different records, as a sentence; nil where nothing says so.
  ///
  /// A column that both tables have, all of whose values differ from each other, names the rows: the same names in
  /// another order are other rows. Times are the same to the two milliseconds that files may round.
  func misorder() -> String? {
    for column in reference.columns {
      guard let other = predicted[column.name], Self.isReordered(column, other) else { continue }
      return "the tables have the same values of '\(column.name)' in another order, and rows are compared by their "
        + "place: bring both into one order first"
    }
    guard reference[.record] == nil || predicted[.record] == nil, let a = reference[.time]?.numbers,
      let b = predicted[.time]?.numbers
    else { return nil }
    let rows = zip(a, b).enumerated().filter { abs($0.element.0 - $0.element.1) > 0.002 }.map(\.offset)
    guard let first = rows.first else { return nil }
    return "the tables have other times in \(rows.count) of \(a.count) rows, the first in row \(first + 1), and rows "
      + "are compared by their place: that is right only where each row is of one record in both"
  }

  private static func isReordered(_ a: Column, _ b: Column) -> Bool {
    if case .text(let own) = a.values, case .text(let others) = b.values {
      return own != others && Set(own).count == own.count && Set(own) == Set(others)
    }
    guard let own = a.numbers, let others = b.numbers, own != others, own.allSatisfy(\.isFinite) else { return false }
    let names = Set(own)
    return names.count == own.count && names == Set(others)
  }

  func count() throws -> PairCounts {
    var pairs = PairCounts()
    try visit(pair: { pairs.add(reference: $1, predicted: $2) }, leftOut: { pairs.leaveOut($0) })
    return pairs
  }

  /// The share of agreeing pairs in steps of a number column of either table; nil when neither has it.
  ///
  /// - Parameters:
  ///   - step: the lower end of the step that a value falls into.
  ///   - width: the size of a step.
  func agreement(by name: ColumnName, step: (Double) -> Double, width: Double) throws -> JSONValue? {
    guard let values = (reference[name] ?? predicted[name])?.numbers, values.count == reference.rowCount else {
      return nil
    }
    var found: [Double: (same: Int, count: Int)] = [:]
    try visit(
      pair: { row, x, y in
        guard values[row].isFinite else { return }
        found[step(values[row]), default: (0, 0)].count += 1
        if x == y { found[step(values[row]), default: (0, 0)].same += 1 }
      }, leftOut: { _ in })
    return .array(
      found.sorted { $0.key < $1.key }.map { low, n in
        JSONValue(keyed: [
          .from: .number(low), .to: .number(low + width), .pairs: .integer(n.count),
          .agreement: .number(Double(n.same) / Double(n.count)),
        ])
      })
  }

  /// Goes through the rows: those with a code on both sides, and why the others have none.
  private func visit(pair: (Int, Int, Int) -> Void, leftOut: (String) -> Void) throws {
    try check()
    try checkRows()
    let a = try codes(column(referenceColumn, of: reference, parameter: "reference_column"))
    let b = try codes(column(predictedColumn, of: predicted, parameter: "predicted_column"))
    let tests = try conditions.map { ($0, try values(of: $0)) }
    rows: for row in 0..<reference.rowCount {
      if let reason = reference.status.reason(row) ?? predicted.status.reason(row) {
        leftOut(reason)
        continue
      }
      for (condition, holds) in tests {
        guard let value = holds[row] else {
          leftOut("no value in \(condition.column)")
          continue rows
        }
        if !value {
          leftOut("not \(condition.text)")
          continue rows
        }
      }
      guard let x = a[row] else {
        leftOut("no class in the reference")
        continue
      }
      guard let y = b[row] else {
        leftOut("no class in the prediction")
        continue
      }
      pair(row, x, y)
    }
  }

  private func values(of condition: RowCondition) throws -> [Bool?] {
    try condition.evaluate(reference[condition.column] == nil ? predicted : reference)
  }

  private func column(_ name: String, of table: Table, parameter: String) throws -> Column {
    guard let found = table[name] else {
      let names = table.columns.map(\.name)
      let near = Spelling.nearest(name, among: names).map { " (did you mean '\($0)'?)" } ?? ""
      throw ParameterError(
        parameter, "names '\(name)', which is not in the table\(near); it has \(names.joined(separator: ", "))")
    }
    if case .array = found.values {
      throw ParameterError(parameter, "names '\(name)', which is \(found.values.kind); class codes or names are needed")
    }
    return found
  }

  private func codes(_ column: Column) throws -> [Int?] {
    if case .text(let texts) = column.values {
      return try texts.map { text in
        guard let text else { return nil }
        guard let code = (column.classes ?? .seaIce).named(text)?.code else {
          throw FloeError(
            """
            column '\(column.name)' holds '\(text)', which is no class name; \
            \(ClassTable.seaIce.entries.map(\.name).joined(separator: ", ")) are known
            """
          )
        }
        return code
      }
    }
    return try (column.numbers ?? []).map { value in
      if value.isNaN { return nil }
      guard let code = Int(exactly: value) else {
        throw FloeError("column '\(column.name)' holds \(value), which is no class code: a whole number is needed")
      }
      return code
    }
  }
}
