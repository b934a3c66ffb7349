import FloeIO
import FloeSDK

/// One source of masked pixels on the target grid.
protocol MaskLayer: Sendable {
  /// Lowers the codes of a window (of the target's whole-tile grid) to this layer's reasons where they apply.
  func mark(_ window: PixelWindow, _ codes: UnsafeMutableBufferPointer<UInt8>) throws
}

/// Polygons, all for one reason.
struct PolygonMask: MaskLayer {
  let burner: PolygonRasterizer
  let reason: MaskReason

  func mark(_ window: PixelWindow, _ codes: UnsafeMutableBufferPointer<UInt8>) throws {
    let inside = try burner.burn(window)
    let code = reason.rawValue
    inside.withUnsafeBufferPointer { inside in
      for i in 0..<codes.count where inside[i] != 0 && (codes[i] == 0 || codes[i] > code) { codes[i] = code }
    }
  }
}

/// A mask image of the product with, for each band of it used, the reason that each of its values stands for.
///
/// Where the image is finer than the target a pixel is masked when any pixel of the image under it is.
struct ImageMask: MaskLayer {
  /// Reasons by value; 0 for values that mask nothing. 256 entries.
  typealias Lookup = [UInt8]

  let file: RasterFile
  let lookups: [(band: Int, reasons: Lookup)]
  let columns, rows: AxisMap

  /// - Parameters:
  ///   - resolution: of the target in metres.
  ///   - geocoding: of the tile that the image must cover.
  init(_ file: RasterFile, lookups: [(band: Int, reasons: Lookup)], resolution: Int, geocoding: TileGeocoding) throws {
    guard file.spec.type == .uint8 else {
      throw FloeError("the mask '\(file.path)' has pixels of type \(file.spec.type.rawValue); uint8 is needed")
    }
    let grid = file.spec.grid
    let metres = geocoding.extent.width / grid.width
    guard metres > 0, metres * grid.width == geocoding.extent.width, metres * grid.height == geocoding.extent.height
    else {
      let sizes = geocoding.grids.sorted { $0.key < $1.key }.map { "\($0.value.width) x \($0.value.height)" }.joined(
        separator: ", ")
      throw FloeError(
        """
        the mask '\(file.path)' is \(grid.width) x \(grid.height) pixels and does not cover the tile; sizes of the \
        tile are \(sizes)
        """
      )
    }
    self.file = file
    self.lookups = lookups
    columns = AxisMap(source: metres, target: resolution, count: grid.width)
    rows = AxisMap(source: metres, target: resolution, count: grid.height)
  }

  func mark(_ window: PixelWindow, _ codes: UnsafeMutableBufferPointer<UInt8>) throws {
    let c = columns.needed(window.column..<window.endColumn, margin: 0)
    let r = rows.needed(window.row..<window.endRow, margin: 0)
    let source = PixelWindow(column: c.lowerBound, row: r.lowerBound, width: c.count, height: r.count)
    for (band, reasons) in lookups {
      let block = try file.raster.read(source, bands: [band])
      guard case .uint8(let pixels) = block.values else { continue }
      pixels.withUnsafeBufferPointer { pixels in
        reasons.withUnsafeBufferPointer { reasons in mark(window, codes, pixels, source, reasons) }
      }
    }
  }

  private func mark(
    _ window: PixelWindow, _ codes: UnsafeMutableBufferPointer<UInt8>, _ pixels: UnsafeBufferPointer<UInt8>,
    _ source: PixelWindow,
    _ reasons: UnsafeBufferPointer<UInt8>
  ) {
    let ranges = (0..<window.width).map { place(columns, window.column + $0, source.column) }
    for row in 0..<window.height {
      let lines = place(rows, window.row + row, source.row)
      let to = row * window.width
      for column in 0..<window.width {
        var code = codes[to + column]
        for line in lines {
          for at in ranges[column] {
            let reason = reasons[Int(pixels[line * source.width + at])]
            if reason != 0 && (code == 0 || reason < code) { code = reason }
          }
        }
        codes[to + column] = code
      }
    }
  }

  private func place(_ map: AxisMap, _ i: Int, _ start: Int) -> Range<Int> {
    if map.target <= map.source {
      let at = map.nearest(i) - start
      return at..<at + 1
    }
    let range = map.covered(i)
    return range.lowerBound - start..<range.upperBound - start
  }
}
