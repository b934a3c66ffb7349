import FloeIO
import FloeSDK
import Testing

/// Each step on a raster small enough to be reckoned by hand.
@Suite struct StepTests {
  private func digits(_ values: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9], noData: Double? = nil) throws -> Raster {
    try raster(3, 3, .uint8(values), bands: [BandSpec(name: "v", noData: noData)])
  }

  @Test func clipKeepsWholePixelsThatTheBoxTouches() async throws {
    let part = try await run(
      "raster.clip", with: ["box": .list([500_010, 8_000_000, 500_030, 8_000_020].map { .text("\($0)") })],
      in: ["image": digits()])
    #expect(try stored(part) == [5, 6, 8, 9])
    #expect(part.spec.grid.originX == 500_010 && part.spec.grid.originY == 8_000_020)
    let one = try await run(
      "raster.clip", with: ["box": .list([500_011, 8_000_005, 500_019, 8_000_009].map { .text("\($0)") })],
      in: ["image": digits()])
    #expect(try stored(one) == [8])
    await #expect(throws: ParameterError.self) {
      _ = try await run(
        "raster.clip", with: ["box": .list([600_000, 8_000_000, 600_010, 8_000_010].map { .text("\($0)") })],
        in: ["image": digits()])
    }
  }

  /// Stored numbers times 0.5; the second pixel lacks b, the third lacks a.
  @Test func expressionInPhysicalUnits() async throws {
    let image = try raster(
      4, 1, .uint16([2, 4, 0, 6, 2, 0, 4, 2]),
      bands: [BandSpec(name: "a", scale: 0.5, noData: 0), BandSpec(name: "b", scale: 0.5, noData: 0)])
    let result = try stored(
      try await run("raster.expression", with: ["expression": .text("(a - b) / (a + b)")], in: ["image": image]))
    #expect(result[0] == 0 && result[1].isNaN && result[2].isNaN && result[3] == 0.5)
    let larger = try stored(
      try await run(
        "raster.expression", with: ["expression": .text("where(a > 2, a * 10, sqrt(b - 2))")], in: ["image": image]))
    #expect(larger[0].isNaN && larger[3] == 30)
  }

  /// The centre has no data: it stays so and takes no part; of an even number the lower middle one counts.
  @Test func medianOfThePixelsThatExist() async throws {
    let result = try await run("raster.filter", in: ["image": digits([1, 2, 3, 4, 0, 6, 7, 8, 9], noData: 0)])
    #expect(try stored(result) == [2, 3, 3, 4, 0, 6, 7, 7, 8])
    let even = try await run(
      "raster.filter", in: ["image": raster(2, 2, .uint8([1, 2, 3, 4]), bands: [BandSpec(name: "v")])])
    #expect(try stored(even) == [2, 2, 2, 2])
  }

  @Test func modeWithRepeatedEdge() async throws {
    let result = try await run(
      "raster.filter", with: ["statistic": .text("mode"), "edge": .text("nearest")],
      in: ["image": digits([1, 1, 2, 1, 2, 2, 3, 3, 3])])
    #expect(try stored(result) == [1, 1, 2, 1, 1, 2, 3, 3, 3])
  }

  /// Two lead pixels that touch at a corner: two regions of one pixel by edges, one of two pixels by corners.
  @Test(arguments: [(4, [1, 1, 255, 1, 1, 1, 1, 1, 1]), (8, [2, 1, 255, 1, 2, 1, 1, 1, 1])]) func sieve(
    connectivity: Int, expected: [Double]
  ) async throws {
    let image = try raster(
      3, 3, .uint8([2, 1, 255, 1, 2, 1, 1, 1, 1]), bands: [BandSpec(name: "class", quantity: "class", noData: 255)],
      classes: .seaIce)
    let result = try await run(
      "raster.sieve", with: ["smaller_than": .text("2"), "connectivity": .text("\(connectivity)")], in: ["image": image]
    )
    #expect(try stored(result) == expected)
    #expect(result.spec.classes == .seaIce)
  }

  /// Onto a grid one pixel farther east: its last column lies beyond the source.
  @Test func warpNearest() async throws {
    let like = Raster(planned: RasterSpec(grid: try grid(3, 3, east: 10), bands: [BandSpec(name: "v")], type: .uint8))
    let result = try await run("raster.warp", in: ["image": digits(), "like": like])
    #expect(try stored(result) == [2, 3, 0, 5, 6, 0, 8, 9, 0])
    #expect(result.spec.bands[0].noData == 0)
  }

  /// The globe in 36 x 18 pixels from longitude 0: the number of the column.
  private func globe() throws -> Raster {
    let grid = try #require(
      Grid(width: 36, height: 18, originX: 0, originY: 90, pixelWidth: 10, pixelHeight: 10, crs: .wgs84))
    let block = PixelBlock(window: grid.fullWindow, bandCount: 1, values: .float32((0..<648).map { Float($0 % 36) }))
    return Raster(RasterSpec(grid: grid, bands: [BandSpec(name: "v")], type: .float32), source: MemorySource(block))
  }

  @Test(arguments: [("nearest", [34.0, 35, 0, 1]), ("bilinear", [34.0, 35, 0, 1])]) func warpFromLongitudesFromZero(
    how: String, expected: [Double]
  ) async throws {
    let grid = try #require(
      Grid(width: 4, height: 1, originX: -20, originY: 10, pixelWidth: 10, pixelHeight: 10, crs: .wgs84))
    let like = Raster(planned: RasterSpec(grid: grid, bands: [BandSpec(name: "v")], type: .float32))
    let result = try await run("raster.warp", with: ["resampling": .text(how)], in: ["image": globe(), "like": like])
    #expect(try stored(result) == expected)
    // Between the last column and the first.
    let edge = try #require(
      Grid(width: 1, height: 1, originX: -5, originY: 10, pixelWidth: 10, pixelHeight: 10, crs: .wgs84))
    let seam = Raster(planned: RasterSpec(grid: edge, bands: [BandSpec(name: "v")], type: .float32))
    let middle = try stored(
      try await run("raster.warp", with: ["resampling": .text("bilinear")], in: ["image": globe(), "like": seam]))
    #expect(middle == [17.5])
  }

  @Test func clipOnLongitudes() async throws {
    func clip(_ box: [Double], _ crs: String? = nil) async throws -> Raster {
      var parameters: [String: ParameterLiteral] = ["box": .list(box.map { .text("\($0)") })]
      if let crs { parameters["crs"] = .text(crs) }
      return try await run("raster.clip", with: parameters, in: ["image": globe()])
    }
    #expect(try stored(await clip([-30, 0, -10, 10])) == [33, 34])
    #expect(try await clip([-30, 0, -10, 10]).spec.grid.originX == 330)
    #expect(try stored(await clip([170, 0, -170, 10])) == [17, 18])
    #expect(try stored(await clip([170, 0, -170, 10], "EPSG:4326")) == [17, 18])
    #expect(try stored(await clip([-180, 0, 180, 10])).count == 36)
    let error = await #expect(throws: ParameterError.self) { _ = try await clip([-10, 0, 10, 10]) }
    #expect(error.map { "\($0)".contains("two pieces of the raster, longitudes 0.0...10.0 and 350.0...360.0") } == true)
    await #expect(throws: ParameterError.self) {
      _ = try await run(
        "raster.clip", with: ["box": .list(["500020", "8000000", "500010", "8000010"].map { .text($0) })],
        in: ["image": digits()])
    }
  }

  /// No data that the pixels cannot hold is none: the steps declare one of their own.
  @Test(arguments: [-1e30, 9999, 0.5]) func oddNoData(value: Double) async throws {
    let path = "/vsimem/floe-tests/none.geojson"
    try VirtualFile.write("{\"type\":\"FeatureCollection\",\"features\":[]}", to: path)
    let part = try await run("raster.clip", with: ["polygons": .text(path)], in: ["image": digits(noData: value)])
    #expect(try stored(part) == [Double](repeating: 0, count: 9))
    #expect(part.spec.bands[0].noData == 0)
    let like = Raster(planned: RasterSpec(grid: try grid(3, 3, east: 10), bands: [BandSpec(name: "v")], type: .uint8))
    #expect(try await run("raster.warp", in: ["image": digits(noData: value), "like": like]).spec.bands[0].noData == 0)
  }

  /// Half a pixel farther east: the mean of two neighbours.
  @Test func warpBilinear() async throws {
    let image = try raster(3, 3, .float32([1, 2, 4, 4, 5, 7, 7, 8, 10]), bands: [BandSpec(name: "v")])
    let like = Raster(planned: RasterSpec(grid: try grid(3, 3, east: 5), bands: [BandSpec(name: "v")], type: .float32))
    let result = try stored(
      try await run("raster.warp", with: ["resampling": .text("bilinear")], in: ["image": image, "like": like]))
    for (place, expected) in [(0, 1.5), (1, 3.0), (3, 4.5), (4, 6.0)] { #expect(abs(result[place] - expected) < 1e-3) }
    #expect(result[2].isNaN)
  }
}
