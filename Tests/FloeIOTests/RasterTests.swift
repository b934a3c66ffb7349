import FloeCore
import FloeIO
import Testing

extension IOTests {
  @Suite struct RasterTests {
    /// Class codes in a pattern without symmetry; the left tenth is no data.
    func codes(_ window: PixelWindow) -> PixelBlock {
      var values: [UInt8] = []
      for r in window.row..<window.endRow {
        for c in window.column..<window.endColumn { values.append(c < 60 ? 255 : UInt8((c / 3 + r / 5) % 4)) }
      }
      return PixelBlock(window: window, bandCount: 1, values: .uint8(values))
    }

    func classSpec(_ grid: Grid) -> RasterSpec {
      var spec = RasterSpec(
        grid: grid, bands: [BandSpec(name: "class", summary: "Surface class", quantity: "class", noData: 255)],
        type: .uint8,
        classes: .seaIce, style: .classes,
        acquisition: Acquisition(product: "P", time: UTCTime(seconds: 1_551_484_571), platform: "Sentinel-2A"),
        tags: ["seed": "7"])
      spec.tile = TileSize(width: 512, height: 512)
      return spec
    }

    func write(_ spec: RasterSpec, _ blocks: [PixelBlock], threads: Int, name: String = "class.tif") throws -> String {
      let path = IOTests.memoryPath(name)
      let writer = try COGWriter(path: path, spec: spec, options: RasterWriteOptions(threads: threads))
      for block in blocks { try writer.write(block) }
      try writer.finish()
      return path
    }

