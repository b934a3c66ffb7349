import FloeSDK
import Testing

@Suite struct ClassBandTests {
  private func spec(_ bands: [(name: String, quantity: String)], classes: Bool = false) throws -> RasterSpec {
    RasterSpec(
      grid: try #require(
        Grid(width: 1, height: 1, originX: 0, originY: 0, pixelWidth: 1, pixelHeight: 1, crs: nil)),
      bands: bands.map { BandSpec(name: $0.name, quantity: $0.quantity, noData: 255) }, type: .uint8,
      classes: classes ? ClassTable([], noData: 7) : nil)
  }

  @Test func theNamedBandThenClassesThenLabelsThenTheOnlyOne() throws {
    let both = try spec([("p", "probability"), ("l", "label"), ("c", "class")])
    #expect(try both.classBand(named: nil, parameter: "band") == 2)
    #expect(try both.classBand(named: "l", parameter: "band") == 1)
    #expect(try spec([("p", "probability"), ("l", "label")]).classBand(named: nil, parameter: "band") == 1)
    #expect(try spec([("x", "value")]).classBand(named: nil, parameter: "band") == 0)
    #expect(try spec([("x", "value")]).classBands == [])
    #expect(try spec([("x", "value")], classes: true).classBands == [0])
  }

  @Test func whatNothingTellsIsAskedFor() throws {
    let several = try spec([("a", "class"), ("b", "class")])
    #expect(throws: ParameterError("band", "is needed: the raster has the bands a, b")) {
      try several.classBand(named: nil, parameter: "band")
    }
    #expect(throws: ParameterError("band", "names 'aa', which is not in the raster (did you mean 'a'?); it has a, b")) {
      try several.classBand(named: "aa", parameter: "band")
    }
  }

  @Test func noDataIsTheTablesAndTheBands() throws {
    #expect(try spec([("c", "class")], classes: true).noDataCodes(band: 0) == [7, 255])
    #expect(try spec([("c", "class")]).noDataCodes(band: 0) == [255])
  }
}
