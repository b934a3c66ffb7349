internal import FloeIO

/// The outline of an area in longitude and latitude (WGS84), safe across the 180° meridian and around a pole.
public struct GeographicOutline: Sendable, Hashable {
  /// (longitude, latitude) in degrees, not closed; longitudes run on without a jump and may leave -180...180.
  ///
  /// Around a pole the ring goes once from one side of the 180° meridian to the other and back along the pole.
  public let ring: [SIMD2<Double>]

  /// The outline through given points; longitudes are made to run on without a jump of more than half a turn.
  ///
  /// Points that go once around a pole enclose it: the pole of the hemisphere in which most of them lie.
  public init(_ points: [SIMD2<Double>]) {
    let ring = Self.continuous(points)
    self.ring = Self.turn(of: ring) == 0 ? ring : Self.around(ring, pole: ring.reduce(0) { $0 + $1.y } < 0 ? -90 : 90)
  }

  /// The outline of a raster grid, with points along its edges since straight edges bend in longitude and latitude.
  ///
  /// A grid that reaches beyond what its projection shows (the corners of a hemisphere) has the outline of what it
  /// shows: a box of longitudes and latitudes.
  ///
  /// - Throws: when the grid has no reference system or no place of it has a longitude and latitude.
  public init(of grid: Grid, pointsPerEdge n: Int = 16) throws {
    guard let crs = grid.crs else { throw FloeError("the raster has no coordinate reference system") }
    let transform = try CoordinateTransform(from: crs, to: CRS.wgs84)
    var bounds = grid.bounds
    if crs.isGeographic {
      // Grids whose points lie on the poles reach half a pixel beyond them.
      bounds.minY = max(-90, bounds.minY)
      bounds.maxY = min(90, bounds.maxY)
      guard bounds.minY < bounds.maxY else {
        throw FloeError("the raster covers latitudes \(grid.bounds.minY) to \(grid.bounds.maxY), which do not exist")
      }
      if bounds.maxX - bounds.minX >= 360 - grid.pixelWidth / 2 {
        self.ring = Self.box(west: -180, east: 180, south: bounds.minY, north: bounds.maxY)
        return
      }
    }
    let edge = Self.continuous(Self.transformed(Self.edges(bounds, n), transform))
    guard edge.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else {
      self.ring = try Self.shownPart(of: bounds, crs, transform)
      return
    }
    guard Self.turn(of: edge) != 0 else {
      self.ring = edge
      return
    }
    let inside = [-90.0, 90].filter { pole in
      transform.point(0, pole, inverse: true).map { bounds.holds($0) } ?? false
    }
    let pole = inside.count == 1 ? inside[0] : edge.reduce(0) { $0 + $1.y } < 0 ? -90 : 90
    let finer = Self.continuous(Self.transformed(Self.edges(bounds, max(n, 64)), transform))
    self.ring = Self.around(finer, pole: pole)
  }

  /// A longitude in -180 ..< 180; `Longitude` has its relatives.
  public static func normalised(_ longitude: Double) -> Double { Longitude.difference(longitude) }

  /// West, south, east, north in degrees as GeoJSON has it: west is greater than east across the 180° meridian.
  public var bbox: [Double] {
    let lons = ring.map(\.x)
    let lats = ring.map(\.y)
    guard let west = lons.min(), let east = lons.max(), let south = lats.min(), let north = lats.max() else {
      return []
    }
    if east - west >= 360 { return [-180, south, 180, north] }
    let e = Self.normalised(east)
    return [Self.normalised(west), south, e == -180 ? 180 : e, north]
  }

  /// The area as polygons within -180...180: one, or two where it crosses the 180° meridian. Each ring is closed and
  /// runs clockwise.
  public var polygons: [[SIMD2<Double>]] {
    guard let west = ring.map(\.x).min(), let east = ring.map(\.x).max() else { return [] }
    let turn = ((west + 180) / 360).rounded(.down) * 360
    let shifted = ring.map { SIMD2($0.x - turn, $0.y) }
    if east - turn <= 180 { return [Self.clockwise(shifted)] }
    let left = Self.clip(shifted, keepWest: true)
    let right = Self.clip(shifted, keepWest: false).map { SIMD2($0.x - 360, $0.y) }
    return [left, right].filter { $0.count > 2 }.map(Self.clockwise)
  }

  /// Longitudes that run on without a jump of more than half a turn.
  private static func continuous(_ points: [SIMD2<Double>]) -> [SIMD2<Double>] {
    var ring: [SIMD2<Double>] = []
    ring.reserveCapacity(points.count)
    for p in points {
      var q = p
      if let last = ring.last { q.x = last.x + normalised(p.x - last.x) }
      ring.append(q)
    }
    return ring
  }

  /// How often a ring goes round a pole, eastward positive.
  private static func turn(of ring: [SIMD2<Double>]) -> Int {
    guard let first = ring.first, let last = ring.last, first.x.isFinite, last.x.isFinite else { return 0 }
    let turns = (last.x + normalised(first.x - last.x) - first.x) / 360
    return abs(turns) < 1e6 ? Int(turns.rounded()) : 0
  }

