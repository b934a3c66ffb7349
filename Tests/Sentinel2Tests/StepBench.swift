import FloeSDK
import Foundation
import Sentinel2
import Synchronization
import Testing

/// The value, or a test failure in words.
func present<T>(_ value: T?) throws -> T { try #require(value) }

/// A folder that is removed with its last holder.
final class TemporaryFolder: Sendable {
  let path: String
  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("floe-s2-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit {
    // Safe because a folder left behind in the temporary directory harms no test.
    try? FileManager.default.removeItem(atPath: path)
  }
}

/// Collects what a run tells.
final class CollectingSink: RunSink {
  let dropped = Mutex<[String: Int]>([:])
  let records = Mutex<[String: JSONValue]>([:])
  func log(_ level: LogLevel, step: String, _ message: String) {}
  func record(step: String, key: String, value: JSONValue) { records.withLock { $0[key] = value } }
  func dropped(step: String, count: Int, unit: String, reason: String) { dropped.withLock { $0[reason, default: 0] += count } }
  func progress(step: String, done: Int, total: Int, unit: String) {}
}

struct NoProducts: ProductCatalogue {
  func describe(_ path: String) throws -> ProductDescription { throw FloeError("no readers in this test") }
  func recognises(_ path: String) -> Bool { false }
}

/// What a bound stack step gave.
struct StackResult {
  let image: Raster
  let mask: Raster
  let planned: RasterSpec
  let warnings: [String]
  let dropped: [String: Int]
  let records: [String: JSONValue]

  func dn(_ band: Int, _ column: Int, _ row: Int) throws -> Int {
    Int(try image.read(PixelWindow(column: column, row: row, width: 1, height: 1), bands: [band]).raw(band: 0, row: 0, column: 0))
  }
  func code(_ column: Int, _ row: Int) throws -> Int {
    Int(try mask.read(PixelWindow(column: column, row: row, width: 1, height: 1)).raw(band: 0, row: 0, column: 0))
  }
}

/// Binds, plans and runs the stack step as the host does.
func stack(_ product: String, _ parameters: [String: String] = [:], workers: Int = 2, memory: Int = 1 << 28) async throws -> StackResult {
  let folder = try TemporaryFolder()
  var literals = parameters.mapValues { ParameterLiteral.text($0) }
  literals["product"] = .text(product)
  var step = try SwiftStepFactory(StackStep.self).bind(parameters: literals, ports: [:])
  let notes = PlanNotes()
  try step.plan(in: PlanContext(stepID: "stack", products: NoProducts(), notes: notes))
  guard case .raster(let planned)? = step.outputs["image"] else { throw FloeError("no image planned") }
  let sink = CollectingSink()
  let context = RunContext(
    stepID: "stack", seed: 1, pool: WorkerPool(workers: workers), cancellation: Cancellation(),
    scratch: Scratch(directory: folder.path, memoryLimit: memory), products: NoProducts(), sink: sink)
  try await step.run(in: context)
  guard case .raster(let image)? = step.outputs["image"], case .raster(let mask)? = step.outputs["mask"] else {
    throw FloeError("the outputs are missing")
  }
  #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty, "scratch files are left")
  return StackResult(
    image: image, mask: mask, planned: planned.spec, warnings: notes.notes.warnings, dropped: sink.dropped.withLock { $0 },
    records: sink.records.withLock { $0 })
}

/// The sentence with which a stack is refused; empty when it is not.
func refusal(_ product: String, _ parameters: [String: String] = [:]) async -> String {
  do {
    _ = try await stack(product, parameters)
    return ""
  } catch let errors as BindingErrors {
    return errors.errors.map(\.description).joined(separator: "; ")
  } catch {
    return "\(error)"
  }
}
