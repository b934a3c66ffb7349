import FloeSDK
import Testing
import __Name__

@Suite struct ThresholdTests {
  /// 1 2 3 / 4 0 6, where 0 is no data.
  private func image() throws -> Raster {
    let grid = try #require(Grid(width: 3, height: 2, originX: 0, originY: 20, pixelWidth: 10, pixelHeight: 10, crs: nil))
    let spec = RasterSpec(grid: grid, bands: [BandSpec(name: "b", noData: 0)], type: .uint8)
    return Raster(spec, source: MemorySource(PixelBlock(window: grid.fullWindow, bandCount: 1, values: .uint8([1, 2, 3, 4, 0, 6]))))
  }

  private struct Silent: RunSink, ProductCatalogue {
    func log(_ level: LogLevel, step: String, _ message: String) {}
    func record(step: String, key: String, value: JSONValue) {}
    func dropped(step: String, count: Int, unit: String, reason: String) {}
    func progress(step: String, done: Int, total: Int, unit: String) {}
    func recognises(_ path: String) -> Bool { false }
    func describe(_ path: String) throws -> ProductDescription { throw FloeError("\(path): no reader") }
  }

  @Test func marksWhatIsBelow() async throws {
    var step = try SwiftStepFactory(ThresholdStep.self).bind(parameters: ["below": .text("3")], ports: ["image": [.raster(try image())]])
    try await step.run(in: RunContext(
      stepID: "test", seed: 0, pool: WorkerPool(workers: 1), cancellation: Cancellation(),
      scratch: Scratch(directory: "/tmp", memoryLimit: 1 << 20), products: Silent(), sink: Silent()))
    guard case .raster(let mask)? = step.outputs["mask"] else { throw FloeError("no mask") }
    #expect(try mask.read(mask.spec.grid.fullWindow).values == .uint8([1, 1, 0, 0, 255, 0]))
  }

  @Test func refusesAnUnknownBand() throws {
    let ports: [String: [PortData]] = ["image": [.raster(try image())]]
    var step = try SwiftStepFactory(ThresholdStep.self).bind(parameters: ["band": .text("B99")], ports: ports)
    #expect(throws: ParameterError.self) { try step.plan(in: PlanContext(stepID: "test", products: Silent(), notes: PlanNotes())) }
  }

  @Test func theDeclarationIsConsistent() {
    #expect(SwiftStepFactory(ThresholdStep.self).declaration.inconsistencies() == [])
  }
}
