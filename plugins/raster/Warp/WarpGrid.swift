import FloeIO
import FloeSDK

/// The grid that covers a raster in another system.
enum WarpGrid {
  static func grid(of source: Grid, from: CRS, to: CRS, resolution: Double?) throws -> Grid {
    let b = try bounds(of: source, CoordinateTransform(from: from, to: to), to: to)
    let diagonal = (Double(source.width) * Double(source.width) + Double(source.height) * Double(source.height))
      .squareRoot()
    let (width, height) = (b.maxX - b.minX, b.maxY - b.minY)
    let size = resolution ?? (width * width + height * height).squareRoot() / diagonal
    if resolution == nil, let metres = to.metresPerUnit {
      let own = source.metresPerUnit ?? Ellipsoid.metresPerDegree(latitude: 0).y
      let stretch = size * metres / (max(source.pixelWidth, source.pixelHeight) * own)
      guard stretch < 20 else {
        throw ParameterError(
          "crs",
          "draws the raster with pixels \(Int(min(1e9, stretch))) times as large in \(to.label); \(whole)a 'resolution'"
        )
      }
    }
    return try covering(b, size: size, in: to)
  }

  /// The extent of a grid in another system.
  ///
  /// - Parameter transform: from the grid's system to the other one.
  static func bounds(of source: Grid, _ transform: CoordinateTransform, to: CRS) throws -> Bounds {
    let b = source.bounds
    var x: [Double] = []
    var y: [Double] = []
    // Inner points too: a pole inside makes the middle the extreme.
    for i in 0...40 {
      for j in 0...40 {
        x.append(b.minX + (b.maxX - b.minX) * Double(i) / 40)
        y.append(b.minY + (b.maxY - b.minY) * Double(j) / 40)
      }
    }
    transform.transform(x: &x, y: &y)
    let xs = x.filter(\.isFinite)
    let ys = y.filter(\.isFinite)
    guard let x0 = xs.min(), let x1 = xs.max(), let y0 = ys.min(), let y1 = ys.max(), x1 > x0, y1 > y0 else {
      throw FloeError("the raster has no place in \(to.label)")
    }
    return Bounds(minX: x0, minY: y0, maxX: x1, maxY: y1)
  }

  /// The grid of square pixels at multiples of their size that covers an extent.
  static func covering(_ b: Bounds, size: Double, in crs: CRS) throws -> Grid {
    let west = (b.minX / size).rounded(.down)
    let east = (b.maxX / size).rounded(.up)
    let south = (b.minY / size).rounded(.down)
    let north = (b.maxY / size).rounded(.up)
    let columns = east - west
    let rows = north - south
    guard columns < largest, rows < largest else {
      let hint =
        crs.isGeographic
        ? "rasters across 180° spread over the globe in degrees: choose a projected system"
        : whole + "a coarser resolution"
      throw ParameterError("resolution", "of \(size) gives \(columns) x \(rows) pixels in \(crs.label); \(hint)")
    }
    guard
      let grid = Grid(
        width: Int(columns), height: Int(rows), originX: west * size, originY: north * size, pixelWidth: size,
        pixelHeight: size, crs: crs)
    else {
      throw FloeError("the raster has no place in \(crs.label)")
    }
    return grid
  }

  /// Columns, and rows, that no grid reaches.
  static let largest = 1e6
  private static let whole =
    "a map of one part of the Earth has no end elsewhere: clip the raster first, for example to the map's hemisphere "
    + "(raster.clip), or give "
}
