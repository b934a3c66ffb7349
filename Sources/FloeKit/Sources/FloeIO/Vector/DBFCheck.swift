internal import CGDAL
import FloeCore

/// Looks through the table of a shapefile for fields that OGR would cut or change without a word: numbers with other
/// characters after them, fractions in columns of whole numbers, dates that no calendar has, texts in an encoding that
/// the files do not name.
///
/// Source of the layout: dBASE III's; null values as shapelib of GDAL 3.6 knows them.
struct DBFCheck {
  private struct Field {
    let name: String
    let kind: UInt8
    let place: Range<Int>
    /// Whether OGR reads whole numbers.
    let isWhole: Bool
  }
  private let path: String
  private var fields: [Field] = []
  private var texts: [Field] = []
  private var row = 0

  /// Reads a layer's table where it is in a file of its own.
  ///
  /// - Throws: a sentence with row, column and text for what would be misread.
  static func check(_ layer: OpenLayer) throws {
    guard layer.dataset.driverName == "ESRI Shapefile", let path = table(of: layer) else { return }
    var check = DBFCheck(path: path)
    try check.read(layer)
  }

  private init(path: String) { self.path = path }

  /// The layer's .dbf; nil where there is none.
  private static func table(of layer: OpenLayer) -> String? {
    let list = GDALGetFileList(layer.dataset.handle)
    defer { CSLDestroy(list) }
    let wanted = "\(layer.name).dbf".lowercased()
    func isWanted(_ file: String) -> Bool {
      file.split(separator: "/").last.map { $0.lowercased() == wanted } ?? false
    }
    if let found = strings(list).first(where: isWanted) { return found }
    // One archive with all files of a layer.
    let packed = "\(VirtualFile.zip(layer.path))/\(layer.name).dbf"
    let isArchive = [".shz", ".shp.zip"].contains(where: layer.path.lowercased().hasSuffix)
    return isArchive && VirtualFile.exists(packed) ? packed : nil
  }

  private mutating func read(_ layer: OpenLayer) throws {
    try GDALMessages.collect { messages in
      guard let file = VSIFOpenL(path, "rb") else {
        throw FloeError("'\(path)' cannot be read: \(systemReason(messages))")
      }
      defer { VSIFCloseL(file) }
      var head = [UInt8](repeating: 0, count: 32)
      guard VSIFReadL(&head, 1, head.count, file) == head.count else { return }
      func number(_ at: Int, _ count: Int) -> Int {
        (0..<count).reversed().reduce(0) { $0 << 8 | Int(head[at + $1]) }
      }
      let (rows, headLength, rowLength) = (number(4, 4), number(8, 2), number(10, 2))
      guard headLength > 32, rowLength > 1 else { return }
      var descriptions = [UInt8](repeating: 0, count: headLength - 32)
      guard VSIFReadL(&descriptions, 1, descriptions.count, file) == descriptions.count else { return }
      find(descriptions, rowLength, layer)
      if Self.isUTF8(layer) { try checkNames(descriptions) } else { texts = [] }
      guard !fields.isEmpty || !texts.isEmpty else { return }
      let step = max(1, (1 << 18) / rowLength)
      var records = [UInt8](repeating: 0, count: step * rowLength)
      var left = rows
      while left > 0 {
        // OGR reports a file that ends early.
        let got = Int(VSIFReadL(&records, rowLength, min(step, left), file))
        if got == 0 { return }
        for i in 0..<got { try take(records[i * rowLength..<(i + 1) * rowLength]) }
        left -= got
      }
    }
  }

  /// The columns of numbers and dates that OGR reads as such.
  private mutating func find(_ bytes: [UInt8], _ rowLength: Int, _ layer: OpenLayer) {
    guard let definition = OGR_L_GetLayerDefn(layer.handle) else { return }
    var found: [(name: String, kind: UInt8, place: Range<Int>)] = []
    var start = 1
    for at in stride(from: 0, to: bytes.count - 31, by: 32) {
      // Behind the end of the list other programs keep things of their own.
      if bytes[at] == 0x0d { break }
      let kind = bytes[at + 11]
      let length = Int(bytes[at + 16])
      let name = String(decoding: bytes[at..<at + 11].prefix { $0 != 0 }, as: UTF8.self)
      found.append((name, kind, start..<start + length))
      start += length
    }
    // Columns are told apart by their order, so that all have to be there.
    guard found.count == Int(OGR_FD_GetFieldCount(definition)), start <= rowLength else { return }
    for (i, column) in found.enumerated() {
      let type = OGR_FD_GetFieldDefn(definition, Int32(i)).map { OGR_Fld_GetType($0) } ?? OFTString
      if column.kind == UInt8(ascii: "C") {
        texts.append(Field(name: column.name, kind: column.kind, place: column.place, isWhole: false))
      }
      let isNumber = [UInt8(ascii: "N"), UInt8(ascii: "F")].contains(column.kind)
      let isRead = isNumber ? [OFTReal, OFTInteger, OFTInteger64].contains(type) : type == OFTDate
      guard isRead, isNumber || column.kind == UInt8(ascii: "D") else { continue }
      let name = OGR_FD_GetFieldDefn(definition, Int32(i)).flatMap { text(OGR_Fld_GetNameRef($0)) } ?? column.name
      fields.append(Field(name: name, kind: column.kind, place: column.place, isWhole: type != OFTReal))
    }
  }

