import FloeCore
import FloeIO
import Testing

extension IOTests {
  @Suite struct MosaicTests {
    /// Two rasters of 1300 x 700 pixels in blocks of 512, the second beside the first, as a VRT.
    func mosaic(squeezed: Bool = false) throws -> String {
      let parts = try (0..<2).map { part -> String in
        let grid = try IOTests.grid(1300, 700)
        let path = IOTests.memoryPath("part.tif")
        let spec = RasterSpec(grid: grid, bands: [BandSpec(name: "B04", noData: 0)], type: .uint16)
        let writer = try COGWriter(path: path, spec: spec, options: RasterWriteOptions(threads: 1))
        let values = (0..<grid.pixelCount).map { UInt16(1 + part * 30_000 + $0 % 29_000) }
        try writer.write(PixelBlock(window: grid.fullWindow, bandCount: 1, values: .uint16(values)))
        try writer.finish()
        return path
      }
      let sources = parts.enumerated().map { i, path in
        """
        <SimpleSource><SourceFilename>\(path)</SourceFilename><SourceBand>1</SourceBand>
        <SrcRect xOff="0" yOff="0" xSize="1300" ySize="700"/>\
        <DstRect xOff="\(i * 1300)" yOff="0" xSize="\(squeezed ? 650 : 1300)" ySize="700"/></SimpleSource>
        """
      }.joined()
      let path = IOTests.memoryPath("mosaic.vrt")
      try VirtualFile.write(
        """
        <VRTDataset rasterXSize="2600" rasterYSize="700"><SRS>EPSG:32601</SRS>
        <GeoTransform>300000,10,0,7500000,0,-10</GeoTransform>
        <VRTRasterBand dataType="UInt16" band="1">\(sources)</VRTRasterBand></VRTDataset>
        """, to: path)
      return path
    }

    @Test func seamsFollowThePartsAndTheirBlocks() throws {
      let file = try RasterFile.open(mosaic())
      let seams = try #require(file.seams)
      // Blocks of 512 go in pairs of 1024; the second part's begin at its own first column.
      #expect(seams.columns == [1024, 1300, 2324])
      #expect(seams.rows == [])
      let windows = file.raster.readingWindows()
      #expect(windows.map(\.width) == [1024, 276, 1024, 276])
      #expect(windows.reduce(0) { $0 + $1.pixelCount } == file.spec.grid.pixelCount)
    }

    @Test func pixelsAreThoseOfTheParts() throws {
      let file = try RasterFile.open(mosaic())
      let grid = file.spec.grid
      let kept = try CachedRaster(file.spec, inMemoryAllowed: true, directory: "/tmp")
      for window in file.raster.readingWindows() { try kept.write(try file.raster.read(window), bands: [0]) }
      #expect(try kept.raster.read(grid.fullWindow) == file.raster.read(grid.fullWindow))
    }

    @Test func othersAreReadAlongTheirTiles() throws {
      #expect(try RasterFile.open(mosaic(squeezed: true)).seams == nil)
      let plain = try IOTests.grid(2000, 600)
      let spec = RasterSpec(grid: plain, bands: [BandSpec(name: "B04")], type: .uint16)
      #expect(Raster(planned: spec).readingWindows() == plain.tiles(spec.tile))
    }
  }
}
