internal import CGDAL
import FloeCore

/// Looks through a CSV file for what OGR would misread without a word: a quote that is not closed, zero bytes, rows
/// with more fields than there are columns, a line break in a column's name, bytes that are no UTF-8, numbers with
/// Fortran's exponent or beyond 64 bits, signs and points without digits, dates that it would guess at.
///
/// Source of the rules: RFC 4180, and how OGR's CSV driver of GDAL 3.6 reads.
struct CSVCheck {
  /// Whether a field holds what OGR's guess of types would cut, misread or take for text: numbers, dates, words for
  /// missing values. Columns are then read as text and typed here.
  private(set) var hasOddFields = false
  /// The first field of the first line.
  private(set) var firstField: String?
  /// The name and then the values of a file of one column, which OGR does not take for a table; nil for empty fields.
  private(set) var only: [String?] = []
  private let path: String
  private var separator = UInt8(ascii: ",")
  private(set) var columns = 0
  private var line = 1, recordLine = 1, quoteLine = 1
  private var fields = 1, shortRows = 0, firstShort = 0
  private var rows = 0, cells = 0
  private let mostCells = TableMemory.limit / TableMemory.cell
  private var isQuoted = false, wasQuoted = false
  private var field: [UInt8] = [], length = 0
  private var last: String?
  /// Columns with words for true and false, which OGR would make 1 and 0, and columns with anything else but 0 and 1,
  /// which it would then make missing.
  private var truths: [Bool] = [], others: [Bool] = []
  private var isCut = false
  /// The first numbers with a decimal comma and with a point, and their lines, of a file with semicolons.
  private var withComma: (text: String, line: Int)?, withPoint: (text: String, line: Int)?
  /// Whether the second of two columns has no name, and OGR leaves it out.
  private var isSecondLost = false
  /// Bytes of a UTF-8 sequence that are still to come, and the least and the largest value of the next one.
  private var pending = 0, least = UInt8(0x80), most = UInt8(0xbf)
  /// Numbers are shorter; the rest of a longer field is not kept, but for names and the only column.
  private static let kept = 48, keptWhole = 1 << 20
  /// How texts are typed where OGR does not.
  var typing: TextTyping { TextTyping(hasDecimalComma: separator == UInt8(ascii: ";")) }

  /// Reads the whole file in pieces.
  ///
  /// - Throws: a sentence with the line for what cannot be read right.
  init(_ path: String) throws {
    self.path = path
    try LocalFile.checkInput(path)
    try GDALMessages.collect { messages in
      guard let file = VSIFOpenL(path, "rb") else {
        throw FloeError("'\(path)' cannot be read: \(systemReason(messages))")
      }
      defer { VSIFCloseL(file) }
      var chunk = [UInt8](repeating: 0, count: 1 << 18)
      var isFirst = true
      while true {
        let got = VSIFReadL(&chunk, 1, chunk.count, file)
        if got == 0 { break }
        var start = 0
        if isFirst {
          isFirst = false
          if chunk.starts(with: [0xff, 0xfe]) || chunk.starts(with: [0xfe, 0xff]) {
            throw Self.encoding(path, "UTF-16", 1)
          }
          if chunk.starts(with: [0xef, 0xbb, 0xbf]) { start = 3 }
          separator = Self.separator(chunk[start..<got], path: path)
        }
        for i in start..<got { try take(chunk[i]) }
      }
    }
    if isQuoted {
      throw FloeError(
        "'\(path)' opens a quote in line \(quoteLine) that is closed nowhere; all after it would be one field")
    }
    if fields > 1 || length > 0 || wasQuoted { try endRecord() }
    if zip(truths, others).contains(where: { $0 && $1 }) { hasOddFields = true }
    if let comma = withComma, let point = withPoint {
      LibraryNotices.add(
        "'\(path)' has numbers with a decimal comma ('\(comma.text)' in line \(comma.line)) and others with a point "
          + "('\(point.text)' in line \(point.line)); both are read as decimals. Where points stand between thousands, "
          + "take them out")
    }
    if columns == 0 { throw FloeError("'\(path)' is empty; a table begins with a line of its columns' names") }
    if shortRows > 0 {
      LibraryNotices.add(
        "'\(path)' has \(shortRows) \(shortRows == 1 ? "row" : "rows") with fewer fields than the \(columns) columns, "
          + "the first in line \(firstShort); what is not there is a missing value")
    }
  }

  /// The character that stands between the names of the first line, as OGR finds it: the only kind among `, ; tab |`.
  private static func separator(_ head: ArraySlice<UInt8>, path: String) -> UInt8 {
    var found: Set<UInt8> = []
    var isQuoted = false
    for byte in head {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if isQuoted { continue }
      if byte == 10 || byte == 13 { break }
      if [UInt8(ascii: ","), UInt8(ascii: ";"), 9, UInt8(ascii: "|")].contains(byte) { found.insert(byte) }
    }
    return found.count == 1 ? found.first ?? UInt8(ascii: ",") : UInt8(ascii: ",")
  }

