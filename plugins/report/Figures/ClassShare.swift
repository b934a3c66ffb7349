import FloeSDK

/// Which part of each drawn pixel a class covers: what an overview of the most frequent class loses.
enum ClassShare {
  /// Rows that are read at once; tiles of files seldom are higher.
  private static let rows = 512

  /// `shares[row * width + column]` of the valid pixels of the first band below each drawn pixel, NaN where none is
  /// valid. Whole numbers are summed, so that the order of blocks does not matter.
  static func shares(_ raster: Raster, code: Int, like small: DecimatedRaster, _ context: RunContext) async throws
    -> [Float]
  {
    let grid = raster.spec.grid
    let window = small.window
    let band = raster.spec.bands[0]
    let (width, height) = (small.width, small.height)
    // The drawn pixel below which each column and row lies, by its centre.
    let across = (small.bounds.maxX - small.bounds.minX) / grid.pixelWidth / Double(width)
    let down = (small.bounds.maxY - small.bounds.minY) / grid.pixelHeight / Double(height)
    // The first drawn pixel may begin before the part that is read.
    let left = Double(window.column) - (small.bounds.minX - grid.originX) / grid.pixelWidth
    let above = Double(window.row) - (grid.originY - small.bounds.maxY) / grid.pixelHeight
    let cellOfColumn = (0..<window.width).map { max(0, min(width - 1, Int((Double($0) + 0.5 + left) / across))) }
    let cellOfRow = (0..<window.height).map { max(0, min(height - 1, Int((Double($0) + 0.5 + above) / down))) }
    let blocks = (window.height + rows - 1) / rows
    let wanted = Float(code)
    let parts = try await context.map(blocks) { i -> (first: Int, hits: [Int32], valid: [Int32]) in
      let top = i * rows
      let count = min(rows, window.height - top)
      let part = PixelWindow(column: window.column, row: window.row + top, width: window.width, height: count)
      let codes = try raster.read(part, bands: [0]).physical(band: 0, as: band)
      let first = cellOfRow[top]
      let last = cellOfRow[top + count - 1]
      var hits = [Int32](repeating: 0, count: (last - first + 1) * width)
      var valid = hits
      for row in 0..<count {
        let line = (cellOfRow[top + row] - first) * width
        for column in 0..<window.width {
          let v = codes[row * window.width + column]
          guard v.isFinite else { continue }
          let cell = line + cellOfColumn[column]
          valid[cell] += 1
          if v == wanted { hits[cell] += 1 }
        }
      }
      return (first, hits, valid)
    }
    var hits = [Int32](repeating: 0, count: width * height)
    var valid = hits
    for part in parts {
      for i in part.hits.indices {
        hits[part.first * width + i] += part.hits[i]
        valid[part.first * width + i] += part.valid[i]
      }
    }
    return zip(hits, valid).map { $1 > 0 ? Float($0) / Float($1) : .nan }
  }
}
