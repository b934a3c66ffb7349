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
  /// - Throws: the second half of a sentence whose first is the parameter's name, for example `must be a whole number,
  ///   not 'x'`.
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

extension StringProtocol {
  var trimmingSpaces: String {
    var s = self[...]
    while s.first?.isWhitespace == true { s = s.dropFirst() }
    while s.last?.isWhitespace == true { s = s.dropLast() }
    return String(s)
  }
}

/// Whether there is a value, looking only at the outermost layer of optionality.
private func isPresent<T>(_ value: T?) -> Bool {
  if case .some = value { true } else { false }
}
