import FloeIO
import FloeSDK
import FloeTestSupport
import Foundation
import Synthetic

/// Runs one step of the plugin without the host, through the plugin's own entry point.
struct StepRunner {
  /// A folder of this runner's own, removed by `cleanUp`.
  let folder: String
  let surroundings: StepHarness

  init() throws {
    folder = NSTemporaryDirectory() + "floe-synthetic-" + UUID().uuidString
    surroundings = try StepHarness()
    GDALRuntime.configure(cacheBytes: 64 << 20)
  }

  // Left files harm no test.
  func cleanUp() { try? FileManager.default.removeItem(atPath: folder) }

  static var factories: [any StepFactory] {
    let registry = PluginRegistry()
    withExtendedLifetime(registry) { floePlugin(Unmanaged.passUnretained(registry).toOpaque()) }
    return registry.steps
  }

  static func factory(_ name: String) throws -> any StepFactory {
    guard let found = factories.first(where: { $0.declaration.name == name }) else {
      throw FloeError("no step \(name)")
    }
    return found
  }

  /// Runs a step and returns the body of its document.
  func run(
    _ name: String, _ parameters: [String: String], ports: [String: [PortData]] = [:], workers: Int = 2,
    output: String = "products"
  ) async throws -> JSONValue {
    var step = try Self.factory(name).bind(parameters: parameters.mapValues { .text($0) }, ports: ports)
    try await step.run(in: surroundings.run(workers: workers, memory: 32 << 20))
    guard case .document(let document)? = step.outputs[output] else { throw FloeError("no document") }
    return document.body
  }

  /// Makes a small scene in a folder of the given name.
  func scene(_ name: String, seed: Int, size: Int = 240, bands: String = "B02,B04,B11", workers: Int = 2) async throws
    -> Scene
  {
    let body = try await run(
      "synthetic.sentinel2",
      ["folder": "\(folder)/\(name)", "size": "\(size)", "scene_seed": "\(seed)", "bands": bands], workers: workers)
    return Scene(body: body)
  }
}

/// What the step wrote.
struct Scene {
  let body: JSONValue
  var path: String { body["scene"]?.stringValue ?? "" }
  var land: String { body["land"]?.stringValue ?? "" }
  var truth: String { body["truth"]?.stringValue ?? "" }
  var granule: String { path + "/GRANULE/L1C_T01WCU_A019275_20190301T235610" }

  func pixels(_ band: String) throws -> [UInt16] {
    let file = try RasterFile.open("\(granule)/IMG_DATA/T01WCU_20190301T235611_\(band).jp2")
    guard case .uint16(let values) = try file.raster.read(file.spec.grid.fullWindow).values else {
      throw FloeError("not uint16")
    }
    return values
  }

  func classes() throws -> [UInt8] {
    let file = try RasterFile.open(truth)
    guard case .uint8(let values) = try file.raster.read(file.spec.grid.fullWindow).values else {
      throw FloeError("not uint8")
    }
    return values
  }
}
