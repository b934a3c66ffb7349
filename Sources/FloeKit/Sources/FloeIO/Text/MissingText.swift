/// Words and signs by which tables say that there is no value, or a value without end.
///
/// Source: what pandas 2 takes for missing (`read_csv`, `na_values`), numpy's `nan`, R's `NA`, C's `-nan(ind)`, and
/// lone dashes.
enum MissingText {
  private static let words: Set<String> = [
    "nan", "-nan", "+nan", "nan(ind)", "-nan(ind)", "na", "n/a", "<na>", "#na", "#n/a", "#n/a n/a", "nat", "null",
    "none", "-", "--", "1.#qnan", "-1.#qnan", "1.#ind", "-1.#ind",
  ]
  private static let infinities: [String: Double] = [
    "inf": .infinity, "+inf": .infinity, "-inf": -.infinity, "infinity": .infinity, "+infinity": .infinity,
    "-infinity": -.infinity, "1.#inf": .infinity, "-1.#inf": -.infinity,
  ]
  /// The longest of them.
  private static let longest = 9

  /// Whether a text says that there is no value.
  static func isOne(_ text: String) -> Bool { word(text).map { words.contains($0) } ?? false }

  /// Whether a text is the number that is none.
  static func isNaN(_ text: String) -> Bool { word(text)?.contains("nan") ?? false }

  /// The infinity that a text names; nil for other texts.
  static func infinity(_ text: String) -> Double? { word(text).flatMap { infinities[$0] } }

  /// Whether a field may be one of these; such files are typed here and not by OGR, for which they are texts.
  static func isOne(_ field: [UInt8]) -> Bool {
    guard let first = field.first(where: { $0 != 32 }), field.count <= 2 * longest else { return false }
    guard "nN-+<#iI".utf8.contains(first) || field.contains(UInt8(ascii: "#")) else { return false }
    let text = String(decoding: field, as: UTF8.self)
    return isOne(text) || infinity(text) != nil
  }

  /// A short text in lower case, without blanks around.
  private static func word(_ text: String) -> String? {
    let rest = NumberText.trimmed(text)
    return rest.utf8.count <= longest ? rest.lowercased() : nil
  }
}
