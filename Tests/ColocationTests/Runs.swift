import FloeSDK
import Synchronization

/// Runs a step as the host does, with everything it tells kept.
final class Witness: RunSink {
  let state = Mutex((records: [String: JSONValue](), dropped: [String: Int](), warnings: [String]()))
  func log(_ level: LogLevel, step: String, _ message: String) {
    if level == .warning { state.withLock { $0.warnings.append(message) } }
  }
  func record(step: String, key: String, value: JSONValue) { state.withLock { $0.records[key] = value } }
  func dropped(step: String, count: Int, unit: String, reason: String) { state.withLock { $0.dropped["\(reason) [\(unit)]", default: 0] += count } }
  func progress(step: String, done: Int, total: Int, unit: String) {}
}

struct NoProducts: ProductCatalogue {
  func describe(_ path: String) throws -> ProductDescription { throw FloeError("no reader knows '\(path)'") }
  func recognises(_ path: String) -> Bool { false }
}

/// Binds, plans and runs a step.
func runStep<S: ProcessingStep>(
  _ step: S.Type, with parameters: [String: ParameterLiteral] = [:], in ports: [String: [PortData]] = [:], workers: Int = 2
) async throws -> (outputs: [String: PortData], witness: Witness) {
  var bound = try SwiftStepFactory(step).bind(parameters: parameters, ports: ports)
  try bound.plan(in: PlanContext(stepID: "test", products: NoProducts(), notes: PlanNotes()))
  let witness = Witness()
  try await bound.run(in: RunContext(
    stepID: "test", seed: 0, pool: WorkerPool(workers: workers), cancellation: Cancellation(),
    scratch: Scratch(directory: "/tmp", memoryLimit: 1 << 28), products: NoProducts(), sink: witness))
  return (bound.outputs, witness)
}
