import FloeIO
import FloeSDK
import Foundation

/// JSON for programs: names in snake_case, times as ISO 8601 in UTC.
enum JSONView {
  /// The text of a value. Keys that users chose (names of columns, parameters) stay as they are.
  static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    let data: Data
    do { data = try encoder.encode(value) } catch { throw FloeError("a value cannot be written as JSON: \(error)") }
    return try JSONText.encode(times(in: JSONText.decode(String(decoding: data, as: UTF8.self))), pretty: true)
  }

  /// A time encodes as an object of its seconds alone.
  private static func times(in value: JSONValue) -> JSONValue {
    switch value {
    case .object(let members):
      if members.count == 1, let seconds = members["seconds"]?.doubleValue {
        return .string(UTCTime(seconds: seconds).iso8601)
      }
      return .object(members.mapValues(times))
    case .array(let all): return .array(all.map(times))
    default: return value
    }
  }
}
