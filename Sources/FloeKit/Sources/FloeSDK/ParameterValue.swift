/// A type that parameters may have: how it reads what users write, and how it describes itself.
public protocol ParameterValue: Sendable {
  /// The name of the type for help and descriptions, for example `integer`.
  static var typeName: String { get }
  /// The accepted texts; nil where any text of the type is accepted.
  static var choices: [String]? { get }
  /// The value of a parameter that was left out and has no default; nil when it must be given.
  static var absent: Self? { get }
  /// Reads a literal.
  ///
  /// - Throws: the second half of a sentence whose first is the parameter's name, for example `must be a whole number, not 'x'`.
  init(literal: ParameterLiteral) throws(FloeError)
  /// The value as it would be written; reading it gives the value again.
  var literal: ParameterLiteral { get }
  /// The numbers that a declared range applies to.
  var rangedNumbers: [Double] { get }
}

extension ParameterValue {
  /// Whether the parameter may be left out without having a default.
  static var isOptional: Bool { isPresent(absent) }
  public static var choices: [String]? { nil }
  public static var absent: Self? { nil }
  public var rangedNumbers: [Double] { [] }
}

extension Int: ParameterValue {
  public static var typeName: String { "integer" }
  public init(literal: ParameterLiteral) throws(FloeError) {
    guard let t = literal.text, let v = Int(t.filter { $0 != "_" }) else {
      throw FloeError("must be a whole number, not '\(literal.description)'")
    }
    self = v
  }
  public var literal: ParameterLiteral { .text(String(self)) }
  public var rangedNumbers: [Double] { [Double(self)] }
}

extension Double: ParameterValue {
  public static var typeName: String { "number" }
  public init(literal: ParameterLiteral) throws(FloeError) {
    guard let t = literal.text, let v = Double(t), v.isFinite else {
      throw FloeError("must be a number, not '\(literal.description)'")
    }
    self = v
  }
  public var literal: ParameterLiteral {
    .text(self == rounded() && abs(self) < 1e15 ? String(Int(self)) : String(self))
  }
  public var rangedNumbers: [Double] { [self] }
}

extension Bool: ParameterValue {
  public static var typeName: String { "boolean" }
  public static var choices: [String]? { ["true", "false"] }
  public init(literal: ParameterLiteral) throws(FloeError) {
    switch literal.text?.lowercased() {
    case "true", "yes", "on": self = true
    case "false", "no", "off": self = false
    default: throw FloeError("must be true or false, not '\(literal.description)'")
    }
  }
  public var literal: ParameterLiteral { .text(self ? "true" : "false") }
}

extension String: ParameterValue {
  public static var typeName: String { "text" }
  public init(literal: ParameterLiteral) throws(FloeError) {
    guard let t = literal.text else { throw FloeError("must be a text, not the list '\(literal.description)'") }
    self = t
  }
  public var literal: ParameterLiteral { .text(self) }
}

/// A file or folder that must exist; relative paths count from the pipeline's folder, on the command line from the working one.
public struct InputPath: ParameterValue, Hashable {
  /// The path as it was given, made whole by the host.
  public let path: String
  /// A path.
  public init(_ path: String) { self.path = path }
  public static var typeName: String { "path" }
  public init(literal: ParameterLiteral) throws(FloeError) {
    guard let t = literal.text, !t.isEmpty else { throw FloeError("must be a path, not '\(literal.description)'") }
    path = t
  }
  public var literal: ParameterLiteral { .text(path) }
}

/// A parameter with named choices: an enumeration of texts.
public protocol ChoiceParameter: ParameterValue, CaseIterable, RawRepresentable where RawValue == String {}

extension ChoiceParameter {
  public static var typeName: String { "choice" }
  public static var choices: [String]? { allCases.map(\.rawValue) }
  public init(literal: ParameterLiteral) throws(FloeError) {
    let options = Self.allCases.map(\.rawValue)
    guard let t = literal.text, let v = Self(rawValue: t) else {
      let near = Spelling.nearest(literal.description, among: options).map { " (did you mean '\($0)'?)" } ?? ""
      throw FloeError("must be one of \(options.joined(separator: ", ")), not '\(literal.description)'\(near)")
    }
    self = v
  }
  public var literal: ParameterLiteral { .text(rawValue) }
}

extension Array: ParameterValue where Element: ParameterValue {
  public static var typeName: String { "list of \(Element.typeName)" }
  public static var choices: [String]? { Element.choices }
  public init(literal: ParameterLiteral) throws(FloeError) {
    let items: [ParameterLiteral]
    switch literal {
    case .list(let list): items = list
    case .text(let t):
      items = t.split(separator: ",").map { .text($0.trimmingSpaces) }
    case .map: throw FloeError("must be a list, not the map '\(literal.description)'")
    }
    self = []
    for item in items { append(try Element(literal: item)) }
  }
  public var literal: ParameterLiteral { .list(map(\.literal)) }
  public var rangedNumbers: [Double] { flatMap(\.rangedNumbers) }
}

extension Optional: ParameterValue where Wrapped: ParameterValue {
  public static var typeName: String { Wrapped.typeName }
  public static var choices: [String]? { Wrapped.choices }
  public static var absent: Self? { Self?.some(.none) }
  public init(literal: ParameterLiteral) throws(FloeError) { self = try Wrapped(literal: literal) }
  public var literal: ParameterLiteral { self?.literal ?? .text("") }
  public var rangedNumbers: [Double] { self?.rangedNumbers ?? [] }
}

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
        guard let value = entry.value.text else { throw FloeError("must give one text for '\(entry.key)', not '\(entry.value.description)'") }
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

extension StringProtocol {
  var trimmingSpaces: String {
    var s = self[...]
    while s.first?.isWhitespace == true { s = s.dropFirst() }
    while s.last?.isWhitespace == true { s = s.dropLast() }
    return String(s)
  }
}

/// Guesses what a misspelt name was meant to be.
public enum Spelling {
  /// The nearest of the candidates by edit distance; nil when none is within a third of the word's length (at least 2).
  public static func nearest(_ word: String, among candidates: some Sequence<String>) -> String? {
    let limit = max(2, word.count / 3)
    return candidates.map { ($0, distance(word.lowercased(), $0.lowercased())) }
      .filter { $0.1 <= limit }.min { $0.1 < $1.1 }?.0
  }

  /// Levenshtein's edit distance.
  static func distance(_ a: String, _ b: String) -> Int {
    let x = Array(a.utf8), y = Array(b.utf8)
    var row = Array(0...y.count)
    for i in 0..<x.count {
      var diagonal = row[0]
      row[0] = i + 1
      for j in 0..<y.count {
        let cost = min(row[j + 1] + 1, row[j] + 1, diagonal + (x[i] == y[j] ? 0 : 1))
        diagonal = row[j + 1]
        row[j + 1] = cost
      }
    }
    return row[y.count]
  }
}

/// Whether there is a value, looking only at the outermost layer of optionality.
private func isPresent<T>(_ value: T?) -> Bool {
  if case .some = value { true } else { false }
}
