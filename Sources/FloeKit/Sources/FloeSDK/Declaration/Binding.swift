/// Hands each property wrapper of a step its declaration and what was bound to it.
///
/// `Decodable` synthesised for the step asks for one key a property; the wrapper's own `init(from:)` then casts its
/// decoder to `FieldDecoder`. Nothing else of `Decoder` is ever asked for, and would be refused.
struct StepDecoder: Decoder {
  let literals: [String: ParameterLiteral]
  let ports: [String: [PortData]]
  let declared: [String: Any]
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(Fields(decoder: self))
  }
  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw notAField }
  func singleValueContainer() throws -> any SingleValueDecodingContainer { throw notAField }

  private struct Fields<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: StepDecoder
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }
    func contains(_ key: Key) -> Bool { true }
    func decodeNil(forKey key: Key) throws -> Bool { false }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
      let name = wireName(key.stringValue)
      // A group is bound member by member, under the members' own names.
      let isGroup = T.self is any DeclaredGroup.Type
      guard let declared = isGroup ? (() as Any) : decoder.declared[name] else { throw notAField }
      return try T(
        from: FieldDecoder(
          name: name, literal: decoder.literals[name], ports: decoder.ports[name] ?? [], declared: declared,
          step: decoder))
    }
    func nestedContainer<N: CodingKey>(keyedBy type: N.Type, forKey key: Key) throws -> KeyedDecodingContainer<N> {
      throw notAField
    }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw notAField }
    func superDecoder() throws -> any Decoder { throw notAField }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw notAField }
  }
}

/// The decoder that one wrapper sees.
struct FieldDecoder: Decoder {
  let name: String
  let literal: ParameterLiteral?
  let ports: [PortData]
  let declared: Any
  /// The decoder of the whole step, for groups.
  let step: StepDecoder
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }
  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> { throw notAField }
  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw notAField }
  func singleValueContainer() throws -> any SingleValueDecodingContainer { throw notAField }
}

private let notAField = FloeError(
  "every stored property of a step must be an @Input, @Param, @Output, @Planned or @Group")
