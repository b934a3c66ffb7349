import FloeCore

/// Numbers as texts write them.
enum NumberText {
  /// Whether a field looks like a number to OGR, which cuts it: with Fortran's exponent `0.7D+02`, whole and beyond 64
  /// bits or what a double holds, or with a sign, a point or an exponent that lacks its digits (`-`, `.`, `1e+`).
  static func isOdd(_ field: [UInt8]) -> Bool {
    guard let first = field.first(where: { $0 != 32 }), (48...57).contains(first) || "+-.".utf8.contains(first) else {
      return false
    }
    let text = String(decoding: field, as: UTF8.self)
    guard number(text) != nil else { return isUnfinished(trimmed(text)) }
    let isWhole = !field.contains { ".eEdD".utf8.contains($0) }
    return isWhole ? Int(trimmed(text)) == nil || isRounded(trimmed(text)) : field.contains { "dD".utf8.contains($0) }
  }

  /// Whether a text is a whole number of 64 bits that no double holds, 9007199254740993 for example.
  static func isRounded(_ text: Substring) -> Bool {
    // Shorter ones are below 2^53.
    guard text.utf8.count > 15, let whole = Int(text) else { return false }
    return Double(exactly: whole) == nil
  }

  /// Whether a text is a sign, a point or both, or a number whose exponent has a sign alone.
  private static func isUnfinished(_ text: Substring) -> Bool {
    if ["-", "+", ".", "-.", "+."].contains(text) { return true }
    let end = text.suffix(2).lowercased()
    return ["e+", "e-", "d+", "d-"].contains(end) && number(String(text.dropLast(2))) != nil
  }

  /// A decimal number, Fortran's exponent included; nil for anything else, `nan`, `inf` and hexadecimal ones too.
  static func number(_ text: String) -> Double? {
    let bytes = trimmed(text).utf8
    guard !bytes.isEmpty, bytes.allSatisfy({ (48...57).contains($0) || "+-.eEdD".utf8.contains($0) }) else {
      return nil
    }
    return Double(String(decoding: bytes.map { "dD".utf8.contains($0) ? UInt8(ascii: "e") : $0 }, as: UTF8.self))
  }

  static func trimmed(_ text: String) -> Substring {
    var rest = text[...]
    while rest.first == " " { rest.removeFirst() }
    while rest.last == " " { rest.removeLast() }
    return rest
  }
}
