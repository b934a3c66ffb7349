/// Columns and rows at which reading is best cut, where a raster is put together of parts whose tiles begin at places
/// of their own.
///
/// Windows along a raster's own tiles would straddle the tiles of such parts, and each window would decode all that it
/// touches.
public struct RasterSeams: Sendable, Hashable {
  /// Rising, each inside of the grid; a cut lies before its column or row.
  public let columns, rows: [Int]

  /// Cuts from any number of places; those outside of `0 <..< width` and `0 <..< height` fall away.
  public init(columns: Set<Int>, rows: Set<Int>, width: Int, height: Int) {
    self.columns = columns.filter { $0 > 0 && $0 < width }.sorted()
    self.rows = rows.filter { $0 > 0 && $0 < height }.sorted()
  }
}

extension Grid {
  /// The windows between the seams, row by row; together they are the whole grid.
  public func windows(cutAt seams: RasterSeams) -> [PixelWindow] {
    let columns = [0] + seams.columns + [width]
    let rows = [0] + seams.rows + [height]
    return zip(rows, rows.dropFirst()).flatMap { top, bottom in
      zip(columns, columns.dropFirst()).map { left, right in
        PixelWindow(column: left, row: top, width: right - left, height: bottom - top)
      }
    }
  }
}
