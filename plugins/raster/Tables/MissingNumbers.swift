import FloeSDK

/// Numbers of a table that stand for a missing value although its file does not say so.
struct MissingNumbers {
  /// The numbers that the user names.
  let declared: [Double]

  /// Makes them missing in all columns of numbers.
  ///
  /// - Returns: how many values were so.
  func clear(_ table: inout Table) -> Int {
    guard !declared.isEmpty else { return 0 }
    var count = 0
    for column in table.columns where !column.isTime {
      var made = column
      switch column.values {
      case .number(let values):
        made.values = .number(values.map { (value: Double) -> Double in isDeclared(value) ? .nan : value })
        count += values.count { isDeclared($0) }
      case .integer(let values):
        made.values = .integer(values.map { (value: Int?) -> Int? in isDeclaredInteger(value) ? nil : value })
        count += values.count { isDeclaredInteger($0) }
      case .code, .text, .array: continue
      }
      table.set(made)
    }
    return count
  }

  private func isDeclaredInteger(_ value: Int?) -> Bool { value.map { isDeclared(Double($0)) } ?? false }

  /// A column of single precision holds the nearest number of its own.
  private func isDeclared(_ value: Double) -> Bool { declared.contains { $0 == value || Double(Float($0)) == value } }

  /// What looks like a missing value and was taken as a number: the least of a column, of nines alone and below 0.
  static func suspects(_ table: Table) -> [String] {
    table.columns.compactMap { (column: Column) -> String? in
      guard !column.isTime, let values = column.numbers, let least = values.filter({ $0.isFinite }).min(),
        let text = nines(least)
      else { return nil }
      let count = values.count { $0 == least }
      return "\(text) in \(count) row\(count == 1 ? "" : "s") of '\(column.name)'"
    }
  }

  /// `-999`, `-9999.9` and their like as text; nil for other numbers.
  static func nines(_ value: Double) -> String? {
    guard value <= -99, value > -1e9 else { return nil }
    for text in ["\(value)", "\(Float(value))"] {
      let shown = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
      let digits = shown.dropFirst().filter { $0 != "." }
      if digits.count >= 3, digits.allSatisfy({ $0 == "9" }) { return shown }
    }
    return nil
  }
}