  /// A ring around a pole, cut open at the 180° meridian and led along the pole.
  private static func around(_ ring: [SIMD2<Double>], pole: Double) -> [SIMD2<Double>] {
    let sign = turn(of: ring) < 0 ? -1.0 : 1.0
    let count = ring.count
    /// The corner after a place on the ring, a turn farther where the place is.
    func corner(_ i: Int) -> SIMD2<Double> {
      SIMD2(ring[i % count].x + sign * 360 * Double(i / count), ring[i % count].y)
    }
    for i in 0..<count {
      let a = corner(i)
      let b = corner(i + 1)
      // The first meridian of 180° at or after `a` in the ring's direction.
      let step = (a.x * sign - 180) / 360
      let meridian = sign * (step.rounded(.up) * 360 + 180)
      guard (meridian - a.x) * sign >= 0, (b.x - meridian) * sign > 0 else { continue }
      let latitude = b.x == a.x ? a.y : a.y + (b.y - a.y) * (meridian - a.x) / (b.x - a.x)
      let shift = meridian + sign * 180
      let path = (1...count).map { SIMD2(corner(i + $0).x - shift, corner(i + $0).y) }
        .filter { abs($0.x) < 180 }
      let start = SIMD2(-sign * 180, latitude)
      let end = SIMD2(sign * 180, latitude)
      return [start] + path + [end, SIMD2(end.x, pole), SIMD2(start.x, pole)]
    }
    return ring
  }

  /// The box of longitudes and latitudes of those places of a grid that its projection shows.
  private static func shownPart(of bounds: Bounds, _ crs: CRS, _ transform: CoordinateTransform) throws -> [SIMD2<
    Double
  >] {
    var places: [SIMD2<Double>] = []
    for i in 0...64 {
      for j in 0...64 {
        places.append(
          SIMD2(
            bounds.minX + (bounds.maxX - bounds.minX) * Double(i) / 64,
            bounds.minY + (bounds.maxY - bounds.minY) * Double(j) / 64))
      }
    }
    let shown = transformed(places, transform).filter { $0.x.isFinite && $0.y.isFinite }
    let meridians = shown.map { normalised($0.x) }.sorted()
    guard var south = shown.map(\.y).min(), var north = shown.map(\.y).max(), var west = meridians.first,
      let last = meridians.last
    else { throw FloeError("no place of the raster has a longitude and latitude in \(crs.label)") }
    var isWhole = false
    for pole in [-90.0, 90] where transform.point(0, pole, inverse: true).map({ bounds.holds($0) }) ?? false {
      south = min(south, pole)
      north = max(north, pole)
      isWhole = true
    }
    // The widest gap between meridians of the grid lies outside of it.
    var gap = west + 360 - last
    for (a, b) in zip(meridians, meridians.dropFirst()) where b - a > gap { (west, gap) = (b, b - a) }
    if isWhole || gap < 15 { return box(west: -180, east: 180, south: south, north: north) }
    return box(west: west, east: west + 360 - gap, south: south, north: north)
  }

  private static func transformed(_ points: [SIMD2<Double>], _ transform: CoordinateTransform) -> [SIMD2<Double>] {
    var x = points.map(\.x)
    var y = points.map(\.y)
    transform.transform(x: &x, y: &y)
    return zip(x, y).map { SIMD2($0, $1) }
  }

  /// The edges of a rectangle from its upper left corner on, clockwise.
  private static func edges(_ b: Bounds, _ n: Int) -> [SIMD2<Double>] {
    let corners = [SIMD2(b.minX, b.maxY), SIMD2(b.maxX, b.maxY), SIMD2(b.maxX, b.minY), SIMD2(b.minX, b.minY)]
    var points: [SIMD2<Double>] = []
    for k in 0..<4 {
      let step: SIMD2<Double> = (corners[(k + 1) % 4] - corners[k]) / Double(n)
      for i in 0..<n { points.append(corners[k] + step * Double(i)) }
    }
    return points
  }

  private static func box(west: Double, east: Double, south: Double, north: Double) -> [SIMD2<Double>] {
    [SIMD2(west, north), SIMD2(east, north), SIMD2(east, south), SIMD2(west, south)]
  }

  /// The ring closed and clockwise.
  private static func clockwise(_ points: [SIMD2<Double>]) -> [SIMD2<Double>] {
    let closed = points + points.prefix(1)
    let area = zip(closed, closed.dropFirst()).reduce(0) { $0 + ($1.0.x * $1.1.y - $1.1.x * $1.0.y) }
    return area > 0 ? closed.reversed() : closed
  }

  /// Sutherland and Hodgman's clipping against the meridian of 180°.
  private static func clip(_ points: [SIMD2<Double>], keepWest: Bool) -> [SIMD2<Double>] {
    var result: [SIMD2<Double>] = []
    for (i, b) in points.enumerated() {
      let a = points[(i + points.count - 1) % points.count]
      let aIn = keepWest ? a.x <= 180 : a.x >= 180
      let bIn = keepWest ? b.x <= 180 : b.x >= 180
      if aIn != bIn { result.append(SIMD2(180, a.y + (b.y - a.y) * (180 - a.x) / (b.x - a.x))) }
      if bIn { result.append(b) }
    }
    return result
  }
}

extension Bounds {
  /// Whether a point lies within, edges included.
  fileprivate func holds(_ p: SIMD2<Double>) -> Bool { p.x >= minX && p.x <= maxX && p.y >= minY && p.y <= maxY }
}
