/// A raster held whole in memory: `values[band][row][column]`. For small rasters and tests.
public struct MemorySource: RasterSource {
  private let block: PixelBlock
  /// A source over a block that covers the whole grid, all bands.
  public init(_ block: PixelBlock) { self.block = block }
  public var isMaterialized: Bool { true }
  public func read(_ window: PixelWindow, bands: [Int], into target: inout PixelBlock) throws {
    target.reshape(window: window, bandCount: bands.count, type: block.values.type)
    let size = block.values.type.byteCount
    let full = block.window
    block.values.withBytes { source in
      target.values.withMutableBytes { out in
        for (i, band) in bands.enumerated() {
          for row in 0..<window.height {
            let from =
              ((band * full.height + window.row - full.row + row) * full.width + window.column - full.column) * size
            let to = (i * window.height + row) * window.width * size
            let count = window.width * size
            UnsafeMutableRawBufferPointer(rebasing: out[to..<to + count]).copyMemory(
              from: UnsafeRawBufferPointer(rebasing: source[from..<from + count]))
          }
        }
      }
    }
  }
}
