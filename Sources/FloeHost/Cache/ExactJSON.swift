import FloeSDK

/// JSON that comes back as it was, `2.0` no `2` and NaN no null: numbers are kept by their bits.
indirect enum ExactJSON: Codable, Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(UInt64)
  case string(String)
  case array([ExactJSON])
  case object([String: ExactJSON])

  init(_ value: JSONValue) {
    self =
      switch value {
      case .null: .null
      case .bool(let b): .bool(b)
      case .integer(let i): .integer(i)
      case .number(let d): .number(d.bitPattern)
      case .string(let s): .string(s)
      case .array(let a): .array(a.map { ExactJSON($0) })
      case .object(let o): .object(o.mapValues { ExactJSON($0) })
      }
  }

  var value: JSONValue {
    switch self {
    case .null: .null
    case .bool(let b): .bool(b)
    case .integer(let i): .integer(i)
    case .number(let bits): .number(Double(bitPattern: bits))
    case .string(let s): .string(s)
    case .array(let a): .array(a.map(\.value))
    case .object(let o): .object(o.mapValues(\.value))
    }
  }
}
