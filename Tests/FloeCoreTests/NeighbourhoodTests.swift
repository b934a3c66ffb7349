import FloeCore
import Testing

@Suite struct NeighbourhoodTests {
  /// Three rows of four pixels in two bands: 0 ... 11 and 100 ... 111.
  private func image() throws -> Raster {
    let grid = try #require(
      Grid(width: 4, height: 3, originX: 0, originY: 3, pixelWidth: 1, pixelHeight: 1, crs: nil))
    let spec = RasterSpec(grid: grid, bands: [BandSpec(name: "a"), BandSpec(name: "b")], type: .int16)
    let values = (0..<12).map { Int16($0) } + (100..<112).map { Int16($0) }
    return Raster(
      spec, source: MemorySource(PixelBlock(window: grid.fullWindow, bandCount: 2, values: .int16(values))))
  }

  /// What a function around one window is passed.
  private func seen(
    _ window: PixelWindow, bands: [Int], edge: NeighbourhoodSource.Edge
  ) throws -> (PixelWindow, [Double]) {
    let source = NeighbourhoodSource(of: try image(), radius: 1, edge: edge) { near, window, bands, block in
      let values = near.values.doubles
      block = PixelBlock(
        window: PixelWindow(column: near.window.column, row: near.window.row, width: values.count, height: 1),
        bandCount: 1, values: .float64(values))
      #expect(near.bandCount == bands.count && window.width > 0)
    }
    var block = PixelBlock(window: window, bandCount: 1, type: .float64)
    try source.read(window, bands: bands, into: &block)
    return (block.window, block.values.doubles)
  }

  @Test func insideBothRulesPassTheSame() throws {
    for edge in [NeighbourhoodSource.Edge.shrink, .nearest] {
      let (window, values) = try seen(PixelWindow(column: 1, row: 1, width: 2, height: 1), bands: [0], edge: edge)
      #expect(window.column == 0 && window.row == 0)
      #expect(values == (0..<12).map(Double.init))
    }
  }

  @Test func shrinkEndsWithTheRaster() throws {
    let (window, values) = try seen(PixelWindow(column: 0, row: 0, width: 1, height: 1), bands: [1], edge: .shrink)
    #expect(window.column == 0 && window.row == 0)
    #expect(values == [100, 101, 104, 105])
  }

  /// numpy.pad(mode="edge") of the corner, by hand.
  @Test func nearestRepeatsTheOutermostPixels() throws {
    let (window, values) = try seen(PixelWindow(column: 3, row: 2, width: 1, height: 1), bands: [1, 0], edge: .nearest)
    #expect(window.column == 2 && window.row == 1)
    #expect(values == [106, 107, 107, 110, 111, 111, 110, 111, 111, 6, 7, 7, 10, 11, 11, 10, 11, 11])
  }

  private struct Doubling: PixelEditor {
    func edit<T: PixelValue>(_ values: UnsafeMutableBufferPointer<T>) {
      for i in values.indices { values[i] = T(stored: 2 * values[i].asDouble) ?? values[i] }
    }
  }

  /// Values are changed in their own type; one that the type cannot hold stays.
  @Test(arguments: PixelType.allCases) func editsInPlace(type: PixelType) {
    var pixels = PixelArray(type: type, count: 0)
    switch type {
    case .uint8: pixels = .uint8([1, 200])
    case .int16: pixels = .int16([1, 20000])
    case .uint16: pixels = .uint16([1, 40000])
    case .int32: pixels = .int32([1, 2_000_000_000])
    case .uint32: pixels = .uint32([1, 4_000_000_000])
    case .float32: pixels = .float32([1, 3e38])
    case .float64: pixels = .float64([1, .nan])
    }
    let before = pixels.doubles
    pixels.edit(Doubling())
    #expect(pixels.type == type)
    #expect(pixels.doubles[0] == 2)
    #expect(pixels.doubles[1] == before[1] || before[1].isNaN && pixels.doubles[1].isNaN)
  }
}
