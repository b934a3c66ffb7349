import FloeSDK
import FloeTestSupport
import LeadWidth
import Testing

@Suite struct LeadWidthTests {
  private func summary(_ codes: [UInt8], width: Int) async throws -> JSONValue {
    let grid = try #require(
      Grid(
        width: width, height: codes.count / width, originX: 0, originY: 0, pixelWidth: 10, pixelHeight: 10, crs: nil))
    let raster = Raster(
      RasterSpec(grid: grid, bands: [BandSpec(name: "class", noData: 255)], type: .uint8),
      source: MemorySource(PixelBlock(window: grid.fullWindow, bandCount: 1, values: .uint8(codes))))
    let outputs = try await StepHarness.outputs(
      of: SwiftStepFactory(LeadWidthStep.self), ports: ["classes": [.raster(raster)]])
    guard case .document(let document)? = outputs["summary"] else { throw FloeError("no summary") }
    return document.body
  }

  /// Straight leads are measured within half a pixel, along rows and along columns, across strips and blocks.
  @Test(arguments: 1...6) func straightLeads(pixels: Int) async throws {
    let width = 600
    let height = 300
    for alongRows in [true, false] {
      let from = alongRows ? 255 : 510
      let codes = (0..<width * height).map { i -> UInt8 in
        let place = alongRows ? i / width : i % width
        return (from..<from + pixels).contains(place) ? 2 : 1
      }
      let greatest = try #require(try await summary(codes, width: width)["width_greatest"]?.doubleValue)
      #expect(abs(greatest - Double(pixels) * 10) <= 5)
    }
  }

  @Test func withoutLeadsThereIsNothing() async throws {
    let body = try await summary([UInt8](repeating: 1, count: 100), width: 10)
    #expect(body["centreline_pixels"] == .integer(0))
    #expect(body["width_mean"] == .null)
  }

  @Test func keepsTheContract() async throws {
    #expect(
      try await checkStep(LeadWidthStep.self, ports: ["classes": [.raster(SyntheticData.classes(width: 300))]]) == [])
  }
}
