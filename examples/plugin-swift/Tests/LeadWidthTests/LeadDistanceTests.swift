import FloeSDK
import LeadWidth
import Testing

@Suite struct LeadWidthTests {
  private struct Silent: RunSink, ProductCatalogue {
    func log(_ level: LogLevel, step: String, _ message: String) {}
    func record(step: String, key: String, value: JSONValue) {}
    func dropped(step: String, count: Int, unit: String, reason: String) {}
    func progress(step: String, done: Int, total: Int, unit: String) {}
    func recognises(_ path: String) -> Bool { false }
    func describe(_ path: String) throws -> ProductDescription { throw FloeError("\(path): no reader") }
  }

  private func summary(_ codes: [UInt8], width: Int, workers: Int = 1) async throws -> JSONValue {
    let grid = try #require(Grid(
      width: width, height: codes.count / width, originX: 0, originY: 0, pixelWidth: 10, pixelHeight: 10, crs: nil))
    let raster = Raster(
      RasterSpec(grid: grid, bands: [BandSpec(name: "class", noData: 255)], type: .uint8),
      source: MemorySource(PixelBlock(window: grid.fullWindow, bandCount: 1, values: .uint8(codes))))
    var step = try SwiftStepFactory(LeadWidthStep.self).bind(parameters: [:], ports: ["classes": [.raster(raster)]])
    try await step.run(in: RunContext(
      stepID: "test", seed: 0, pool: WorkerPool(workers: workers), cancellation: Cancellation(),
      scratch: Scratch(directory: "/tmp", memoryLimit: 1 << 30), products: Silent(), sink: Silent()))
    guard case .document(let document)? = step.outputs["summary"] else { throw FloeError("no summary") }
    return document.body
  }

  /// Straight leads are measured within half a pixel, along rows and along columns, across strips and blocks.
  @Test(arguments: 1...6) func straightLeads(pixels: Int) async throws {
    let width = 600, height = 300
    for alongRows in [true, false] {
      let from = alongRows ? 255 : 510
      let codes = (0..<width * height).map { i -> UInt8 in
        let place = alongRows ? i / width : i % width
        return (from..<from + pixels).contains(place) ? 2 : 1
      }
      let greatest = try #require(try await summary(codes, width: width, workers: 2)["width_greatest"]?.doubleValue)
      #expect(abs(greatest - Double(pixels) * 10) <= 5)
    }
  }

  @Test func withoutLeadsThereIsNothing() async throws {
    let body = try await summary([UInt8](repeating: 1, count: 100), width: 10)
    #expect(body["centreline_pixels"] == .integer(0))
    #expect(body["width_mean"] == .null)
  }
}
