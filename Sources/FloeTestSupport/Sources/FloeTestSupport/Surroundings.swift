import FloeSDK
internal import Foundation
import Synchronization

/// What a step finds around it besides its ports and parameters.
public struct Circumstances: Sendable {
  /// Product readers, for steps that describe products: the plugin's own, for example.
  public var readers: [any ProductReader]
  /// What the writers wrote, for finishing steps.
  public var written: [WrittenOutput]
  /// The values of the written outputs by name, for finishing steps.
  public var values: [String: PortData]
  /// The record of the run so far, for finishing steps.
  public var record: JSONValue

  /// Circumstances; without arguments those of an ordinary step.
  public init(readers: [any ProductReader] = [], written: [WrittenOutput] = [], values: [String: PortData] = [:], record: JSONValue = .null) {
    self.readers = readers
    self.written = written
    self.values = values
    self.record = record
  }
}

/// What stands in for the host in tests: a scratch folder of its own, and a sink that only counts.
public final class Surroundings: RunSink, ProductCatalogue, Sendable {
  private let circumstances: Circumstances
  private let folder: TemporaryFolder
  private let pieces = Mutex(0)
  private let ends: Cancellation?

  /// Surroundings with an empty scratch folder, which is gone when they are.
  ///
  /// - Parameter cancelling: a switch that is thrown as soon as the step tells its progress.
  public init(_ circumstances: Circumstances = Circumstances(), cancelling: Cancellation? = nil) throws {
    self.circumstances = circumstances
    folder = try TemporaryFolder(in: FileManager.default.temporaryDirectory.path)
    ends = cancelling
  }

  /// How often a step told its progress.
  public var progressCalls: Int { pieces.withLock { $0 } }
  /// The names of what lies in the scratch folder.
  public var leftovers: [String] { get throws { try VirtualFile.list(folder.path).sorted() } }

  public func log(_ level: LogLevel, step: String, _ message: String) {}
  public func record(step: String, key: String, value: JSONValue) {}
  public func dropped(step: String, count: Int, unit: String, reason: String) {}
  public func progress(step: String, done: Int, total: Int, unit: String) {
    pieces.withLock { $0 += 1 }
    ends?.cancel()
  }
  public func recognises(_ path: String) -> Bool { circumstances.readers.contains { $0.recognises(path) } }
  public func describe(_ path: String) throws -> ProductDescription {
    guard let reader = circumstances.readers.first(where: { $0.recognises(path) }) else { throw FloeError("\(path): no product reader at hand knows this") }
    return try reader.describe(path)
  }

  /// A context for `plan`.
  public var plan: PlanContext { PlanContext(stepID: "test", products: self, notes: PlanNotes()) }
  /// A context for `run`; `memory` is the bytes that scratch may take of it before it goes to files.
  public func run(workers: Int = 1, memory: Int = 1 << 30, seed: UInt64 = 1, cancellation: Cancellation = Cancellation()) -> RunContext {
    RunContext(
      stepID: "test", seed: seed, pool: WorkerPool(workers: workers), cancellation: cancellation,
      scratch: Scratch(directory: folder.path, memoryLimit: memory), products: self, sink: self,
      written: circumstances.written, values: circumstances.values, record: circumstances.record)
  }
}

extension Surroundings {
  /// Binds, plans and runs a step once and returns its outputs.
  ///
  /// - Throws: what the step throws; `BindingErrors` for a request that it refuses.
  public static func outputs(
    of factory: any StepFactory, parameters: [String: ParameterLiteral] = [:], ports: [String: [PortData]] = [:],
    circumstances: Circumstances = Circumstances()
  ) async throws -> [String: PortData] {
    let surroundings = try Surroundings(circumstances), context = surroundings.run(workers: 2)
    var planned = try factory.bind(parameters: parameters, ports: ports)
    try planned.plan(in: surroundings.plan)
    let bound = planned
    return try await withTaskExecutorPreference(context.pool) {
      var step = bound
      try await step.run(in: context)
      return step.outputs
    }
  }
}
