import FloeIO
import FloeSDK
internal import Foundation
import Synchronization

/// What a step finds around it besides its ports and parameters.
public struct HarnessOptions: Sendable {
  /// Product readers, for steps that describe products: the plugin's own, for example.
  public var readers: [any ProductReader]
  /// What the writers wrote, for finishing steps.
  public var written: [WrittenOutput]
  /// The values of the written outputs by name, for finishing steps.
  public var values: [String: PortData]
  /// The record of the run so far, for finishing steps.
  public var record: JSONValue

  /// Options; without arguments those of an ordinary step.
  public init(
    readers: [any ProductReader] = [], written: [WrittenOutput] = [], values: [String: PortData] = [:],
    record: JSONValue = .null
  ) {
    self.readers = readers
    self.written = written
    self.values = values
    self.record = record
  }
}

/// Messages, facts and counts of a step that planned and ran.
public struct StepMessages: Sendable {
  /// The facts that it recorded, the last of each name.
  public var records: [String: JSONValue] = [:]
  /// What it left out, pixels or records, by reason.
  public var dropped: [String: Int] = [:]
  /// Its warnings, those of the plan first.
  public var warnings: [String] = []
}

/// What stands in for the host in tests: a scratch folder of its own, and a sink that keeps the events.
public final class StepHarness: RunEvents, ProductCatalogue, Sendable {
  private let circumstances: HarnessOptions
  private let folder: TemporaryFolder
  private let notes = PlanEvents()
  private let state = Mutex((pieces: 0, messages: StepMessages()))
  private let ends: Cancellation?

  /// Surroundings with an empty scratch folder, which is gone when they are.
  ///
  /// - Parameter cancelling: a switch that is thrown as soon as the step reports progress.
  public init(_ circumstances: HarnessOptions = HarnessOptions(), cancelling: Cancellation? = nil) throws {
    self.circumstances = circumstances
    folder = try TemporaryFolder(in: FileManager.default.temporaryDirectory.path)
    ends = cancelling
  }

  /// How often a step reported its progress.
  public var progressCalls: Int { state.withLock { $0.pieces } }
  /// What has been reported so far.
  public var messages: StepMessages {
    var messages = state.withLock { $0.messages }
    messages.warnings = notes.notes.warnings + messages.warnings
    return messages
  }
  /// Bytes of scratch that a step announced when it planned.
  public var announcedScratch: Int { notes.notes.scratchBytes }
  /// The names of what lies in the scratch folder.
  public var leftovers: [String] { get throws { try VirtualFile.list(folder.path).sorted() } }

  public func log(_ level: LogLevel, step: String, _ message: String) {
    if level == .warning { state.withLock { $0.messages.warnings.append(message) } }
  }
  public func record(step: String, key: String, value: JSONValue) {
    state.withLock { $0.messages.records[key] = value }
  }
  public func dropped(step: String, count: Int, unit: String, reason: String) {
    state.withLock { $0.messages.dropped[reason, default: 0] += count }
  }
  public func progress(step: String, done: Int, total: Int, unit: String) {
    state.withLock { $0.pieces += 1 }
    ends?.cancel()
  }
  public func recognises(_ path: String) -> Bool { circumstances.readers.contains { $0.recognises(path) } }
  public func describe(_ path: String) throws -> ProductDescription {
    guard let reader = circumstances.readers.first(where: { $0.recognises(path) }) else {
      throw FloeError("\(path): no product reader at hand knows this")
    }
    return try reader.describe(path)
  }

  /// A context for `plan`.
  public var plan: PlanContext { PlanContext(stepID: "test", products: self, notes: notes) }
  /// A context for `run`; `memory` is the bytes that scratch may take of it before it goes to files.
  public func run(
    workers: Int = 1, memory: Int = 1 << 30, seed: UInt64 = 1, cancellation: Cancellation = Cancellation()
  ) -> RunContext {
    RunContext(
      stepID: "test", seed: seed, pool: WorkerPool(workers: workers), cancellation: cancellation,
      scratch: Scratch(directory: folder.path, memoryLimit: memory), products: self, sink: self,
      written: circumstances.written, values: circumstances.values, record: circumstances.record)
  }
}

extension StepHarness {
  /// Binds, plans and runs a step once: its outputs, and what it recorded.
  ///
  /// - Throws: what the step throws; `BindingErrors` for a request that it refuses.
  public static func outcome(
    of factory: any StepFactory, parameters: [String: ParameterLiteral] = [:], ports: [String: [PortData]] = [:],
    circumstances: HarnessOptions = HarnessOptions(), workers: Int = 2, seed: UInt64 = 1
  ) async throws -> (outputs: [String: PortData], messages: StepMessages) {
    let surroundings = try StepHarness(circumstances)
    let context = surroundings.run(workers: workers, seed: seed)
    var planned = try factory.bind(parameters: parameters, ports: ports)
    try planned.plan(in: surroundings.plan)
    let bound = planned
    let outputs = try await withTaskExecutorPreference(context.pool) {
      var step = bound
      try step.connect(ports)
      try await step.run(in: context)
      return step.outputs
    }
    return (outputs, surroundings.messages)
  }

  /// The outputs of a step that is run once; see `outcome`.
  public static func outputs(
    of factory: any StepFactory, parameters: [String: ParameterLiteral] = [:], ports: [String: [PortData]] = [:],
    circumstances: HarnessOptions = HarnessOptions()
  ) async throws -> [String: PortData] {
    try await outcome(of: factory, parameters: parameters, ports: ports, circumstances: circumstances).outputs
  }
}
