import FloeIO
import FloeSDK

/// The grid that covers a raster in another system.
enum WarpGrid {
  static func grid(of source: Grid, from: CRS, to: CRS, resolution: Double?) throws -> Grid {
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
    try CoordinateTransform(from: from, to: to).transform(x: &x, y: &y)
    let xs = x.filter(\.isFinite)
    let ys = y.filter(\.isFinite)
    guard let x0 = xs.min(), let x1 = xs.max(), let y0 = ys.min(), let y1 = ys.max(), x1 > x0, y1 > y0 else {
      throw FloeError("the raster has no place in \(to.label)")
    }
    let diagonal = (Double(source.width) * Double(source.width) + Double(source.height) * Double(source.height))
      .squareRoot()
    let size = resolution ?? ((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0)).squareRoot() / diagonal
    let west = (x0 / size).rounded(.down)
    let east = (x1 / size).rounded(.up)
    let south = (y0 / size).rounded(.down)
    let north = (y1 / size).rounded(.up)
    let columns = east - west
    let rows = north - south
    let whole =
      "a map of one part of the Earth has no end elsewhere: clip the raster first, for example to the map's hemisphere "
      + "(raster.clip), or give "
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
    guard columns < 1e6, rows < 1e6 else {
      let hint =
        to.isGeographic
        ? "rasters across 180° spread over the globe in degrees: choose a projected system"
        : whole + "a coarser resolution"
      throw ParameterError("resolution", "of \(size) gives \(columns) x \(rows) pixels in \(to.label); \(hint)")
    }
    guard
      let grid = Grid(
        width: Int(columns), height: Int(rows), originX: west * size, originY: north * size, pixelWidth: size,
        pixelHeight: size, crs: to)
    else {
      throw FloeError("the raster has no place in \(to.label)")
    }
    return grid
  }
}