    @Test func noDataIsAValueOfThePixels() throws {
      #expect(
        PixelType.float32.stored(-9999.9) == Double(Float(-9999.9)) && PixelType.float64.stored(-9999.9) == -9999.9)
      #expect(
        PixelType.uint8.stored(255) == 255 && PixelType.uint8.stored(256) == nil && PixelType.int16.stored(0.5) == nil
          && PixelType.uint16.stored(.nan) == nil)
      #expect(
        PixelType.int32.stored(1e30) == nil && PixelType.float32.stored(1e300) == nil
          && PixelType.float32.stored(.nan)?.isNaN == true)
    }

    @Test func classRasterComesBackWholeWithItsMeaning() throws {
      let spec = classSpec(try IOTests.grid(1101, 613))
      let path = try write(spec, spec.grid.tiles(TileSize(width: 300, height: 200)).map(codes), threads: 1)
      let file = try RasterFile.open(path)
      #expect(file.spec.grid == spec.grid)
      #expect(file.spec.grid.crs?.code == "EPSG:32601")
      #expect(file.spec.bands == spec.bands)
      #expect(file.spec.classes == spec.classes)
      #expect(file.spec.style == spec.style)
      #expect(file.spec.acquisition == spec.acquisition)
      #expect(file.spec.tags == spec.tags)
      #expect(try file.raster.read(spec.grid.fullWindow) == codes(spec.grid.fullWindow))
      #expect(try VirtualFile.readText(path + ".aux.xml").contains("GDALRasterAttributeTable"))
    }

    @Test func bytesDoNotDependOnOrderAndThreads() throws {
      let spec = classSpec(try IOTests.grid(1101, 613))
      let rows = try write(spec, spec.grid.rowBlocks(of: 100).map(codes), threads: 1)
      let tiles = try write(spec, spec.grid.tiles(TileSize(width: 300, height: 200)).map(codes).reversed(), threads: 4)
      #expect(try VirtualFile.read(rows) == VirtualFile.read(tiles))
      #expect(try VirtualFile.read(rows + ".aux.xml") == VirtualFile.read(tiles + ".aux.xml"))
    }

    @Test func overviewsOfCodesTakeTheMostFrequentAndTheFirstOfEquals() throws {
      let spec = classSpec(try IOTests.grid(1025, 514))
      var block = PixelBlock(window: spec.grid.fullWindow, bandCount: 1, type: .uint8)
      var values = [UInt8](repeating: 1, count: spec.grid.pixelCount)
      let w = spec.grid.width
      func put(_ column: Int, _ four: [UInt8]) {
        for (i, v) in four.enumerated() { values[(i / 2) * w + column + i % 2] = v }
      }
      put(0, [2, 1, 1, 3])
      put(2, [2, 1, 1, 2])
      put(4, [255, 255, 255, 3])
      put(6, [255, 255, 255, 255])
      put(8, [0, 1, 2, 3])
      put(10, [0, 1, 2, 2])
      values[w - 1] = 3
      values[2 * w - 1] = 255
      block.values = .uint8(values)
      let path = try write(spec, [block], threads: 2)
      #expect(try RasterFile.reductions(of: path) == [2, 4])
      let half = try RasterFile.open(path, reduction: 2)
      #expect(half.spec.grid.width == 513 && half.spec.grid.height == 257 && half.spec.grid.pixelWidth == 20)
      let row = try half.raster.read(PixelWindow(column: 0, row: 0, width: 513, height: 1))
      #expect((0..<6).map { row.raw(band: 0, row: 0, column: $0) } == [1, 2, 3, 255, 0, 2])
      #expect(row.raw(band: 0, row: 0, column: 512) == 3)
      #expect(throws: FloeError.self) { try RasterFile.open(path, reduction: 64) }
    }

    @Test func overviewsOfMeasurementsTakeTheMeanWithoutNoData() throws {
      let band = BandSpec(name: "B04", quantity: "DN", scale: 0.0001, offset: -0.1, noData: 0, wavelength: 664.6)
      let spec = RasterSpec(grid: try IOTests.grid(600, 2), bands: [band], type: .uint16)
      var values = [UInt16](repeating: 10, count: 1200)
      for (i, v) in [
        (0, 0), (1, 0), (600, 0), (601, 7), (2, 1), (3, 2), (602, 2), (603, 1), (4, 0), (5, 0), (604, 0), (605, 0),
      ] {
        values[i] = UInt16(v)
      }
      let block = PixelBlock(window: spec.grid.fullWindow, bandCount: 1, values: .uint16(values))
      let path = try write(spec, [block], threads: 1)
      let half = try RasterFile.open(path, reduction: 2)
      #expect(half.spec.bands == [band])
      let row = try half.raster.read(half.spec.grid.fullWindow)
      #expect((0..<4).map { row.raw(band: 0, row: 0, column: $0) } == [7, 2, 0, 10])
    }

    @Test func jpeg2000IsReadReducedWithoutResamplingAndRefusedWhenCutShort() throws {
      try #require(GDALRuntime.hasDriver("JP2OpenJPEG"))
      let spec = RasterSpec(grid: try IOTests.grid(700, 500), bands: [BandSpec(name: "B04")], type: .uint16)
      let values = (0..<spec.grid.pixelCount).map { UInt16(truncatingIfNeeded: $0 &* 7919 % 4093) }
      let block = PixelBlock(window: spec.grid.fullWindow, bandCount: 1, values: .uint16(values))
      let path = IOTests.memoryPath("B04.jp2")
      try writeRaster(
        Raster(spec, source: MemorySource(block)), to: path, driver: "JP2OpenJPEG",
        creationOptions: ["QUALITY=100", "REVERSIBLE=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=256", "RESOLUTIONS=3"])
      let file = try RasterFile.open(path)
      #expect(try file.raster.read(spec.grid.fullWindow) == block)
      #expect(file.spec.grid == spec.grid)
      let quarter = try RasterFile.open(path, reduction: 4)
      #expect(quarter.spec.grid.width == 175 && quarter.spec.grid.pixelHeight == 40)
      _ = try quarter.raster.read(quarter.spec.grid.fullWindow)

      let bytes = try VirtualFile.read(path)
      let cut = IOTests.memoryPath("cut.jp2")
      try VirtualFile.write(Array(bytes.prefix(bytes.count / 2)), to: cut)
      let error = #expect(throws: FloeError.self) { try RasterFile.open(cut).raster.read(spec.grid.fullWindow) }
      #expect(error?.message.contains("cut.jp2") == true)
    }

    @Test func refusalsNameTheFile() throws {
      let path = IOTests.memoryPath("text.tif")
      try VirtualFile.write("no raster", to: path)
      let error = #expect(throws: FloeError.self) { try RasterFile.open(path) }
      #expect(error?.message.contains(path) == true)
      #expect(RasterFile.driver(of: path) == nil)
    }

    @Test func cancellingEndsFinish() throws {
      let spec = classSpec(try IOTests.grid(1101, 613))
      let writer = try COGWriter(
        path: IOTests.memoryPath("c.tif"), spec: spec, options: RasterWriteOptions(isCancelled: { true }))
      #expect(throws: Cancelled.self) { try writer.finish() }
    }

    @Test(arguments: [true, false]) func scratchGivesBackWhatWasWrittenByManyThreads(inMemory: Bool) async throws {
      let spec = RasterSpec(
        grid: try IOTests.grid(301, 203), bands: [BandSpec(name: "a"), BandSpec(name: "b")], type: .int16)
      let scratch = try CachedRaster(spec, inMemoryAllowed: inMemory, directory: ".")
      @Sendable func value(_ band: Int, _ r: Int, _ c: Int) -> Int16 { Int16(band * 10_000 + (r * 31 + c * 7) % 9000) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for window in spec.grid.tiles(TileSize(width: 64, height: 50)) {
          group.addTask {
            for band in [1, 0] {
              var v: [Int16] = []
              for r in window.row..<window.endRow {
                for c in window.column..<window.endColumn { v.append(value(band, r, c)) }
              }
              try scratch.write(PixelBlock(window: window, bandCount: 1, values: .int16(v)), bands: [band])
            }
          }
        }
        try await group.waitForAll()
      }
      let full = try scratch.raster.read(spec.grid.fullWindow, bands: [1, 0])
      for (r, c) in [(0, 0), (202, 300), (100, 63), (50, 64)] {
        #expect(full.raw(band: 0, row: r, column: c) == Double(value(1, r, c)))
        #expect(full.raw(band: 1, row: r, column: c) == Double(value(0, r, c)))
      }
    }
  }
}
