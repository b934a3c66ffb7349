/// Any JSON value; objects keep no order and are written with sorted keys.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// A member of an object; nil when this is no object or has no such member.
  public subscript(key: String) -> JSONValue? {
    if case .object(let members) = self { members[key] } else { nil }
  }
  /// The text of a string.
  public var stringValue: String? { if case .string(let s) = self { s } else { nil } }
  /// The value of a number or integer.
  public var doubleValue: Double? {
    switch self {
    case .number(let d): d
    case .integer(let i): Double(i)
    default: nil
    }
  }
  /// The value of an integer, or of a number without fraction.
  public var intValue: Int? {
    switch self {
    case .integer(let i): i
    case .number(let d): Int(exactly: d)
    default: nil
    }
  }
  /// The value of a boolean.
  public var boolValue: Bool? { if case .bool(let b) = self { b } else { nil } }
  /// The elements of an array.
  public var arrayValue: [JSONValue]? { if case .array(let a) = self { a } else { nil } }
  /// The members of an object.
  public var objectValue: [String: JSONValue]? { if case .object(let o) = self { o } else { nil } }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements) { _, new in new })
  }
  public init(nilLiteral: ()) { self = .null }
  /// A number, or null when it is not finite (JSON has no NaN).
  public init(finite value: Double) { self = value.isFinite ? .number(value) : .null }
  /// A string or null.
  public init(_ value: String?) { self = value.map(JSONValue.string) ?? .null }
  /// A finite number or null.
  public init(_ value: Double?) { self = value.map { JSONValue(finite: $0) } ?? .null }
}

extension JSONValue: Codable {
  public init(from decoder: any Decoder) throws {
    let c = try decoder.singleValueContainer()
    if c.decodeNil() {
      self = .null
      return
    }
    // Each attempt answers only whether the value has that type; the last one reports what is wrong.
    if let b = try? c.decode(Bool.self) {
      self = .bool(b)
      return
    }
    if let i = try? c.decode(Int.self) {
      self = .integer(i)
      return
    }
    if let d = try? c.decode(Double.self) {
      self = .number(d)
      return
    }
    if let s = try? c.decode(String.self) {
      self = .string(s)
      return
    }
    if let a = try? c.decode([JSONValue].self) {
      self = .array(a)
      return
    }
    self = .object(try c.decode([String: JSONValue].self))
  }

  public func encode(to encoder: any Encoder) throws {
    var c = encoder.singleValueContainer()
    switch self {
    case .null: try c.encodeNil()
    case .bool(let b): try c.encode(b)
    case .integer(let i): try c.encode(i)
    case .number(let d): if d.isFinite { try c.encode(d) } else { try c.encodeNil() }
    case .string(let s): try c.encode(s)
    case .array(let a): try c.encode(a)
    case .object(let o): try c.encode(o)
    }
  }
}
