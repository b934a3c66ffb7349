/// Declares a parameter of a step: help, unit, range and default, once.
///
/// ```swift
/// @Param("Number of clusters", in: 2...255) var clusters = 2
/// ```
@propertyWrapper
public struct Param<Value: ParameterValue>: Sendable, Decodable {
  private var value: Value?
  let help: String
  let unit: PhysicalUnit?
  let bounds: ClosedRange<Double>?

  /// A parameter with a default; `bounds` applies to every number in the value.
  public init(wrappedValue: Value, _ help: String, unit: PhysicalUnit? = nil, in bounds: ClosedRange<Double>? = nil) {
    value = wrappedValue
    self.help = help
    self.unit = unit
    self.bounds = bounds
  }

  /// A parameter that must be given, unless its type is optional.
  public init(_ help: String, unit: PhysicalUnit? = nil, in bounds: ClosedRange<Double>? = nil) {
    value = nil
    self.help = help
    self.unit = unit
    self.bounds = bounds
  }

  /// Takes the value that the host bound; the declaration is found through the decoder.
  public init(from decoder: any Decoder) throws {
    guard let field = decoder as? FieldDecoder, let declared = field.declared as? Param<Value> else {
      throw FloeError("a step's parameters can only be bound by floe")
    }
    self = declared
    if let literal = field.literal { value = try declared.parse(literal) }
    if value == nil { value = Value.absent }
  }

  /// The bound value, or the default before binding.
  public var wrappedValue: Value {
    get {
      guard let value else { preconditionFailure("a required parameter was read before it was bound") }
      return value
    }
    set { value = newValue }
  }

  private func parse(_ literal: ParameterLiteral) throws(FloeError) -> Value {
    try Value(literal: literal, in: bounds, unit: unit)
  }
}

extension ClosedRange where Bound == Double {
  /// All numbers from `low` upwards, for `in:`.
  public static func atLeast(_ low: Double) -> ClosedRange<Double> { low ... .greatestFiniteMagnitude }
}

/// Declares an input of a step.
@propertyWrapper
public struct Input<Value: PortValue>: Sendable, Decodable {
  private var value: Value?
  let help: String
  /// An input with its help.
  public init(_ help: String) {
    value = nil
    self.help = help
  }
  /// Takes the values that the host connected.
  public init(from decoder: any Decoder) throws {
    guard let field = decoder as? FieldDecoder, let declared = field.declared as? Input<Value> else {
      throw FloeError("a step's inputs can only be bound by floe")
    }
    self = declared
    guard let v = Value(ports: field.ports) else { throw FloeError("input '\(field.name)' does not fit") }
    value = v
  }
  /// The connected value; a step may put a prepared one in its place, for example one kept in scratch.
  public var wrappedValue: Value {
    get {
      guard let value else { preconditionFailure("an input was read before it was connected") }
      return value
    }
    set { value = newValue }
  }
}

/// Declares an output of a step; the step assigns it in `plan` and again in `run`.
@propertyWrapper
public struct Output<Value: PortValue>: Sendable, Decodable {
  /// What the step assigned; nil before it did, and for an output that is not made.
  public var wrappedValue: Value?
  let help: String
  let condition: String?
  /// An output with its help and, where it is not always made, the condition in words.
  public init(_ help: String, when condition: String? = nil) {
    wrappedValue = nil
    self.help = help
    self.condition = condition
  }
  /// An empty output as declared.
  public init(from decoder: any Decoder) throws {
    guard let field = decoder as? FieldDecoder, let declared = field.declared as? Output<Value> else {
      throw FloeError("a step's outputs can only be bound by floe")
    }
    self = declared
  }
}

// MARK: - What the declaration reader asks of the wrappers

protocol DeclaredParameter {
  func describe(_ name: String) -> ParameterInfo
  func check(_ literal: ParameterLiteral?) throws(FloeError)
}

extension Param: DeclaredParameter {
  func describe(_ name: String) -> ParameterInfo {
    let isOptional = Value.isOptional
    var fallback = value?.literal
    if isOptional, fallback == .text("") { fallback = nil }
    return ParameterInfo(
      name: name, type: Value.typeName, help: help, unit: unit?.rawValue, defaultValue: fallback,
      isRequired: value == nil && !isOptional,
      minimum: bounds.flatMap { $0.lowerBound == -.greatestFiniteMagnitude ? nil : $0.lowerBound },
      maximum: bounds.flatMap { $0.upperBound == .greatestFiniteMagnitude ? nil : $0.upperBound },
      choices: Value.choices)
  }
  func check(_ literal: ParameterLiteral?) throws(FloeError) {
    if let literal {
      _ = try parse(literal)
    } else if value == nil, !Value.isOptional {
      throw describe("").missing
    }
  }
}

protocol DeclaredInput {
  func describe(_ name: String) -> PortInfo
  func accepts(_ ports: [PortData]) -> Bool
}

extension Input: DeclaredInput {
  func describe(_ name: String) -> PortInfo {
    PortInfo(
      name: name, help: help, kinds: Value.kinds, isRequired: !Value.isOptional, acceptsMany: Value.acceptsMany,
      condition: nil)
  }
  func accepts(_ ports: [PortData]) -> Bool { Value(ports: ports) != nil }
}

protocol DeclaredOutput {
  func describe(_ name: String) -> PortInfo
  var data: PortData? { get }
}

extension Output: DeclaredOutput {
  func describe(_ name: String) -> PortInfo {
    PortInfo(
      name: name, help: help, kinds: Value.kinds, isRequired: condition == nil, acceptsMany: false, condition: condition
    )
  }
  var data: PortData? { wrappedValue?.port }
}
