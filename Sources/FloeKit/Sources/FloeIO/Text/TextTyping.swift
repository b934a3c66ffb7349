import FloeCore

/// How the texts of a column become numbers or times, where OGR does not see to it.
struct TextTyping: Sendable {
  /// Whether `1,5` is a number, as in files whose fields are divided by semicolons.
  let hasDecimalComma: Bool

  /// The texts of a column of numbers or times that stand for missing values.
  struct Missing {
    /// Each spelling once, in the order in which they came up.
    var spellings: [String] = []
    var rows = 0, first = 0

    /// Tells those of a layer's columns, each in a sentence, or all in one where there are many.
    static func tell(_ all: [(column: String, missing: Missing)], _ place: String) {
      let found = all.filter { $0.missing.rows > 0 }
      guard found.count > most else {
        for entry in found {
          let rows = entry.missing.rows
          LibraryNotices.add(
            "\(place) has \(words(entry.missing.spellings)) in \(rows) \(rows == 1 ? "row" : "rows") of the number "
              + "column '\(entry.column)', the first in row \(entry.missing.first + 1); it is read as a missing value")
        }
        return
      }
      var spellings: [String] = []
      for word in found.flatMap({ $0.missing.spellings }) where !spellings.contains(word) { spellings.append(word) }
      let columns = found.prefix(6).map { entry in "'\(entry.column)' (\(entry.missing.rows))" }.joined(separator: ", ")
      let more = found.count > 6 ? " and \(found.count - 6) more" : ""
      let count = found.map { $0.missing.rows }.reduce(0, +)
      let row = (found.map { $0.missing.first }.min() ?? 0) + 1
      LibraryNotices.add(
        "\(place) has \(words(spellings)) in \(count) places of the number columns \(columns)\(more), the first in row "
          + "\(row); these are read as missing values")
    }

    /// More columns than these are reported together.
    private static let most = 3

    private static func words(_ spellings: [String]) -> String {
      spellings.prefix(4).map { "'\(TextEscape.oneLine($0))'" }.joined(separator: ", ")
    }
  }

  /// A column's values, and which of its texts are missing values.
  struct Found {
    var values: ColumnValues
    var isTime = false
    var missing = Missing()
  }

  /// 1 or 0 for `true`, `false` and these numbers; nil for other texts, such as N for north or NO for Norway.
  private static func truth(_ text: String) -> Int? {
    let word = NumberText.trimmed(text)
    guard word.utf8.count <= 5 else { return nil }
    switch word.lowercased() {
    case "1", "true": return 1
    case "0", "false": return 0
    default: return nil
    }
  }

  /// Texts as the narrowest kind that holds all of them: whole numbers, numbers, true and false, times, or the texts
  /// themselves.
  ///
  /// The usual words for missing values are such in a column that otherwise holds numbers or times; a column of these
  /// words alone is a text, unless all are `nan`.
  ///
  /// - Throws: a sentence for a date that does not exist in a column of times.
  func typed(_ texts: [String?], name: String, place: String) throws -> Found {
    let given = texts.lazy.compactMap { $0 }
    var found = Found(values: .text(texts))
    guard let first = given.first(where: { !MissingText.isOne($0) }) else {
      guard given.contains(where: { _ in true }), given.allSatisfy(MissingText.isNaN) else { return found }
      found.values = .number(texts.map { _ in .nan })
      found.missing = Self.missing(texts)
      return found
    }
    if given.allSatisfy({ Int(NumberText.trimmed($0)) != nil || MissingText.isOne($0) }) {
      found.values = .integer(texts.map { $0.flatMap { Int(NumberText.trimmed($0)) } })
    } else if given.allSatisfy({ number($0) != nil || MissingText.isOne($0) }) {
      found.values = .number(texts.map { $0.flatMap(number) ?? .nan })
    } else if given.allSatisfy({ Self.truth($0) != nil || MissingText.isOne($0) }) {
      // OGR reads such columns so, too.
      found.values = .integer(texts.map { $0.flatMap(Self.truth) })
    } else if DateText.isShaped(first), given.allSatisfy({ DateText.isShaped($0) || MissingText.isOne($0) }),
      given.contains(where: { DateText.time($0) != nil })
    {
      let isWrong = { (text: String) in DateText.time(text) == nil && !MissingText.isOne(text) }
      if let row = texts.firstIndex(where: { $0.map(isWrong) ?? false }) {
        throw FloeError(
          "row \(row + 1) of \(place) has '\(TextEscape.oneLine(texts[row] ?? ""))' in the column '\(name)' of times, "
            + "which no calendar and no clock has; a time that exists is right, such as 2019-03-01T23:56:11Z, or an "
            + "empty field")
      }
      found.values = .number(texts.map { $0.flatMap { DateText.time($0)?.seconds } ?? .nan })
      found.isTime = true
    } else {
      return found
    }
    found.missing = Self.missing(texts)
    return found
  }

  /// Says why a column is text that holds mostly numbers, or dates whose form leaves open what they mean.
  func tellText(_ texts: [String?], column: String, place: String) {
    var numbers = 0
    var dates = 0
    var others = 0
    var firstOther: Int?
    var firstDate: Int?
    var firstNoTime: Int?
    var grouped = 0
    var firstGrouped: Int?
    for (row, text) in texts.enumerated() {
      guard let text, !MissingText.isOne(text) else { continue }
      if number(text) != nil {
        numbers += 1
        continue
      }
      if NumberText.isGrouped(text) {
        grouped += 1
        if firstGrouped == nil { firstGrouped = row }
      }
      if firstOther == nil { firstOther = row }
      if DateText.isDateLike(text) {
        dates += 1
        if firstDate == nil, DateText.time(text) == nil { firstDate = row }
      } else {
        others += 1
        if firstNoTime == nil { firstNoTime = row }
      }
    }
    func told(_ row: Int) -> String {
      let text = TextEscape.oneLine(String((texts[row] ?? "").prefix(60)))
      return "'\(text)' in row \(row + 1)"
    }
    if numbers + grouped > dates + others - grouped, let row = firstGrouped {
      LibraryNotices.add(
        "the column '\(column)' of \(place) is text because of marks between thousands (\(told(row))); numbers are "
          + "written without them")
    } else if numbers > dates + others, let row = firstOther {
      LibraryNotices.add(
        "the column '\(column)' of \(place) is text because of \(told(row)); \(numbers) of its values are numbers, and "
          + "all have to be, or missing, for it to count as numbers")
    } else if dates > numbers + others, let row = firstDate ?? firstNoTime ?? firstOther {
      LibraryNotices.add(
        "the column '\(column)' of \(place) is text and no time because of \(told(row)); times are read as ISO 8601 "
          + "writes them, such as 2019-12-31T23:56:11Z, and others are not guessed at")
    }
  }

  private static func missing(_ texts: [String?]) -> Missing {
    var found = Missing()
    for (row, text) in texts.enumerated() {
      guard let text, MissingText.isOne(text) else { continue }
      if found.rows == 0 { found.first = row }
      found.rows += 1
      let word = String(NumberText.trimmed(text))
      if found.spellings.count < 4, !found.spellings.contains(word) { found.spellings.append(word) }
    }
    return found
  }

  private func number(_ text: String) -> Double? {
    if let found = NumberText.number(text) { return found }
    if let found = MissingText.infinity(text) { return found }
    guard hasDecimalComma, text.contains(",") else { return nil }
    return NumberText.number(text.split(separator: ",", omittingEmptySubsequences: false).joined(separator: "."))
  }
}
