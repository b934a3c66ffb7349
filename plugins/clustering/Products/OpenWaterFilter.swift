import FloeSDK

/// Tells wide water (polynyas, open sea) from leads: water pixels that a square of a given side, all water, can cover.
///
/// This is a morphological opening with a square. A lead keeps its name where it is narrower than the square in rows or
/// columns; one that runs diagonally counts with 0.71 of its side.
enum OpenWaterFilter {
  /// The class raster in which wide water is open ocean.
  ///
  /// - Parameter sides: columns and rows of the square; water wider than these less one is open ocean.
  static func opened(_ classes: Raster, sides: (columns: Int, rows: Int)) -> Raster {
    // Whether a pixel is covered depends on pixels less than one side away in any direction.
    return Raster(
      classes.spec,
      source: NeighbourhoodSource(of: classes, radius: max(sides.columns, sides.rows) - 1) { near, window, _, block in
        guard case .uint8(let codes) = near.values else {
          throw FloeError("a raster's source gave another pixel type than it announced")
        }
        let seen = near.window
        let covered = cover(codes.map { $0 == 2 ? 1 : 0 }, width: seen.width, height: seen.height, sides: sides)
        var out = [UInt8](repeating: 255, count: window.pixelCount)
        for r in 0..<window.height {
          let from = (window.row - seen.row + r) * seen.width + window.column - seen.column
          for c in 0..<window.width { out[r * window.width + c] = covered[from + c] == 1 ? 0 : codes[from + c] }
        }
        block = PixelBlock(window: window, bandCount: 1, values: .uint8(out))
      })
  }

  /// The opening of a mask of ones with a square: erosion, then dilation, each along rows and columns apart.
  static func cover(_ mask: [UInt8], width: Int, height: Int, sides: (columns: Int, rows: Int)) -> [UInt8] {
    let (across, down) = (sides.columns, sides.rows)
    guard width >= across, height >= down else { return [UInt8](repeating: 0, count: mask.count) }
    // eroded[p] = 1 where the square with its upper left corner at p is all ones.
    let rows = runs(mask, lines: height, length: width, lineStride: width, step: 1, side: across)
    let eroded = runs(rows, lines: width, length: height, lineStride: 1, step: width, side: down)
    let grown = spread(eroded, lines: height, length: width, lineStride: width, step: 1, side: across)
    return spread(grown, lines: width, length: height, lineStride: 1, step: width, side: down)
  }

  private static func runs(_ mask: [UInt8], lines: Int, length: Int, lineStride: Int, step: Int, side: Int) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: mask.count)
    for line in 0..<lines {
      var ahead = 0
      for i in stride(from: length - 1, through: 0, by: -1) {
        let p = line * lineStride + i * step
        ahead = mask[p] == 1 ? ahead + 1 : 0
        out[p] = ahead >= side ? 1 : 0
      }
    }
    return out
  }

  private static func spread(_ mask: [UInt8], lines: Int, length: Int, lineStride: Int, step: Int, side: Int) -> [UInt8]
  {
    var out = [UInt8](repeating: 0, count: mask.count)
    for line in 0..<lines {
      var left = 0
      for i in 0..<length {
        let p = line * lineStride + i * step
        if mask[p] == 1 { left = side }
        out[p] = left > 0 ? 1 : 0
        left -= 1
      }
    }
    return out
  }
}