  private mutating func take(_ byte: UInt8) throws {
    if byte == 0 {
      throw FloeError(
        "'\(path)' has a zero byte in line \(line), where the row would end; the file is damaged or no text")
    }
    try checkEncoding(byte)
    if byte == 10 { line += 1 }
    if isQuoted {
      if columns == 0, byte == 10 || byte == 13 {
        throw FloeError(
          "'\(path)' breaks the line inside of the quoted name of a column in line \(quoteLine), after which all "
            + "columns would be lost; the names stand in one line")
      }
      if byte == UInt8(ascii: "\"") { isQuoted = false } else { keep(byte) }
      return
    }
    switch byte {
    case UInt8(ascii: "\""):
      if wasQuoted || length == 0 {
        // A doubled quote inside of a quoted field opens it again.
        if wasQuoted { keep(byte) } else { quoteLine = line }
        (isQuoted, wasQuoted) = (true, true)
      } else {
        throw FloeError(
          "'\(path)' has a quote inside of an unquoted field in line \(line); fields with quotes stand in quotes, with "
            + "the quote doubled"
        )
      }
    case separator: endField()
    case 10:
      line -= 1
      try endRecord()
      line += 1
    case 13: break
    default:
      // Spaces before a field's first character are no part of it.
      if byte == 32, length == 0 { return }
      if wasQuoted, byte != 32 {
        throw FloeError(
          "'\(path)' goes on after a closed quote in line \(line); a separator or the line's end is needed there")
      }
      keep(byte)
    }
  }

  private mutating func keep(_ byte: UInt8) {
    length += 1
    if field.count < (columns < 2 ? Self.keptWhole : Self.kept) { field.append(byte) }
  }

  private mutating func endField() {
    if columns > 0, !hasOddFields, length <= Self.kept {
      hasOddFields = NumberText.isOdd(field) || MissingText.isOne(field) || DateText.isGuessed(field)
    }
    noteTruth()
    if separator == UInt8(ascii: ";"), columns > 0, length <= Self.kept { noteDecimal() }
    if columns < 2 { last = length == 0 ? nil : String(decoding: field, as: UTF8.self) }
    if columns == 0, fields == 1 { firstField = last }
    isCut = length > Self.keptWhole
    field.removeAll(keepingCapacity: true)
    (length, wasQuoted) = (0, false)
    fields += 1
  }

  /// Notes numbers with a decimal comma and numbers with a point.
  private mutating func noteDecimal() {
    guard withComma == nil || withPoint == nil, let mark = NumberText.decimalMark(of: field) else { return }
    let found: (text: String, line: Int) = (String(decoding: field, as: UTF8.self), line)
    if mark == UInt8(ascii: ",") { withComma = withComma ?? found } else { withPoint = withPoint ?? found }
  }

  /// Notes whether the field is a word for true or false, and whether it is something else; names may be a first row.
  private mutating func noteTruth() {
    if length == 0 || length == 1 && (field.first == UInt8(ascii: "0") || field.first == UInt8(ascii: "1")) { return }
    while truths.count < fields {
      truths.append(false)
      others.append(false)
    }
    if length <= 5, let first = field.first, "tTyYoOfFnN".utf8.contains(first),
      Self.truthWords.contains(String(decoding: field, as: UTF8.self).lowercased())
    {
      truths[fields - 1] = true
      if columns > 0, length < 4 { hasOddFields = true }
    } else if columns > 0 {
      others[fields - 1] = true
    }
  }

  /// As GDAL 3.6's CSV driver knows them. All but true and false may be anything: N is north, NO Norway.
  private static let truthWords: Set = ["t", "true", "y", "yes", "on", "f", "false", "n", "no", "off"]

  private mutating func endRecord() throws {
    let isEmpty = fields == 1 && length == 0 && !wasQuoted
    let isLastEmpty = length == 0
    endField()
    let count = fields - 1
    fields = 1
    defer { recordLine = line + 1 }
    if isEmpty { return }
    rows += 1
    cells += max(count, columns)
    if cells > mostCells { try TableMemory.check(cells * TableMemory.cell, rows: rows, "'\(path)'") }
    if count == 1, columns < 2 {
      if isCut { throw FloeError("'\(path)' has a field of more than \(Self.keptWhole) bytes in line \(recordLine)") }
      only.append(last)
    }
    if columns == 0 {
      columns = count
      isSecondLost = count == 2 && isLastEmpty
    } else if isSecondLost, count == 2, !isLastEmpty {
      throw FloeError(
        "'\(path)' has a value in a second column in line \(recordLine), but names only one, '\(firstField ?? "")', in "
          + "its first line; that column would be lost. Each column needs a name")
    } else if count > columns {
      throw FloeError(
        "'\(path)' has \(count) fields in line \(recordLine), but \(columns) columns; the fields beyond would be lost. "
          + "Fields with a separator in them stand in quotes")
    } else if count < columns {
      shortRows += 1
      if firstShort == 0 { firstShort = recordLine }
    }
  }

  /// UTF-8 after Unicode 15, table 3-7.
  private mutating func checkEncoding(_ byte: UInt8) throws {
    if pending > 0 {
      guard byte >= least, byte <= most else { throw Self.encoding(path, nil, line) }
      pending -= 1
      (least, most) = (0x80, 0xbf)
      return
    }
    switch byte {
    case 0...0x7f: return
    case 0xc2...0xdf: pending = 1
    case 0xe0...0xef:
      pending = 2
      if byte == 0xe0 { least = 0xa0 }
      if byte == 0xed { most = 0x9f }
    case 0xf0...0xf4:
      pending = 3
      if byte == 0xf0 { least = 0x90 }
      if byte == 0xf4 { most = 0x8f }
    default: throw Self.encoding(path, nil, line)
    }
  }

  private static func encoding(_ path: String, _ name: String?, _ line: Int) -> FloeError {
    FloeError(
      "'\(path)' is \(name.map { "in \($0)" } ?? "no UTF-8") (line \(line)); bring it to UTF-8 first, for example with "
        + "'iconv -f \(name ?? "latin1") -t utf8'")
  }
}
