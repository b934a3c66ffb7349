import Synchronization

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
///
/// While the step plans it holds what is planned, without pixels and records; the same step is then connected to what
/// was made, and runs.
@propertyWrapper
public struct Input<Value: PortValue>: Sendable, Decodable {
  private let connection: Connection<Value>
  /// What the step put in place of the connected value, and the connection that it holds for.
  private var prepared: (value: Value, count: Int)?
  let help: String
  let anyOrder: Bool
  /// An input with its help.
  ///
  /// - Parameter anyOrder: for an input of several values, whether their order changes nothing in what the step makes:
  ///   keys, provenance and the step itself then know them in one order, whatever the request's.
  public init(_ help: String, anyOrder: Bool = false) {
    connection = Connection()
    self.help = help
    self.anyOrder = anyOrder
  }
  /// Takes the values that the host connected.
  public init(from decoder: any Decoder) throws {
    guard let field = decoder as? FieldDecoder, let declared = field.declared as? Input<Value> else {
      throw FloeError("a step's inputs can only be bound by floe")
    }
    help = declared.help
    anyOrder = declared.anyOrder
    connection = Connection()
    guard connect(field.ports) else { throw FloeError("input '\(field.name)' does not fit") }
  }
  /// The connected value; a step may put a prepared one in its place, for example one kept in scratch.
  public var wrappedValue: Value {
    get {
      let (value, count) = connection.state.withLock { $0 }
      if let prepared, prepared.count == count { return prepared.value }
      guard let value else { preconditionFailure("an input was read before it was connected") }
      return value
    }
    set { prepared = (newValue, connection.state.withLock { $0.count }) }
  }
}

/// What an input is connected to, first as planned and then as made.
private final class Connection<Value: Sendable>: Sendable {
  let state = Mutex<(value: Value?, count: Int)>((nil, 0))
}

/// Keeps what a step found out while it planned, so that `run` need not find it out again: an opened product, a layout.
///
/// ```swift
/// @Planned var product: SafeProduct?
/// ```
@propertyWrapper
public struct Planned<Value: Sendable>: Sendable, Decodable {
  /// What `plan` assigned; nil before.
  public var wrappedValue: Value?
  /// Nothing planned yet.
  public init(wrappedValue: Value? = nil) { self.wrappedValue = wrappedValue }
  /// Nothing planned yet.
  public init(from decoder: any Decoder) throws { wrappedValue = nil }
}

/// Declares an output of a step; the step assigns it in `plan` and again in `run`.
@propertyWrapper
public struct Output<Value: PortValue>: Sendable, Decodable {
  private let round: Round
  private var assigned: (value: Value, round: Int)?
  let help: String
  let condition: String?
  /// An output with its help and, where it is not always made, the condition in words.
  public init(_ help: String, when condition: String? = nil) {
    round = Round()
    self.help = help
    self.condition = condition
  }
  /// An empty output as declared.
  public init(from decoder: any Decoder) throws {
    guard let field = decoder as? FieldDecoder, let declared = field.declared as? Output<Value> else {
      throw FloeError("a step's outputs can only be bound by floe")
    }
    round = Round()
    help = declared.help
    condition = declared.condition
  }
  /// What the step assigned while it planned, then what it assigned while it ran; nil before, and for an output that is
  /// not made.
  public var wrappedValue: Value? {
    get { assigned.flatMap { $0.round == round.number.load(ordering: .relaxed) ? $0.value : nil } }
    set { assigned = newValue.map { ($0, round.number.load(ordering: .relaxed)) } }
  }
}

/// Tells what a step assigned while it planned from what it assigns while it runs.
private final class Round: Sendable {
  let number = Atomic<Int>(0)
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
  /// Connects the input of a bound step, and of its copies, to other values; false where these do not fit.
  func connect(_ ports: [PortData]) -> Bool
}

extension Input: DeclaredInput {
  func describe(_ name: String) -> PortInfo {
    PortInfo(
      name: name, help: help, kinds: Value.kinds, isRequired: !Value.isOptional, acceptsMany: Value.acceptsMany,
      condition: nil, anyOrder: anyOrder ? true : nil)
  }
  func accepts(_ ports: [PortData]) -> Bool { Value(ports: ports) != nil }
  func connect(_ ports: [PortData]) -> Bool {
    guard let value = Value(ports: ports) else { return false }
    connection.state.withLock { $0 = (value, $0.count + 1) }
    return true
  }
}

protocol DeclaredOutput {
  func describe(_ name: String) -> PortInfo
  /// Lets go of what was planned, before the step runs.
  func forgetPlanned()
  var data: PortData? { get }
}

extension Output: DeclaredOutput {
  func describe(_ name: String) -> PortInfo {
    PortInfo(
      name: name, help: help, kinds: Value.kinds, isRequired: condition == nil, acceptsMany: false, condition: condition
    )
  }
  func forgetPlanned() { round.number.add(1, ordering: .relaxed) }
  var data: PortData? { wrappedValue?.port }
}
