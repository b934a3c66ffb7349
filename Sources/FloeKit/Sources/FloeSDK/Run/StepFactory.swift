/// A step that can be bound: a Swift type of a plugin, or a program described by a manifest.
public protocol StepFactory: Sendable {
  /// Everything about the step that can be known without running it.
  var declaration: StepDeclaration { get }
  /// Binds parameters and ports.
  ///
  /// - Throws: `BindingErrors` with every mistake.
  func bind(parameters: [String: ParameterLiteral], ports: [String: [PortData]]) throws -> any BoundStep
}

/// A step with its parameters and inputs, ready to plan and run.
public protocol BoundStep: Sendable {
  /// Assigns the outputs as they will be; see `ProcessingStep`.
  mutating func plan(in context: PlanContext) throws
  /// Connects a step that has planned to what the steps before it made; `run` follows.
  ///
  /// - Throws: `BindingErrors` for values that do not fit.
  mutating func connect(_ ports: [String: [PortData]]) throws
  /// Does the work and assigns the outputs.
  mutating func run(in context: RunContext) async throws
  /// The outputs assigned so far, by name.
  var outputs: [String: PortData] { get }
  /// The effective parameters, defaults included.
  var parameters: [String: ParameterLiteral] { get }
}

/// The factory of a Swift step.
public struct SwiftStepFactory<Step: ProcessingStep>: StepFactory {
  /// Read off the step's property wrappers, once.
  public let declaration: StepDeclaration

  /// A factory for a step type.
  public init(_ type: Step.Type) {
    var inputs: [PortInfo] = []
    var outputs: [PortInfo] = []
    var parameters: [ParameterInfo] = []
    for (name, value) in declaredFields(of: Step()) {
      switch value {
      case let p as any DeclaredParameter: parameters.append(p.describe(name))
      case let i as any DeclaredInput: inputs.append(i.describe(name))
      case let o as any DeclaredOutput: outputs.append(o.describe(name))
      default: break
      }
    }
    declaration = StepDeclaration(
      name: Step.name, aliases: Step.aliases, summary: Step.summary, discussion: Step.discussion, example: Step.example,
      inputs: inputs,
      parameters: parameters, outputs: outputs, presets: Step.presets, isFinishing: Step.self is any FinishingStep.Type,
      programs: Step.programs)
  }

  public func bind(parameters given: [String: ParameterLiteral], ports: [String: [PortData]]) throws -> any BoundStep {
    var literals = given
    var errors = declaration.settle(&literals, ports: ports.keys)
    var declared: [String: Any] = [:]
    for (name, value) in declaredFields(of: Step()) {
      declared[name] = value
      if let p = value as? any DeclaredParameter {
        do throws(FloeError) { try p.check(literals[name]) } catch {
          errors.append(ParameterError(name, error.message))
        }
      } else if let i = value as? any DeclaredInput, !i.accepts(ports[name] ?? []) {
        errors.append(i.describe(name).mismatch(ports[name] ?? []))
      }
    }
    guard errors.isEmpty else { throw BindingErrors(errors: errors) }
    let step = try Step(from: StepDecoder(literals: literals, ports: ports, declared: declared))
    do { try step.validate() } catch let error as ParameterError { throw BindingErrors(errors: [error]) }
    return Bound(step: step, parameters: declaration.inForce(literals))
  }

  private struct Bound: BoundStep {
    var step: Step
    let parameters: [String: ParameterLiteral]
    mutating func plan(in context: PlanContext) throws { try step.plan(in: context) }
    mutating func run(in context: RunContext) async throws { try await step.run(in: context) }
    mutating func connect(_ ports: [String: [PortData]]) throws {
      let fields = declaredFields(of: step)
      let errors = fields.compactMap { name, value -> ParameterError? in
        guard let input = value as? any DeclaredInput else { return nil }
        return input.connect(ports[name] ?? []) ? nil : input.describe(name).mismatch(ports[name] ?? [])
      }
      guard errors.isEmpty else { throw BindingErrors(errors: errors) }
      for (_, value) in fields { (value as? any DeclaredOutput)?.forgetPlanned() }
    }
    var outputs: [String: PortData] {
      var result: [String: PortData] = [:]
      for (name, value) in declaredFields(of: step) {
        if let o = value as? any DeclaredOutput { result[name] = o.data }
      }
      return result
    }
  }
}
