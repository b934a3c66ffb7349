import Colocation
import FloeIO
import FloeSDK
import FloeTestSupport
import Testing

@Suite struct DriftStepTests {
  private func plan(_ parameters: [String: ParameterLiteral], crs: String, pixel: Double) throws {
    let grid = try #require(
      Grid(
        width: 40, height: 40, originX: 15, originY: 72, pixelWidth: pixel, pixelHeight: pixel,
        crs: try CRSFactory.make(crs)))
    let spec = RasterSpec(
      grid: grid, bands: [BandSpec(name: "class", quantity: "class", noData: 255)], type: .uint8, classes: .seaIce)
    var table = Table(rowCount: 0, geometry: .points(x: "lon", y: "lat"), crs: .wgs84)
    for name in ["lon", "lat", "class_code"] { table.set(Column(name, values: .number([]))) }
    var bound = try SwiftStepFactory(DriftStep.self).bind(
      parameters: parameters, ports: ["input": [.table(table)], "raster": [.raster(Raster(planned: spec))]])
    try bound.plan(in: try StepHarness().plan)
  }

  @Test func refusesARasterInDegrees() {
    let error = #expect(throws: FloeError.self) { try plan([:], crs: "EPSG:4326", pixel: 0.001) }
    #expect(error?.message.contains("degrees") == true && error?.message.contains("raster.warp") == true)
  }

  /// 3000 m to each side in steps of 1 m are 6001 shifts; in steps of 6 m they are 1001. Four million are too many.
  @Test func refusesASearchThatNeverEnds() throws {
    let error = #expect(throws: ParameterError.self) { try plan(["step": .text("1")], crs: "EPSG:32633", pixel: 10) }
    #expect(
      error
        == ParameterError(
          "radius",
          """
          of 3000.0 m in steps of 1.0 m makes 6001 shifts a side, more than 1001: make 'radius' smaller, or 'step' \
          at least 6.0 m
          """
        ))
    // Pixels of a nanometre: too many shifts, and with a step given too many pixels in a footprint.
    #expect(throws: ParameterError.self) { try plan([:], crs: "EPSG:32633", pixel: 1e-9) }
    let tooFine = #expect(throws: ParameterError.self) {
      try plan(["step": .text("6")], crs: "EPSG:32633", pixel: 1e-9)
    }
    #expect(tooFine?.message.contains("ten million pixels") == true)
    try plan(["step": .text("6")], crs: "EPSG:32633", pixel: 10)
    try plan([:], crs: "EPSG:32633", pixel: 10)
  }
}
