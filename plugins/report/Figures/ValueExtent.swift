import FloeSDK

/// The part of a map that values fill: a grid of a whole hemisphere with one track on it is hatched nearly everywhere.
enum ValueExtent {
  /// The colour of records without a class on maps.
  static let bare = RGB(201, 169, 110)
  /// Records above which points lie so densely that their rings would hide their colours.
  static let ringed = 150

  /// What a map shows around a box of values, at least half as wide as high and the other way round.
  ///
  /// - Parameter pixel: the larger side of a pixel; the margin holds two at least, else a tenth of the box.
  /// - Returns: nil where the box covers a quarter of the whole or more.
  static func view(of box: Bounds, in whole: Bounds, pixel: Double) -> Bounds? {
    let (w, h) = (box.maxX - box.minX, box.maxY - box.minY)
    guard w * h * 4 < (whole.maxX - whole.minX) * (whole.maxY - whole.minY) else { return nil }
    let longer = max(w, h)
    let margin = 2 * max(0.1 * longer, 2 * pixel)
    let x = side((box.minX, box.maxX), max(w, longer / 2) + margin, (whole.minX, whole.maxX))
    let y = side((box.minY, box.maxY), max(h, longer / 2) + margin, (whole.minY, whole.maxY))
    return Bounds(minX: x.0, minY: y.0, maxX: x.1, maxY: y.1)
  }

  /// A range of the given length around another one, moved into the whole.
  private static func side(_ inner: (Double, Double), _ length: Double, _ whole: (Double, Double)) -> (Double, Double) {
    let n = min(length, whole.1 - whole.0)
    let start = min(max((inner.0 + inner.1 - n) / 2, whole.0), whole.1 - n)
    return (start, start + n)
  }
}

extension DecimatedRaster {
  /// The outer edges of the drawn pixels that have a value in any band; nil where none has.
  var valueBox: Bounds? {
    var columns = (width, -1)
    var rows = (height, -1)
    for band in values {
      for (i, v) in band.enumerated() where v.isFinite {
        let (row, column) = i.quotientAndRemainder(dividingBy: width)
        columns = (min(columns.0, column), max(columns.1, column))
        rows = (min(rows.0, row), max(rows.1, row))
      }
    }
    guard columns.1 >= 0 else { return nil }
    let across = (bounds.maxX - bounds.minX) / Double(width)
    let down = (bounds.maxY - bounds.minY) / Double(height)
    return Bounds(
      minX: bounds.minX + Double(columns.0) * across, minY: bounds.maxY - Double(rows.1 + 1) * down,
      maxX: bounds.minX + Double(columns.1 + 1) * across, maxY: bounds.maxY - Double(rows.0) * down)
  }

  /// The raster, or where its values fill a small part of it that part, as sharp as a whole one would be.
  static func focused(_ item: ReportInputs.Item, _ raster: Raster, bands: [Int], side: Int) throws -> DecimatedRaster {
    let whole = try DecimatedRaster(item, raster, bands: bands, side: side)
    let grid = raster.spec.grid
    guard let box = whole.valueBox,
      let view = ValueExtent.view(of: box, in: grid.bounds, pixel: max(grid.pixelWidth, grid.pixelHeight))
    else { return whole }
    let first = grid.pixel(x: view.minX, y: view.maxY)
    let last = grid.pixel(x: view.maxX, y: view.minY)
    let window = PixelWindow(
      column: Int(first.column), row: Int(first.row), width: Int(last.column - first.column) + 1,
      height: Int(last.row - first.row) + 1
    ).intersection(grid.fullWindow)
    return try window.map { try DecimatedRaster(item, raster, bands: bands, side: side, within: $0) } ?? whole
  }
}
