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

  /// Whether a text is a number with marks between thousands, which no reader can tell from decimals for certain:
  /// `1,234`, `1.234,5`, `1 234`, `1'234`.
  static func isGrouped(_ text: String) -> Bool {
    var digits = [0]
    var marks: [Character] = []
    for (place, character) in trimmed(text).enumerated() {
      if place == 0, "+-\u{2212}".contains(character) { continue }
      if character.isASCII, character.isNumber {
        digits[digits.count - 1] += 1
      } else if ",. '\u{a0}\u{202f}\u{2009}\u{2019}".contains(character) {
        marks.append(character)
        digits.append(0)
      } else {
        return false
      }
    }
    guard let mark = marks.first, (1...3).contains(digits[0]) else { return false }
    // The last one may divide decimals.
    let thousands = marks.count > 1 && marks.last != mark ? marks.count - 1 : marks.count
    return marks.prefix(thousands).allSatisfy { $0 == mark } && digits[1...thousands].allSatisfy { $0 == 3 }
  }

  /// The point or comma of a number that has one and else but a sign and digits.
  static func decimalMark(of field: [UInt8]) -> UInt8? {
    var mark: UInt8?
    for (place, byte) in field.enumerated() where !(48...57).contains(byte) {
      if place == 0, "+-".utf8.contains(byte) { continue }
      guard mark == nil, place > 0, ",.".utf8.contains(byte) else { return nil }
      mark = byte
    }
    return mark
  }

  static func trimmed(_ text: String) -> Substring {
    var rest = text[...]
    while rest.first == " " { rest.removeFirst() }
    while rest.last == " " { rest.removeLast() }
    return rest
  }
}
