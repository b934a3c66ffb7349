/// Pixels that are computed from the pixels around them, tile by tile.
///
/// ```swift
/// Raster(spec, source: NeighbourhoodSource(of: image, radius: 1) { near, window, bands, block in
///   // near.window is the window and one pixel around it, as far as the raster reaches.
/// })
/// ```
public struct NeighbourhoodSource: RasterSource {
  /// What stands for pixels beyond the raster's edge.
  public enum Edge: Sendable {
    /// Nothing: what is passed ends where the raster ends.
    case shrink
    /// The outermost row and column, repeated, so that what is passed always reaches a whole radius around the window.
    case nearest
  }

  private let input: Raster
  private let radius: Int
  private let edge: Edge
  private let compute: Compute

  /// Gets the input's pixels of some bands (places in its list), in their stored type, around a window, and makes the
  /// block of that window and these bands.
  public typealias Compute =
    @Sendable (
      _ near: PixelBlock, _ window: PixelWindow, _ bands: [Int], _ block: inout PixelBlock
    ) throws -> Void

  /// A source over a raster; materialise the raster first where it is slow to read, since windows overlap.
  ///
  /// - Parameters:
  ///   - radius: how far a pixel sees, in pixels.
  ///   - edge: what is passed beyond the raster's edge.
  public init(
    of input: Raster, radius: Int, edge: Edge = .shrink, _ compute: @escaping Compute
  ) {
    self.input = input
    self.radius = radius
    self.edge = edge
    self.compute = compute
  }

  public func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws {
    let wide = PixelWindow(
      column: window.column - radius, row: window.row - radius, width: window.width + 2 * radius,
      height: window.height + 2 * radius)
    let near = try input.read(wide.intersection(input.spec.grid.fullWindow) ?? window, bands: bands)
    try compute(edge == .nearest && near.window != wide ? near.repeatingEdges(over: wide) : near, window, bands, &block)
  }
}

extension PixelBlock {
  /// The block over a window that contains its own, with the outermost pixels repeated.
  func repeatingEdges(over wide: PixelWindow) -> PixelBlock {
    let columns = (wide.column..<wide.endColumn).map {
      min(max($0, window.column), window.endColumn - 1) - window.column
    }
    let rows = (wide.row..<wide.endRow).map { min(max($0, window.row), window.endRow - 1) - window.row }
    let visitor = Repeating(columns: columns, rows: rows, width: window.width, height: window.height, bands: bandCount)
    return PixelBlock(window: wide, bandCount: bandCount, values: values.withValues(visitor))
  }

  private struct Repeating: PixelVisitor {
    let columns, rows: [Int]
    let width, height, bands: Int
    func visit<T: PixelValue>(_ values: [T]) -> PixelArray {
      var out: [T] = []
      out.reserveCapacity(columns.count * rows.count * bands)
      for band in 0..<bands {
        for row in rows {
          let line = (band * height + row) * width
          for column in columns { out.append(values[line + column]) }
        }
      }
      return T.pixelArray(out)
    }
  }
}
