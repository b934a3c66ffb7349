import FloeIO
import FloeSDK
import FloeTestSupport
import Foundation
import Sentinel2
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

/// What a bound stack step gave.
struct StackResult {
  let image: Raster
  let mask: Raster
  let planned: RasterSpec
  let messages: StepMessages
  var warnings: [String] { messages.warnings }
  var dropped: [String: Int] { messages.dropped }
  var records: [String: JSONValue] { messages.records }

  func dn(_ band: Int, _ column: Int, _ row: Int) throws -> Int {
    Int(
      try image.read(PixelWindow(column: column, row: row, width: 1, height: 1), bands: [band]).raw(
        band: 0, row: 0, column: 0))
  }
  func code(_ column: Int, _ row: Int) throws -> Int {
    Int(try mask.read(PixelWindow(column: column, row: row, width: 1, height: 1)).raw(band: 0, row: 0, column: 0))
  }
}

/// Binds, plans and runs the stack step as the host does.
func stack(_ product: String, _ parameters: [String: String] = [:], workers: Int = 2, memory: Int = 1 << 28)
  async throws -> StackResult
{
  let surroundings = try StepHarness()
  var literals = parameters.mapValues { ParameterLiteral.text($0) }
  literals["product"] = .text(product)
  var step = try SwiftStepFactory(StackStep.self).bind(parameters: literals, ports: [:])
  try step.plan(in: surroundings.plan)
  guard case .raster(let planned)? = step.outputs["image"] else { throw FloeError("no image planned") }
  try await step.run(in: surroundings.run(workers: workers, memory: memory))
  guard case .raster(let image)? = step.outputs["image"], case .raster(let mask)? = step.outputs["mask"] else {
    throw FloeError("the outputs are missing")
  }
  #expect(try surroundings.leftovers.isEmpty, "scratch files are left")
  return StackResult(image: image, mask: mask, planned: planned.spec, messages: surroundings.messages)
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