  private mutating func take(_ record: ArraySlice<UInt8>) throws {
    // Rows that are marked as deleted are no features.
    if record.first == UInt8(ascii: "*") { return }
    row += 1
    for field in fields {
      let start = record.startIndex
      var value = record[start + field.place.lowerBound..<start + field.place.upperBound]
      while let last = value.last, last == 32 || last == 0 { value.removeLast() }
      while value.first == 32 { value.removeFirst() }
      // Blank fields and those of stars are null.
      guard let first = value.first, first != UInt8(ascii: "*"), first != 0 else { continue }
      if field.kind == UInt8(ascii: "D") { try checkDate(value, field) } else { try checkNumber(value, field) }
    }
    for field in texts {
      let start = record.startIndex
      let value = record[start + field.place.lowerBound..<start + field.place.upperBound].prefix { $0 != 0 }
      guard value.contains(where: { $0 > 127 }), String(validating: value, as: UTF8.self) == nil else { continue }
      let told = TextEscape.oneLine(String(decoding: value, as: UTF8.self)).split(separator: " ").joined(separator: " ")
      throw FloeError("row \(row) of '\(path)' has '\(told)' in the column '\(field.name)', \(Self.wrongEncoding)")
    }
  }

  /// Whether OGR hands texts on as they are: the files name no encoding that it can convert, or UTF-8.
  private static func isUTF8(_ layer: OpenLayer) -> Bool {
    let encoding = text(GDALGetMetadataItem(layer.handle, "SOURCE_ENCODING", "SHAPEFILE")) ?? ""
    return ["", "UTF-8", "UTF8"].contains(encoding.uppercased())
  }

  /// Refuses names of columns that are no UTF-8.
  private func checkNames(_ bytes: [UInt8]) throws {
    for at in stride(from: 0, to: bytes.count - 31, by: 32) {
      if bytes[at] == 0x0d { break }
      let name = bytes[at..<at + 11].prefix { $0 != 0 }
      guard String(validating: name, as: UTF8.self) == nil else { continue }
      throw FloeError("'\(path)' has a column '\(String(decoding: name, as: UTF8.self))', \(Self.wrongEncoding)")
    }
  }

  private static let wrongEncoding =
    "which is no UTF-8; write the name of the right encoding, for example CP1252 or ISO-8859-1, into a .cpg file "
    + "beside it, or set SHAPE_ENCODING"

  private func checkDate(_ value: ArraySlice<UInt8>, _ field: Field) throws {
    // Zeros are null; the longer form with slashes is checked where OGR has taken it apart.
    if value.allSatisfy({ $0 == 48 }) || value.contains(UInt8(ascii: "/")) { return }
    let text = String(decoding: value, as: UTF8.self)
    guard value.count == 8, value.allSatisfy({ (48...57).contains($0) }), UTCTime(text) != nil else {
      throw wrong(text, field, "a date such as 20190301 that the calendar has, or an empty field")
    }
  }

  private func checkNumber(_ value: ArraySlice<UInt8>, _ field: Field) throws {
    let text = String(decoding: value, as: UTF8.self)
    let isPlain = value.allSatisfy { (48...57).contains($0) || "+-.eE".utf8.contains($0) }
    if field.isWhole {
      // Zeros after a point cut nothing.
      let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count < 3, Int(parts[0]) != nil, parts.dropFirst().allSatisfy({ $0.allSatisfy { $0 == "0" } }) { return }
      throw wrong(text, field, "a whole number or an empty field; a column with decimals holds others")
    }
    if isPlain, Double(text.hasPrefix("+") ? String(text.dropFirst()) : text) != nil || isHalfWritten(text) { return }
    let lower = text.lowercased()
    let word = lower.hasPrefix("-") || lower.hasPrefix("+") ? String(lower.dropFirst()) : lower
    if ["nan", "inf", "infinity"].contains(word) || word.hasPrefix("1.#") { return }
    throw wrong(text, field, "a number with a decimal point, such as 1.5 or 1.5e+02, or an empty field")
  }

  /// Numbers that begin or end with their point.
  private func isHalfWritten(_ text: String) -> Bool {
    let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
    return digits.count > 1 && digits.count(where: { $0 == "." }) == 1
      && digits.allSatisfy { $0.isASCII && $0.isNumber || $0 == "." }
  }

  private func wrong(_ text: String, _ field: Field, _ right: String) -> FloeError {
    FloeError(
      "row \(row) of '\(path)' has '\(TextEscape.oneLine(text))' in the column '\(field.name)', which would be read as "
        + "something else; \(right) is right")
  }
}
