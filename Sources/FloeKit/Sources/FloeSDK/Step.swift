/// A processing step: a value that declares its ports and parameters once, plans without reading pixels, and runs.
///
/// ```swift
/// struct Threshold: ProcessingStep {
///   static let name = "example.threshold"
///   static let summary = "Marks the pixels of one band that lie below a value."
///   @Input("Bands to look at") var image: Raster
///   @Param("Band") var band: String
///   @Param("Upper limit of the marked values") var below = 0.2
///   @Output("1 where the band is below the limit; 255 is no data") var mask: Raster?
///   mutating func plan(in context: PlanContext) throws { mask = Raster(planned: try maskSpec()) }
///   mutating func run(in context: RunContext) async throws { mask = Raster(try maskSpec(), source: ...) }
/// }
/// ```
///
/// Contract, checked by `checkStep` of FloeTestSupport: the same inputs, parameters and seed give the same bytes for any
/// number of workers, memory cap and tile size; `plan` reads no pixel and no record; `run` honours cancellation and
/// assigns what `plan` announced; rows of tables are marked, never removed; whatever is left out is counted with its reason.
public protocol ProcessingStep: Sendable, Decodable {
  /// `family.step`.
  static var name: String { get }
  /// One sentence of at most 150 characters.
  static var summary: String { get }
  /// Output type, no data, edge behaviour, units, sources, in Markdown.
  static var discussion: String { get }
  /// A fragment of a pipeline that shows the step in use.
  static var example: String { get }
  /// Named alternative defaults.
  static var presets: [Preset] { get }
  /// Programs outside of floe that the step runs; `floe doctor` looks for them.
  static var programs: [ProgramInfo] { get }
  /// A step with its defaults.
  init()
  /// Checks what single ranges cannot: how parameters fit together. Throws `ParameterError`.
  func validate() throws
  /// Assigns the outputs as they will be, without pixels or records; checks what metadata can tell.
  mutating func plan(in context: PlanContext) throws
  /// Does the work and assigns the outputs.
  mutating func run(in context: RunContext) async throws
}

extension ProcessingStep {
  public static var discussion: String { "" }
  public static var example: String { "" }
  public static var presets: [Preset] { [] }
  /// None, for most steps.
  public static var programs: [ProgramInfo] { [] }
  public func validate() throws {}
}

/// A step that runs after the writers: `RunContext.written` lists what is there and `RunContext.record` tells of the run.
public protocol FinishingStep: ProcessingStep {}

/// A step that can be bound: a Swift type behind a plugin's door, or a program described by a manifest.
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
  /// Does the work and assigns the outputs.
  mutating func run(in context: RunContext) async throws
  /// The outputs assigned so far, by name.
  var outputs: [String: PortData] { get }
  /// The parameters in force, defaults included.
  var parameters: [String: ParameterLiteral] { get }
}

/// The factory of a Swift step.
public struct SwiftStepFactory<Step: ProcessingStep>: StepFactory {
  /// Read off the step's property wrappers, once.
  public let declaration: StepDeclaration

  /// A factory for a step type.
  public init(_ type: Step.Type) {
    var inputs: [PortInfo] = [], outputs: [PortInfo] = [], parameters: [ParameterInfo] = []
    for child in Mirror(reflecting: Step()).children {
      guard let label = child.label else { continue }
      let name = wireName(label)
      switch child.value {
      case let p as any DeclaredParameter: parameters.append(p.describe(name))
      case let i as any DeclaredInput: inputs.append(i.describe(name))
      case let o as any DeclaredOutput: outputs.append(o.describe(name))
      default: break
      }
    }
    declaration = StepDeclaration(
      name: Step.name, summary: Step.summary, discussion: Step.discussion, example: Step.example, inputs: inputs,
      parameters: parameters, outputs: outputs, presets: Step.presets, isFinishing: Step.self is any FinishingStep.Type,
      programs: Step.programs)
  }

  public func bind(parameters given: [String: ParameterLiteral], ports: [String: [PortData]]) throws -> any BoundStep {
    var literals = given
    var errors = declaration.settle(&literals, ports: ports.keys)
    var declared: [String: Any] = [:]
    for child in Mirror(reflecting: Step()).children {
      guard let label = child.label else { continue }
      let name = wireName(label)
      declared[name] = child.value
      if let p = child.value as? any DeclaredParameter {
        do throws(FloeError) { try p.check(literals[name]) } catch { errors.append(ParameterError(name, error.message)) }
      } else if let i = child.value as? any DeclaredInput, !i.accepts(ports[name] ?? []) {
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
    var outputs: [String: PortData] {
      var result: [String: PortData] = [:]
      for child in Mirror(reflecting: step).children {
        if let o = child.value as? any DeclaredOutput, let label = child.label { result[wireName(label)] = o.data }
      }
      return result
    }
  }
}
