import FloeIO
import FloeSDK

/// The grid of a mosaic, and where each input lies on it.
struct MosaicGrid {
  /// An input on the grid.
  struct Place: Sendable {
    /// Its place in the list.
    let input: Int
    /// The pixels of the mosaic that it may have data in.
    let window: PixelWindow
    /// Where its upper left pixel lies, of an input whose pixels are pixels of the grid; nil for one that is resampled.
    let offset: SIMD2<Int>?
  }
  let grid: Grid
  let places: [Place]

  /// The grid that covers all inputs.
  ///
  /// - Parameters:
  ///   - asked: the reference system; nil for that of all, or else EASE-Grid 2.0 of their hemisphere.
  ///   - resolution: the size of a pixel in its units; nil for the finest.
  static func layout(of grids: [Grid], crs asked: String?, resolution: Double?) throws -> MosaicGrid {
    let systems = try grids.enumerated().map { i, grid -> CRS in
      guard let crs = grid.crs else {
        throw ParameterError(
          "images",
          "number \(i + 1) has no coordinate reference system, so that it has no place in a mosaic; "
            + NoReferenceSystem.way)
      }
      return crs
    }
    let target = try asked.map(CRSFactory.make) ?? common(systems, grids)
    // Of hundreds of inputs few systems are different ones.
    var same: [CRS: Bool] = [:]
    var transforms: [CRS: CoordinateTransform] = [:]
    let bounds = try zip(grids, systems).enumerated().map { i, input -> Bounds in
      let (grid, own) = input
      let isSame = same[own] ?? own.isSame(as: target)
      same[own] = isSame
      if isSame { return grid.bounds }
      let transform = try transforms[own] ?? CoordinateTransform(from: own, to: target)
      transforms[own] = transform
      do { return try WarpGrid.bounds(of: grid, transform, to: target) } catch let error as FloeError {
        throw ParameterError("images", "number \(i + 1): \(error.message)")
      }
    }
    let grid: Grid
    let areOfOneSystem = systems.allSatisfy { same[$0] == true }
    if areOfOneSystem, let own = try union(grids, in: target, resolution: resolution) {
      grid = own
    } else {
      let size = try resolution ?? finest(grids, systems, in: target, isOwn: areOfOneSystem)
      grid = try WarpGrid.covering(whole(bounds), size: size, in: target)
    }
    let places = grids.indices.compactMap { i -> Place? in
      let offset = same[systems[i]] == true ? Self.offset(of: grids[i], on: grid) : nil
      let window = offset.map { PixelWindow(column: $0.x, row: $0.y, width: grids[i].width, height: grids[i].height) }
      return (window ?? reach(of: bounds[i], on: grid)).intersection(grid.fullWindow)
        .map { Place(input: i, window: $0, offset: offset) }
    }
    return MosaicGrid(grid: grid, places: places)
  }

  /// The system of all or, where they have several, the one of their hemisphere.
  private static func common(_ systems: [CRS], _ grids: [Grid]) throws -> CRS {
    guard let first = systems.first else { throw ParameterError("images", "names no raster") }
    let distinct = Set(systems)
    if distinct.allSatisfy({ $0.isSame(as: first) }) { return first }
    var transforms: [CRS: CoordinateTransform] = [:]
    var north = 0
    for (grid, own) in zip(grids, systems) {
      let transform = try transforms[own] ?? CoordinateTransform(from: own, to: .wgs84)
      transforms[own] = transform
      let b = grid.bounds
      if let middle = transform.point((b.minX + b.maxX) / 2, (b.minY + b.maxY) / 2), middle.y >= 0 { north += 1 }
    }
    guard north == 0 || north == grids.count else {
      throw ParameterError(
        "crs",
        "is missing: of the \(grids.count) rasters, in \(distinct.count) reference systems, \(north) lie north of the "
          + "equator and the others south of it; give a system that holds them all")
    }
    return try CRSFactory.make(north > 0 ? "EPSG:6931" : "EPSG:6932")
  }

