/// A regular, north-up raster grid: its size in pixels, its upper left corner and its pixel size in CRS units.
///
/// Column 0 is west, row 0 is north. Pixel (c, r) covers x from `originX + c * pixelWidth` and y down from
/// `originY - r * pixelHeight`. Rotated or south-up grids are refused where they are read.
public struct Grid: Sendable, Hashable, Codable {
  /// Number of columns, at least 1.
  public let width: Int
  /// Number of rows, at least 1.
  public let height: Int
  /// The x coordinate of the upper left corner (not of a pixel's centre), in CRS units.
  public let originX: Double
  /// The y coordinate of the upper left corner, in CRS units.
  public let originY: Double
  /// The width of a pixel in CRS units, positive.
  public let pixelWidth: Double
  /// The height of a pixel in CRS units, positive although y falls with the row.
  public let pixelHeight: Double
  /// The coordinate reference system; nil for an image without one.
  public let crs: CRS?

  /// A grid of the given size; nil when it would have no pixel, a pixel without extent, or more of either than numbers
  /// hold.
  public init?(
    width: Int, height: Int, originX: Double, originY: Double,
    pixelWidth: Double, pixelHeight: Double, crs: CRS?
  ) {
    let area = pixelWidth * pixelHeight
    guard width > 0, height > 0, pixelWidth > 0, pixelHeight > 0, originX.isFinite, originY.isFinite,
      area > 0, (area * Double(width) * Double(height)).isFinite,
      !width.multipliedReportingOverflow(by: height).overflow
    else { return nil }
    self.width = width
    self.height = height
    self.originX = originX
    self.originY = originY
    self.pixelWidth = pixelWidth
    self.pixelHeight = pixelHeight
    self.crs = crs
  }

  /// `width * height`.
  public var pixelCount: Int { width * height }
  /// The window that covers the whole grid.
  public var fullWindow: PixelWindow { PixelWindow(column: 0, row: 0, width: width, height: height) }
  /// The extent in CRS units.
  public var bounds: Bounds {
    Bounds(
      minX: originX, minY: originY - Double(height) * pixelHeight,
      maxX: originX + Double(width) * pixelWidth, maxY: originY)
  }
  /// The area of one pixel in square CRS units.
  public var pixelArea: Double { pixelWidth * pixelHeight }

  /// The part of this grid under `window`, as a grid of its own; nil when the window does not touch the grid.
  public func cropped(to window: PixelWindow) -> Grid? {
    guard let w = window.intersection(fullWindow) else { return nil }
    return Grid(
      width: w.width, height: w.height,
      originX: originX + Double(w.column) * pixelWidth, originY: originY - Double(w.row) * pixelHeight,
      pixelWidth: pixelWidth, pixelHeight: pixelHeight, crs: crs)
  }

  /// The column and row of the pixel that holds a point, by floor; may lie outside of the grid.
  public func pixel(x: Double, y: Double) -> (column: Double, row: Double) {
    (((x - originX) / pixelWidth).rounded(.down), ((originY - y) / pixelHeight).rounded(.down))
  }

  /// The coordinates of a pixel's centre.
  public func centre(column: Int, row: Int) -> (x: Double, y: Double) {
    (originX + (Double(column) + 0.5) * pixelWidth, originY - (Double(row) + 0.5) * pixelHeight)
  }

  /// The fixed bands of full-width rows that every reduction runs over, whatever the execution tile.
  ///
  /// - Parameter rows: rows per block; the default of 256 is what reductions use.
  public func rowBlocks(of rows: Int = 256) -> [PixelWindow] {
    stride(from: 0, to: height, by: rows).map {
      PixelWindow(column: 0, row: $0, width: width, height: min(rows, height - $0))
    }
  }

  /// The tiles of the given size that cover the grid, row by row; those at the right and bottom edge are smaller.
  public func tiles(_ size: TileSize) -> [PixelWindow] {
    var result: [PixelWindow] = []
    for row in stride(from: 0, to: height, by: size.height) {
      for column in stride(from: 0, to: width, by: size.width) {
        result.append(
          PixelWindow(
            column: column, row: row, width: min(size.width, width - column),
            height: min(size.height, height - row)))
      }
    }
    return result
  }
}
