import FloeSDK

/// Pixels of an entry, read as they are asked for.
struct CachedSource: RasterSource {
  private let file: CacheFile
  private let spec: RasterSpec
  private let pixels: CachedPixels

  /// A source over an entry whose strips fit the raster.
  init(_ file: CacheFile, _ spec: RasterSpec, _ pixels: CachedPixels) {
    self.file = file
    self.spec = spec
    self.pixels = pixels
  }

  var isMaterialized: Bool { true }

  func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws {
    block.reshape(window: window, bandCount: bands.count, type: spec.type)
    let size = spec.type.byteCount
    let full = spec.grid.width * size
    let wanted = window.width * size
    do {
      try block.values.withMutableBytes { out in
        var row = window.row
        while row < window.endRow {
          let strip = row / pixels.rows
          let top = strip * pixels.rows
          let rows = min(pixels.rows, spec.grid.height - top)
          let lines = min(window.endRow, top + rows) - row
          for (i, band) in bands.enumerated() {
            let from = pixels.strips[strip].offset + (band * rows + row - top) * full + window.column * size
            let to = (i * window.height + row - window.row) * wanted
            // Rows of full width follow each other in the file as they do in the block.
            let isWhole = wanted == full
            for line in 0..<(isWhole ? 1 : lines) {
              let place = to + line * wanted
              let count = isWhole ? lines * wanted : wanted
              try file.read(
                UnsafeMutableRawBufferPointer(rebasing: out[place..<place + count]), from: from + line * full)
            }
          }
          row += lines
        }
      }
    } catch {
      throw FloeError("the cache's entry '\(file.path)' can no longer be read (\(error)); run again")
    }
  }
}
