/// A rectangle of pixels.
public struct PixelWindow: Sendable, Hashable, Codable {
  /// Upper left pixel and size, in pixels; column 0 is west, row 0 is north.
  public var column, row, width, height: Int
  /// A window from its upper left pixel and its size.
  public init(column: Int, row: Int, width: Int, height: Int) {
    self.column = column
    self.row = row
    self.width = width
    self.height = height
  }
  /// `width * height`.
  public var pixelCount: Int { width * height }
  /// The column after the last one.
  public var endColumn: Int { column + width }
  /// The row after the last one.
  public var endRow: Int { row + height }
  /// The pixels that both windows hold; nil when there are none.
  public func intersection(_ other: PixelWindow) -> PixelWindow? {
    let c = max(column, other.column)
    let r = max(row, other.row)
    let ec = min(endColumn, other.endColumn)
    let er = min(endRow, other.endRow)
    guard c < ec, r < er else { return nil }
    return PixelWindow(column: c, row: r, width: ec - c, height: er - r)
  }
  /// The same window moved by whole pixels.
  public func offset(columns: Int, rows: Int) -> PixelWindow {
    PixelWindow(column: column + columns, row: row + rows, width: width, height: height)
  }
  /// The window cut into strips of at most `rows` rows, from north to south.
  public func strips(of rows: Int) -> [PixelWindow] {
    stride(from: row, to: endRow, by: rows).map {
      PixelWindow(column: column, row: $0, width: width, height: min(rows, endRow - $0))
    }
  }
}
