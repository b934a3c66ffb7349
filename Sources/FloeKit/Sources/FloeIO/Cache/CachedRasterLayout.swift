import FloeCore

/// Where the pixels of a kept raster lie: band after band, tile after tile, each tile's rows without gaps, each tile on
/// a page of its own.
struct CachedRasterLayout: Sendable {
  /// Lines of bytes that follow each other without gaps in the store, and `stride` bytes apart in a block.
  struct Run {
    let offset, position, length, lines, stride: Int
  }

  private let grid: Grid
  private let size: Int
  /// Columns and rows of a tile.
  private let width, height: Int
  private let bands: Int
  private static let page = 4096

  init(_ spec: RasterSpec) {
    grid = spec.grid
    size = spec.type.byteCount
    bands = spec.bands.count
    let w = min(spec.tile.width, grid.width)
    let h = min(spec.tile.height, grid.height)
    // Rounding tiny tiles up to pages would waste room.
    let isWorth = w * h * size >= 64 * Self.page
    width = isWorth ? w : grid.width
    height = isWorth ? h : min(256, grid.height)
  }

  /// Bytes of all bands.
  var byteCount: Int { bands * planeBytes }

  private func padded(_ columns: Int, _ rows: Int) -> Int {
    (columns * rows * size + Self.page - 1) / Self.page * Self.page
  }
  /// Bytes of one row of tiles of `rows` rows.
  private func stripBytes(_ rows: Int) -> Int {
    grid.width / width * padded(width, rows) + padded(grid.width % width, rows)
  }
  private var planeBytes: Int { grid.height / height * stripBytes(height) + stripBytes(grid.height % height) }

  /// The runs that hold a window of `bands`; positions are those of a block of these bands in this order.
  func runs(_ window: PixelWindow, bands: [Int], _ body: (Run) throws -> Void) rethrows {
    let stride = window.width * size
    let plane = planeBytes
    let strip = stripBytes(height)
    for (i, band) in bands.enumerated() {
      for v in window.row / height...max(window.row, window.endRow - 1) / height {
        let top = v * height
        let rows = min(height, grid.height - top)
        let first = max(window.row, top)
        let count = min(window.endRow, top + rows) - first
        for u in window.column / width...max(window.column, window.endColumn - 1) / width {
          let left = u * width
          let columns = min(width, grid.width - left)
          let start = max(window.column, left)
          let length = (min(window.endColumn, left + columns) - start) * size
          guard count > 0, length > 0 else { continue }
          let offset =
            band * plane + v * strip + u * padded(width, rows) + ((first - top) * columns + start - left) * size
          let position = (i * window.height + first - window.row) * stride + (start - window.column) * size
          if length == columns * size {
            try body(Run(offset: offset, position: position, length: length, lines: count, stride: stride))
          } else {
            for line in 0..<count {
              try body(
                Run(
                  offset: offset + line * columns * size, position: position + line * stride, length: length, lines: 1,
                  stride: length))
            }
          }
        }
      }
    }
  }
}
