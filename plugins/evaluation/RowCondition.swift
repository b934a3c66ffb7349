import FloeSDK

/// A condition on one column of a table, for example `fp_purity >= 0.8` or `class_name == lead`.
public struct RowCondition: Sendable, Equatable {
  /// The text as given.
  public let text: String
  /// The column's name.
  public let column: String
  private let comparison: String
  private let value: String
  // Longer signs first, so that `>=` is not taken for `>`.
  private static let signs = [">=", "<=", "==", "!=", ">", "<"]

  /// Reads a condition.
  ///
  /// - Throws: a sentence when it is not `column sign value`, or an order is asked of something that is no number.
  public init(_ text: String) throws(FloeError) {
    let parts = text.split(separator: " ").map(String.init)
    guard parts.count == 3, Self.signs.contains(parts[1]) else {
      throw FloeError(
        """
        must be 'column sign value' with one of \(Self.signs.joined(separator: " ")), for example 'fp_purity >= \
        0.8', not '\(text)'
        """
      )
    }
    self.text = text
    column = parts[0]
    comparison = parts[1]
    value = parts[2]
    if Double(value) == nil && comparison != "==" && comparison != "!=" {
      throw FloeError("compares with '\(value)' in '\(text)'; only == and != take a text")
    }
  }

  /// Whether each row fulfils the condition; nil where the column is missing a value.
  public func evaluate(_ table: Table) throws(FloeError) -> [Bool?] {
    guard let found = table[column] else {
      let near = Spelling.nearest(column, among: table.columns.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
      throw FloeError("the table has no column '\(column)' for the condition '\(text)'\(near)")
    }
    if case .text(let texts) = found.values {
      guard comparison == "==" || comparison == "!=" else {
        throw FloeError(
          "column '\(column)' is text and cannot be compared with \(comparison) in '\(text)'; use == or !=")
      }
      return texts.map { t in t.map { ($0 == value) == (comparison == "==") } }
    }
    // Whole numbers beyond 2^53 are others as doubles.
    if case .integer(let whole) = found.values, let limit = Int(value) {
      return whole.map { $0.map { holds($0, limit) } }
    }
    guard let numbers = found.numbers else {
      throw FloeError("column '\(column)' is \(found.values.kind) and cannot be compared in '\(text)'")
    }
    // A class may be named instead of numbered.
    guard let limit = Double(value) ?? found.classes?.named(value).map({ Double($0.code) }) else {
      throw FloeError("column '\(column)' holds numbers and '\(value)' in '\(text)' is none")
    }
    return numbers.map { $0.isNaN ? nil : holds($0, limit) }
  }

  private func holds<T: Comparable>(_ a: T, _ b: T) -> Bool {
    switch comparison {
    case ">=": a >= b
    case "<=": a <= b
    case "==": a == b
    case "!=": a != b
    case ">": a > b
    default: a < b
    }
  }
}
