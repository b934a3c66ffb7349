import FloeCore

/// Dates and times as texts write them.
///
/// What ISO 8601 says is read; OGR would read more, by guessing (`31/12/19` as 1931, `01:00:00 PM` as one in the
/// morning), and of ISO 8601 less: offsets by the quarter of an hour alone, fractions after a point alone.
enum DateText {
  /// The time of an ISO 8601 text; slashes may stand for dashes after the year, `UTC` and `GMT` for `Z`.
  static func time(_ text: String) -> UTCTime? {
    var rest = NumberText.trimmed(text)
    for zone in ["UTC", "GMT"] where rest.hasSuffix(zone) { rest = NumberText.trimmed(String(rest.dropLast(3))) }
    return UTCTime(dashed(String(rest)))
  }

  /// Whether the text of a time states its zone, by `Z`, a name or an offset after the date.
  static func hasZone(_ text: String) -> Bool {
    NumberText.trimmed(text).utf8.dropFirst(10).contains { "Zz+-UG".utf8.contains($0) }
  }

  /// Whether a text is a time, or has the shape of one that does not exist.
  static func isShaped(_ text: String) -> Bool {
    if time(text) != nil { return true }
    let bytes = Array(dashed(String(NumberText.trimmed(text))).utf8)
    guard bytes.count >= 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else { return false }
    let isDay = [0, 1, 2, 3, 5, 6, 8, 9].allSatisfy { isDigit(bytes[$0]) }
    let rest = bytes.dropFirst(10)
    guard let mark = rest.first else { return isDay }
    return isDay && "T ".utf8.contains(mark)
      && rest.dropFirst().allSatisfy { isDigit($0) || ":.,+-Z".utf8.contains($0) }
  }

  /// Whether a text begins as a date does in any order: three numbers with dashes or slashes between.
  static func isDateLike(_ text: String) -> Bool {
    let bytes = Array(NumberText.trimmed(text).utf8.prefix(11))
    var runs = [0]
    for byte in bytes {
      if isDigit(byte) {
        runs[runs.count - 1] += 1
      } else if byte == UInt8(ascii: "-") || byte == UInt8(ascii: "/"), runs.count < 3 {
        runs.append(0)
      } else {
        break
      }
    }
    return runs.count == 3 && runs.allSatisfy { (1...4).contains($0) }
  }

  /// Whether OGR would take a field for a date or a time of day that is not in the form which it reads exactly,
  /// `2019-03-01T23:56:11.123Z` with or without the time, its milliseconds and the Z.
  static func isGuessed(_ field: [UInt8]) -> Bool {
    guard let start = field.firstIndex(where: { $0 != 32 }) else { return false }
    let first = field[start]
    guard isDigit(first) || "+-T".utf8.contains(first) else { return false }
    var hasMark = false
    for i in field.indices.dropFirst(start + 1) {
      switch field[i] {
      case UInt8(ascii: "/"), UInt8(ascii: ":"): hasMark = true
      // The sign of an exponent is none.
      case UInt8(ascii: "-"): if !"eEdD".utf8.contains(field[i - 1]) { hasMark = true }
      default: break
      }
      if hasMark { break }
    }
    return hasMark && !isPlain(field)
  }

  private static func isPlain(_ field: [UInt8]) -> Bool {
    let shape = Array("0000-00-00T00:00:00".utf8)
    guard field.count == 10 || field.count >= shape.count else { return false }
    for (byte, wanted) in zip(field, shape) {
      switch wanted {
      case UInt8(ascii: "0"): if !isDigit(byte) { return false }
      case UInt8(ascii: "T"): if byte != wanted, byte != 32 { return false }
      default: if byte != wanted { return false }
      }
    }
    var rest = field.dropFirst(shape.count)
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      let digits = rest.prefix(while: isDigit)
      guard (1...3).contains(digits.count) else { return false }
      rest = rest.dropFirst(digits.count)
    }
    return rest.isEmpty || rest.elementsEqual([UInt8(ascii: "Z")])
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

  /// Dates with slashes are ones to OGR as well.
  private static func dashed(_ text: String) -> String {
    text.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "-")
  }
}
