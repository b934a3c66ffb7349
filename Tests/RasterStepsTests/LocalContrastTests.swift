import FloeSDK
import Testing

@Suite struct LocalContrastTests {
  private let band = BandSpec(name: "B04", quantity: "reflectance", scale: 0.001, noData: 0)

  /// A gradient from west to east with a dark line: the line stands at half of its surroundings wherever it is.
  @Test func aLineStandsOutOnAGradient() async throws {
    let side = 90
    var values = [UInt16](repeating: 0, count: side * side)
    for r in 0..<side { for c in 0..<side { values[r * side + c] = UInt16(400 + 4 * c) / (r == 45 ? 2 : 1) } }
    values[0] = 0
    let made = try await run(
      "raster.local_contrast", with: ["size": .text("90")],
      in: ["image": try raster(side, side, .uint16(values), bands: [band])])
    #expect(made.spec.type == .float32 && made.spec.grid.width == side)
    let contrast = try stored(made)
    #expect(contrast[0].isNaN)
    for c in 10..<80 {
      #expect(abs(contrast[45 * side + c] - 0.5) < 0.02)
      #expect(abs(contrast[20 * side + c] - 1) < 0.02)
    }
  }

  /// 9 x 9 pixels in cells of 3 x 3: the middle cell's median is that of all 81 values, 1 ... 81 in any order: 41.
  @Test func theMedianIsThatOfNineCells() async throws {
    let values = (0..<81).map { UInt16(($0 * 32) % 81 + 1) }
    let made = try await run(
      "raster.local_contrast", with: ["size": .text("90")],
      in: ["image": try raster(9, 9, .uint16(values), bands: [BandSpec(name: "a", quantity: "x")])])
    let contrast = try stored(made)
    #expect(abs(contrast[4 * 9 + 4] - Double(values[4 * 9 + 4]) / 41) < 1e-6)
  }

  @Test func sizesThatTheGridCannotTellAreRefused() async throws {
    let image = try raster(9, 9, .uint16([UInt16](repeating: 1, count: 81)), bands: [band])
    await #expect(throws: (any Error).self) {
      try await run("raster.local_contrast", with: ["size": .text("20")], in: ["image": image])
    }
  }
}
