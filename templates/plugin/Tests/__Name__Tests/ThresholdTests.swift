import FloeSDK
import FloeTestSupport
import Testing
import __Name__

@Suite struct ThresholdTests {
  /// 1 2 3 / 4 0 6, where 0 is no data.
  private func image() throws -> PortData {
    let grid = try #require(
      Grid(width: 3, height: 2, originX: 0, originY: 20, pixelWidth: 10, pixelHeight: 10, crs: nil))
    let spec = RasterSpec(grid: grid, bands: [BandSpec(name: "b", noData: 0)], type: .uint8)
    return .raster(
      Raster(
        spec,
        source: MemorySource(PixelBlock(window: grid.fullWindow, bandCount: 1, values: .uint8([1, 2, 3, 4, 0, 6])))))
  }

  @Test func marksWhatIsBelow() async throws {
    let outputs = try await StepHarness.outputs(
      of: SwiftStepFactory(ThresholdStep.self), parameters: ["below": .text("3")], ports: ["image": [image()]])
    guard case .raster(let mask)? = outputs["mask"] else { throw FloeError("no mask") }
    #expect(try mask.read(mask.spec.grid.fullWindow).values == .uint8([1, 1, 0, 0, 255, 0]))
  }

  @Test func refusesAnUnknownBand() async {
    await #expect(throws: ParameterError.self) {
      try await StepHarness.outputs(
        of: SwiftStepFactory(ThresholdStep.self), parameters: ["band": .text("B99")], ports: ["image": [image()]])
    }
  }

  /// The declaration, refusals, the same bytes for any number of workers and tile size, cancellation, failing inputs.
  @Test func keepsTheContract() async throws {
    #expect(try await checkStep(ThresholdStep.self, ports: ["image": [.raster(SyntheticData.ice())]]) == [])
  }
}
