import FloeIO
import FloeSDK

/// The places of a track's records on WGS 84 and their times; NaN where missing.
struct GroundTrack: Sendable {
  var places: [SIMD2<Double>]
  let times: [Double]?

  /// Reads places from the table's points and times from a column.
  ///
  /// - Throws: a sentence when the table has no points, or the time column is named and is not there.
  init(_ table: Table, timeColumn: String, in context: RunContext) async throws {
    let (x, y, crs) = try Self.columns(of: table)
    let xs = try table.numbers(x)
    let ys = try table.numbers(y)
    places = try await context.fill(xs.count, with: SIMD2(.nan, .nan)) { range, places in
      for i in range { places[i] = SIMD2(xs[i], ys[i]) }
    }
    if let column = table[timeColumn] { times = column.numbers } else { times = nil }
    if crs != .wgs84 { places = try await Self.transformed(places, from: crs, to: .wgs84, in: context) { $0 } }
  }

  /// The names of the coordinate columns and their system.
  static func columns(of table: Table) throws -> (x: String, y: String, crs: CRS) {
    guard case .points(let x, let y)? = table.geometry else {
      let hasPlaces = table[.longitude] != nil && table[.latitude] != nil
      let hint = hasPlaces ? "; read it with table.read and x: lon, y: lat" : ""
      throw FloeError("the track has no point coordinates: longitude and latitude of each record are needed\(hint)")
    }
    guard let crs = table.crs else {
      throw FloeError("the track's coordinates '\(x)' and '\(y)' have no reference system; EPSG:4326 is usual")
    }
    return (x, y, crs)
  }

  /// Places in another system, one transformation a worker, and what `finish` makes of each; NaN where there is none.
  private static func transformed(
    _ places: [SIMD2<Double>], from: CRS, to: CRS, in context: RunContext,
    finish: @escaping @Sendable (SIMD2<Double>) -> SIMD2<Double>
  ) async throws -> [SIMD2<Double>] {
    try await context.fill(places.count, with: SIMD2(.nan, .nan), block: 4096) { range, target in
      var part = Array(places[range])
      if from != to { try CoordinateTransform(from: from, to: to).transform(&part) }
      for (i, place) in zip(range, part) { target[i] = finish(place) }
    }
  }

  /// The places moved to where the ice under them was when the scene was taken: P - v * dt.
  mutating func move(east: Double, north: Double, seconds dt: [Double]) {
    for i in places.indices where places[i].x.isFinite {
      places[i] =
        dt[i].isFinite ? Sphere.moved(places[i], east: -east * dt[i], north: -north * dt[i]) : SIMD2(.nan, .nan)
    }
  }

  /// The places as columns and rows of a grid.
  func pixels(of grid: Grid, in context: RunContext) async throws -> [SIMD2<Double>] {
    guard let crs = grid.crs else {
      throw FloeError(
        "the raster has no coordinate reference system, so that no record can be found on it; "
          + NoReferenceSystem.way)
    }
    let around = Self.columnsAround(grid)
    let width = Double(grid.width)
    return try await Self.transformed(places, from: .wgs84, to: crs, in: context) { p in
      var column = (p.x - grid.originX) / grid.pixelWidth
      let row = (grid.originY - p.y) / grid.pixelHeight
      if around > 0, column.isFinite {
        // The same meridian has many names; the one nearest to the raster's middle counts, its first column before a
        // turn farther.
        column -= around * ((column - width / 2) / around).rounded()
        if column >= width, column - around >= 0 { column -= around }
      }
      return SIMD2(column, row)
    }
  }

  /// The columns of a whole turn of longitudes; 0 for a raster that is not in degrees.
  private static func columnsAround(_ grid: Grid) -> Double {
    grid.crs?.isGeographic == true ? 360 / grid.pixelWidth : 0
  }

  /// The footprint of each record; `none` for those without a neighbour that gives the direction.
  ///
  /// - Parameters:
  ///   - pixels: the records as columns and rows of `grid`.
  ///   - along: side along the ground track in metres.
  ///   - across: side across it in metres.
  func footprints(
    _ pixels: [SIMD2<Double>], grid: Grid, along: Double, across: Double, in context: RunContext
  ) async throws -> [PixelFootprint] {
    let unit = grid.metresPerUnit
    let around = Self.columnsAround(grid)
    let places = places
    return try await context.fill(pixels.count, with: PixelFootprint.none) { range, target in
      for i in range {
        let p = pixels[i]
        guard p.x.isFinite else { continue }
        let before = i > 0 && pixels[i - 1].x.isFinite ? pixels[i - 1] : p
        let after = i + 1 < pixels.count && pixels[i + 1].x.isFinite ? pixels[i + 1] : p
        // Pixels per metre eastward and northward.
        let metre = unit.map { SIMD2(repeating: 1 / $0) } ?? Sphere.degreesPerMetre(latitude: places[i].y)
        let perMetre = SIMD2(metre.x / grid.pixelWidth, -metre.y / grid.pixelHeight)
        var step = after - before
        if around > 0 { step.x -= around * (step.x / around).rounded() }
        let way = step / perMetre
        let length = (way * way).sum().squareRoot()
        guard length > 0, length.isFinite else { continue }
        let u = way / length
        target[i] = PixelFootprint(
          centre: p, along: u * perMetre * (along / 2), across: SIMD2(-u.y, u.x) * perMetre * (across / 2))
      }
    }
  }
}

extension Sphere {
  /// Degrees of longitude and latitude that one metre covers.
  static func degreesPerMetre(latitude: Double) -> SIMD2<Double> {
    let degree = radius * .pi / 180
    let circle = Sphere.vector(SIMD2(0, latitude)).x
    return SIMD2(1 / (degree * max(1e-6, circle)), 1 / degree)
  }
}
