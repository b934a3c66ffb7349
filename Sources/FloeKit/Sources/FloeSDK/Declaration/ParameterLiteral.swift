/// A parameter's value as the user wrote it: a scalar's text, a list, or a map with its order kept.
public indirect enum ParameterLiteral: Sendable, Hashable, Codable {
  case text(String)
  case list([ParameterLiteral])
  case map([Entry])

  /// One key of a map.
  public struct Entry: Sendable, Hashable, Codable {
    /// The entry's key.
    public let key: String
    /// The entry's value.
    public let value: ParameterLiteral
    /// A key and its value.
    public init(_ key: String, _ value: ParameterLiteral) {
      self.key = key
      self.value = value
    }
  }

  /// The literal on one line, as it would be given on the command line.
  public var description: String {
    switch self {
    case .text(let s): s
    case .list(let items): items.map(\.description).joined(separator: ",")
    case .map(let entries): entries.map { "\($0.key)=\($0.value.description)" }.joined(separator: ",")
    }
  }

  /// The same as JSON, for provenance and descriptions.
  public var json: JSONValue {
    switch self {
    case .text(let s): .string(s)
    case .list(let items): .array(items.map(\.json))
    case .map(let entries): .object(Dictionary(entries.map { ($0.key, $0.value.json) }) { _, new in new })
    }
  }

  /// The text of a scalar; nil for lists and maps.
  public var text: String? { if case .text(let s) = self { s } else { nil } }
}

/// In JSON a scalar is a string, a list an array, and a map an array of `{"key", "value"}`, because order counts.
extension ParameterLiteral {
  public init(from decoder: any Decoder) throws {
    let c = try decoder.singleValueContainer()
    // Each attempt answers only whether the value has that form; the last one reports what is wrong.
    if let text = try? c.decode(String.self) {
      self = .text(text)
    } else if let entries = try? c.decode([Entry].self), !entries.isEmpty {
      self = .map(entries)
    } else {
      self = .list(try c.decode([ParameterLiteral].self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var c = encoder.singleValueContainer()
    switch self {
    case .text(let text): try c.encode(text)
    case .list(let items): try c.encode(items)
    case .map(let entries): try c.encode(entries)
    }
  }
}
