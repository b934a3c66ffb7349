import FloeCore
internal import Foundation

/// JSON as text; the only place that needs Foundation's coders.
public enum JSONText {
  /// The text of a value with sorted keys, the same each time.
  public static func encode(_ value: JSONValue, pretty: Bool = false) throws -> String {
    try encode(encodable: value, pretty: pretty)
  }

  /// The text of any codable value with sorted keys. JSON has no numbers that are not finite: they become the texts
  /// that GDAL writes, `"NaN"`, `"Infinity"` and `"-Infinity"`.
  public static func encode(encodable value: some Encodable, pretty: Bool = false) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
    do {
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
      throw FloeError("a value cannot be written as JSON: \(error)")
    }
  }

  /// Reads JSON text; `name` stands for the text in the error's sentence.
  public static func decode(_ text: String, name: String = "the JSON text") throws -> JSONValue {
    try decode(bytes: Array(text.utf8), name: name)
  }

  /// Reads JSON bytes in UTF-8; `name` stands for the text in the error's sentence.
  public static func decode(bytes: [UInt8], name: String = "the JSON text") throws -> JSONValue {
    try JSONParser.value(of: bytes, name: name)
  }

  /// Reads any codable value from JSON bytes.
  public static func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8], name: String) throws -> T {
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch let error as DecodingError {
      throw FloeError("\(name) is not the JSON that is needed: \(sentence(error))")
    } catch {
      throw FloeError("\(name) is not the JSON that is needed: \(error)")
    }
  }

  private static func sentence(_ error: DecodingError) -> String {
    func place(_ context: DecodingError.Context) -> String {
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      var detail = context.debugDescription
      if let cause = context.underlyingError {
        let text = (cause as NSError).userInfo[NSDebugDescriptionErrorKey] as? String
        detail = text ?? "\(cause)"
      }
      return path.isEmpty ? detail : "at '\(path)': \(detail)"
    }
    switch error {
    case .dataCorrupted(let c), .typeMismatch(_, let c), .valueNotFound(_, let c): return place(c)
    case .keyNotFound(let key, let c): return "'\(key.stringValue)' is missing \(place(c))"
    @unknown default: return "\(error)"
    }
  }
}
