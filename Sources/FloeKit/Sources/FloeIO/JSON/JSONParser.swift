import FloeCore

/// Reads JSON (RFC 8259) into plain values, byte by byte: megabytes in a fraction of a second, and nothing that
/// Foundation takes for a number, a nesting or an encoding of its own.
///
/// Of two members with one name the later one holds, as in JavaScript and Python.
struct JSONParser {
  private let bytes: [UInt8]
  private let name: String
  private var at = 0
  private var depth = 0
  private static let deepest = 512

  /// The value of a whole text in UTF-8, with or without a byte order mark; `name` stands for the text in sentences.
  static func value(of bytes: [UInt8], name: String) throws -> JSONValue {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw FloeError("\(name) is not the JSON that is needed: it is not in UTF-8")
    }
    var parser = JSONParser(bytes: bytes, name: name)
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { parser.at = 3 }
    let value = try parser.value()
    parser.skipSpace()
    guard parser.at == bytes.count else { throw parser.wrong("something stands after the value") }
    return value
  }

  private init(bytes: [UInt8], name: String) {
    self.bytes = bytes
    self.name = name
  }

  private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func skipSpace() {
    while at < bytes.count, bytes[at] == 32 || bytes[at] == 10 || bytes[at] == 13 || bytes[at] == 9 { at += 1 }
  }

  private func wrong(_ what: String) -> FloeError {
    let read = bytes[..<min(at, bytes.count)]
    let line = read.lazy.filter { $0 == 10 }.count + 1
    let column = at - (read.lastIndex(of: 10).map { $0 + 1 } ?? 0) + 1
    return FloeError("\(name) is not the JSON that is needed: line \(line), column \(column): \(what)")
  }

  private mutating func value() throws -> JSONValue {
    skipSpace()
    guard let first = next else { throw wrong("the text ends where a value should stand") }
    switch first {
    case UInt8(ascii: "{"): return try nested { try $0.object() }
    case UInt8(ascii: "["): return try nested { try $0.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func nested(_ body: (inout JSONParser) throws -> JSONValue) throws -> JSONValue {
    guard depth < Self.deepest else { throw wrong("it is nested deeper than \(Self.deepest) levels") }
    depth += 1
    at += 1
    let value = try body(&self)
    depth -= 1
    return value
  }

  private mutating func word(_ text: String, _ value: JSONValue) throws -> JSONValue {
    guard bytes[at...].starts(with: text.utf8) else { throw wrong("a value should stand here") }
    at += text.utf8.count
    return value
  }

  /// Whether the list goes on after a value.
  private mutating func goesOn(until end: UInt8) throws -> Bool {
    skipSpace()
    guard let mark = next, mark == UInt8(ascii: ",") || mark == end else {
      throw wrong("',' or '\(Character(UnicodeScalar(end)))' should stand here")
    }
    at += 1
    return mark != end
  }

  private mutating func array() throws -> JSONValue {
    var items: [JSONValue] = []
    skipSpace()
    if next == UInt8(ascii: "]") {
      at += 1
      return .array([])
    }
    repeat { items.append(try value()) } while try goesOn(until: UInt8(ascii: "]"))
    return .array(items)
  }

  private mutating func object() throws -> JSONValue {
    var members: [String: JSONValue] = [:]
    skipSpace()
    if next == UInt8(ascii: "}") {
      at += 1
      return .object([:])
    }
    repeat {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw wrong("a name in quotes should stand here") }
      let key = try string()
      skipSpace()
      guard next == UInt8(ascii: ":") else { throw wrong("':' should stand after the name '\(key)'") }
      at += 1
      members[key] = try value()
    } while try goesOn(until: UInt8(ascii: "}"))
    return .object(members)
  }

  private mutating func string() throws -> String {
    at += 1
    var text: [UInt8] = []
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        return String(decoding: text, as: UTF8.self)
      case 0..<32: throw wrong("a text holds a control character, which has to be escaped")
      case UInt8(ascii: "\\"):
        at += 1
        text += try escaped().utf8
      default:
        text.append(byte)
        at += 1
      }
    }
    throw wrong("a text is not closed")
  }

  private mutating func escaped() throws -> String {
    guard let mark = next else { throw wrong("a text is not closed") }
    at += 1
    switch mark {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return String(UnicodeScalar(mark))
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let high = try hexadecimal()
      if let scalar = UnicodeScalar(high) { return String(Character(scalar)) }
      // One half of a pair of UTF-16; the other follows.
      guard high < 0xdc00, bytes[at...].starts(with: "\\u".utf8) else {
        throw wrong("half of a UTF-16 pair stands alone")
      }
      at += 2
      let low = try hexadecimal()
      guard (0xdc00...0xdfff).contains(low),
        let scalar = UnicodeScalar(0x10000 + (high - 0xd800) << 10 + (low - 0xdc00))
      else { throw wrong("half of a UTF-16 pair stands alone") }
      return String(Character(scalar))
    default: throw wrong("'\\\(Character(UnicodeScalar(mark)))' is no escape of JSON")
    }
  }

  private mutating func hexadecimal() throws -> UInt32 {
    guard at + 4 <= bytes.count, bytes[at..<at + 4].allSatisfy({ UnicodeScalar($0).properties.isASCIIHexDigit }),
      let value = UInt32(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
    else { throw wrong("four hexadecimal digits should stand after '\\u'") }
    at += 4
    return value
  }

  private mutating func number() throws -> JSONValue {
    let start = at
    func digits(_ parser: inout JSONParser) -> Int {
      let from = parser.at
      while let byte = parser.next, (48...57).contains(byte) { parser.at += 1 }
      return parser.at - from
    }
    if next == UInt8(ascii: "-") { at += 1 }
    let first = next
    let whole = digits(&self)
    guard whole > 0, whole == 1 || first != 48 else {
      at = start
      throw wrong("a value should stand here")
    }
    var isWhole = true
    if next == UInt8(ascii: ".") {
      isWhole = false
      at += 1
      guard digits(&self) > 0 else { throw wrong("digits should stand after the point") }
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      isWhole = false
      at += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { at += 1 }
      guard digits(&self) > 0 else { throw wrong("digits should stand in the exponent") }
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if isWhole, let value = Int(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw wrong("\(text) is beyond all numbers") }
    return .number(value)
  }
}
