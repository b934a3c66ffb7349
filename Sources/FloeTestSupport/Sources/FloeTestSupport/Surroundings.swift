import FloeSDK
import Synchronization

/// What stands in for the host in tests: no readers, and a sink that only counts.
public final class Surroundings: RunSink, ProductCatalogue, Sendable {
  private let pieces = Mutex(0)
  /// No calls yet.
  public init() {}
  /// How often a step told its progress.
  public var progressCalls: Int { pieces.withLock { $0 } }
  public func log(_ level: LogLevel, step: String, _ message: String) {}
  public func record(step: String, key: String, value: JSONValue) {}
  public func dropped(step: String, count: Int, unit: String, reason: String) {}
  public func progress(step: String, done: Int, total: Int, unit: String) { pieces.withLock { $0 += 1 } }
  public func recognises(_ path: String) -> Bool { false }
  public func describe(_ path: String) throws -> ProductDescription { throw FloeError("\(path): tests have no product readers") }

  /// A context for `plan`.
  public var plan: PlanContext { PlanContext(stepID: "test", products: self, notes: PlanNotes()) }
  /// A context for `run`.
  public func run(workers: Int = 1, memory: Int = 1 << 30, seed: UInt64 = 1, cancellation: Cancellation = Cancellation()) -> RunContext {
    RunContext(
      stepID: "test", seed: seed, pool: WorkerPool(workers: workers), cancellation: cancellation,
      scratch: Scratch(directory: "/tmp", memoryLimit: memory), products: self, sink: self)
  }
}