  /// The grid of inputs whose pixels lie on each other; nil where they do not, or where another resolution is asked.
  private static func union(_ grids: [Grid], in crs: CRS, resolution: Double?) throws -> Grid? {
    // The same one for any order.
    func facts(_ g: Grid) -> [Double] {
      [g.originX, -g.originY, g.pixelWidth, g.pixelHeight, Double(g.width), Double(g.height)]
    }
    guard let base = grids.min(by: { facts($0).lexicographicallyPrecedes(facts($1)) }) else { return nil }
    if let resolution {
      let isOwn =
        abs(base.pixelWidth - resolution) <= 1e-9 * resolution
        && abs(base.pixelHeight - resolution) <= 1e-9 * resolution
      guard isOwn else { return nil }
    }
    var low = SIMD2(0, 0)
    var high = SIMD2(0, 0)
    for grid in grids {
      guard let offset = Self.offset(of: grid, on: base) else { return nil }
      low = pointwiseMin(low, offset)
      high = pointwiseMax(high, offset &+ SIMD2(grid.width, grid.height))
    }
    let size = high &- low
    guard Double(size.x) < WarpGrid.largest, Double(size.y) < WarpGrid.largest else {
      throw ParameterError(
        "images",
        "lie so far from each other that the mosaic would have \(size.x) x \(size.y) pixels; give a coarser "
          + "'resolution', or fewer rasters")
    }
    return Grid(
      width: size.x, height: size.y, originX: base.originX + Double(low.x) * base.pixelWidth,
      originY: base.originY - Double(low.y) * base.pixelHeight, pixelWidth: base.pixelWidth,
      pixelHeight: base.pixelHeight, crs: crs)
  }

  /// Columns and rows by which one grid lies off another whose pixels it shares; nil where pixels differ by more than a
  /// hundredth of one.
  private static func offset(of grid: Grid, on other: Grid) -> SIMD2<Int>? {
    let column = (grid.originX - other.originX) / other.pixelWidth
    let row = (other.originY - grid.originY) / other.pixelHeight
    let right = abs(grid.pixelWidth - other.pixelWidth) * Double(grid.width)
    let down = abs(grid.pixelHeight - other.pixelHeight) * Double(grid.height)
    guard right <= other.pixelWidth / 100, down <= other.pixelHeight / 100, abs(column) < 1e9, abs(row) < 1e9,
      abs(column - column.rounded()) <= 0.01, abs(row - row.rounded()) <= 0.01
    else { return nil }
    return SIMD2(Int(column.rounded()), Int(row.rounded()))
  }

  /// The smallest side of the inputs' pixels, in units of the mosaic; metres of their maps are taken for metres of it.
  private static func finest(_ grids: [Grid], _ systems: [CRS], in crs: CRS, isOwn: Bool) throws -> Double {
    if isOwn { return grids.map { min($0.pixelWidth, $0.pixelHeight) }.min() ?? 1 }
    let sides = grids.map { grid in
      let b = grid.bounds
      let degree = Ellipsoid.metresPerDegree(latitude: (b.minY + b.maxY) / 2)
      let side = grid.pixelMetres ?? SIMD2(grid.pixelWidth, grid.pixelHeight) * degree
      return min(side.x, side.y)
    }
    return (sides.min() ?? 1) / (crs.metresPerUnit ?? Ellipsoid.metresPerDegree(latitude: 0).y)
  }

  private static func whole(_ bounds: [Bounds]) -> Bounds {
    var all = Bounds(minX: .infinity, minY: .infinity, maxX: -.infinity, maxY: -.infinity)
    for b in bounds {
      all.minX = min(all.minX, b.minX)
      all.minY = min(all.minY, b.minY)
      all.maxX = max(all.maxX, b.maxX)
      all.maxY = max(all.maxY, b.maxY)
    }
    return all
  }

  /// The pixels about an extent that was found from points: a twentieth wider, and what kernels reach.
  private static func reach(of b: Bounds, on grid: Grid) -> PixelWindow {
    func index(_ value: Double, _ most: Int) -> Int { Int(max(0, min(Double(most), value))) }
    let margin = SIMD2(
      (b.maxX - b.minX) / 20 + 4 * grid.pixelWidth, (b.maxY - b.minY) / 20 + 4 * grid.pixelHeight)
    let left = index(((b.minX - margin.x - grid.originX) / grid.pixelWidth).rounded(.down), grid.width)
    let right = index(((b.maxX + margin.x - grid.originX) / grid.pixelWidth).rounded(.up), grid.width)
    let top = index(((grid.originY - b.maxY - margin.y) / grid.pixelHeight).rounded(.down), grid.height)
    let bottom = index(((grid.originY - b.minY + margin.y) / grid.pixelHeight).rounded(.up), grid.height)
    return PixelWindow(column: left, row: top, width: right - left, height: bottom - top)
  }
}
