/// Texts by key in the order written, for rules such as `names: { lead: darkest, sea_ice: rest }`.
public struct Pairs: ParameterValue, Hashable {
  /// Keys and values in the order in which they were given.
  public var entries: [(key: String, value: String)] { keys.indices.map { (keys[$0], values[$0]) } }
  private let keys: [String], values: [String]
  /// Pairs in their order.
  public init(_ entries: [(key: String, value: String)]) {
    keys = entries.map(\.key)
    values = entries.map(\.value)
  }
  public static var typeName: String { "map" }
  public init(literal: ParameterLiteral) throws(FloeError) {
    var found: [(String, String)] = []
    switch literal {
    case .map(let map):
      for entry in map {
        guard let value = entry.value.text else {
          throw FloeError("must give one text for '\(entry.key)', not '\(entry.value.description)'")
        }
        found.append((entry.key, value))
      }
    case .text(let t):
      for part in t.split(separator: ",") {
        guard let cut = part.firstIndex(where: { $0 == "=" || $0 == ":" }) else {
          throw FloeError("must be written key=value,key=value; '\(part)' has no '='")
        }
        found.append((part[..<cut].trimmingSpaces, part[part.index(after: cut)...].trimmingSpaces))
      }
    case .list: throw FloeError("must be a map of key: value, not the list '\(literal.description)'")
    }
    self.init(found.map { (key: $0.0, value: $0.1) })
  }
  public var literal: ParameterLiteral { .map(entries.map { .init($0.key, .text($0.value)) }) }
}
