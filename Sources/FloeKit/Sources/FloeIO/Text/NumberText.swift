import FloeCore

/// Numbers as texts write them.
enum NumberText {
  /// Whether a field looks like a number to OGR, which cuts it: with Fortran's exponent `0.7D+02`, whole and beyond 64
  /// bits, or with a sign, a point or an exponent that lacks its digits (`-`, `.`, `1e+`).
  static func isOdd(_ field: [UInt8]) -> Bool {
    guard let first = field.first(where: { $0 != 32 }), (48...57).contains(first) || "+-.".utf8.contains(first) else {
      return false
    }
    let text = String(decoding: field, as: UTF8.self)
    guard number(text) != nil else { return isUnfinished(trimmed(text)) }
    let isWhole = !field.contains { ".eEdD".utf8.contains($0) }
    return isWhole ? Int(trimmed(text)) == nil : field.contains { "dD".utf8.contains($0) }
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

/// How the texts of a column become numbers or times, where OGR does not see to it.
struct TextTyping: Sendable {
  /// Whether `1,5` is a number, as in files whose fields are divided by semicolons.
  let hasDecimalComma: Bool

  /// A column's values, and how many texts that were a lone `-` beside numbers are missing values.
  struct Found {
    var values: ColumnValues
    var isTime = false
    var dashes = 0, firstDash = 0

    func tellDashes(_ place: String, column: String) {
      guard dashes > 0 else { return }
      LibraryNotices.add(
        "\(place) has '-' in \(dashes) \(dashes == 1 ? "row" : "rows") of the number column '\(column)', the first in "
          + "row \(firstDash + 1); it is read as a missing value")
    }
  }

  /// Texts as the narrowest kind that holds all of them: whole numbers, numbers, times, or the texts themselves.
  ///
  /// - Throws: a sentence for a date that does not exist in a column of times.
  func typed(_ texts: [String?], name: String, place: String) throws -> Found {
    let isDash = { (text: String) in NumberText.trimmed(text) == "-" }
    let given = texts.lazy.compactMap { $0 }
    guard let first = given.first(where: { !isDash($0) }) else { return Found(values: .text(texts)) }
    var found = Found(values: .text(texts))
    if given.allSatisfy({ Int(NumberText.trimmed($0)) != nil || isDash($0) }) {
      found.values = .integer(texts.map { $0.flatMap { Int(NumberText.trimmed($0)) } })
    } else if given.allSatisfy({ number($0) != nil || isDash($0) }) {
      found.values = .number(texts.map { $0.flatMap(number) ?? .nan })
    } else if isDate(first), given.allSatisfy(isDate), given.contains(where: { time($0) != nil }) {
      if let row = texts.firstIndex(where: { $0.map { time($0) == nil } ?? false }) {
        throw FloeError(
          "row \(row + 1) of \(place) has '\(texts[row] ?? "")' in the column '\(name)' of times, which no calendar "
            + "and no clock has; a time that exists is right, such as 2019-03-01T23:56:11Z, or an empty field")
      }
      found.values = .number(texts.map { $0.flatMap { time($0)?.seconds } ?? .nan })
      found.isTime = true
      return found
    } else {
      return found
    }
    for (row, text) in texts.enumerated() where text.map(isDash) ?? false {
      if found.dashes == 0 { found.firstDash = row }
      found.dashes += 1
    }
    return found
  }

  private func number(_ text: String) -> Double? {
    if let found = NumberText.number(text) { return found }
    guard hasDecimalComma, text.contains(",") else { return nil }
    return NumberText.number(text.split(separator: ",", omittingEmptySubsequences: false).joined(separator: "."))
  }

  private func time(_ text: String) -> UTCTime? { UTCTime(dashed(text)) }

  /// Dates with slashes are ones to OGR as well.
  private func dashed(_ text: String) -> String {
    text.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "-")
  }

  /// Whether a text is a time, or has the shape of one that does not exist.
  private func isDate(_ text: String) -> Bool {
    if time(text) != nil { return true }
    let bytes = Array(dashed(String(NumberText.trimmed(text))).utf8)
    guard bytes.count >= 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else { return false }
    let isDay = [0, 1, 2, 3, 5, 6, 8, 9].allSatisfy { (48...57).contains(bytes[$0]) }
    let rest = bytes.dropFirst(10)
    guard let mark = rest.first else { return isDay }
    return isDay && "T ".utf8.contains(mark)
      && rest.dropFirst().allSatisfy { (48...57).contains($0) || ":.+-Z".utf8.contains($0) }
  }
}
