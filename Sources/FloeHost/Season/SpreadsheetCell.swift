import FloeSDK

/// Cells of the tables that floe makes of names: spreadsheets take a text that begins as a formula for one, and run it.
enum SpreadsheetCell {
  /// A cell as CSV has it; a text that begins as a formula gets an apostrophe in front, numbers stay what they are.
  static func csv(_ text: String) -> String {
    let line = TextEscape.oneLine(text)
    let start = line.utf8.first { $0 != 32 }
    let isFormula = start.map { "=+-@".utf8.contains($0) } ?? false
    return TextEscape.csv(isFormula && Double(line) == nil ? "'" + line : line)
  }
}
