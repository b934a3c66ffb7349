/// The outline of an area in longitude and latitude (WGS84), safe across the 180° meridian.
public struct GeographicOutline: Sendable, Hashable {
  /// (longitude, latitude) in degrees, not closed; longitudes run on without a jump and may leave -180...180.
  public let ring: [SIMD2<Double>]

  /// The outline through given points; longitudes are made to run on without a jump of more than half a turn.
  public init(_ points: [SIMD2<Double>]) {
    var ring: [SIMD2<Double>] = []
    for p in points {
      var q = p
      if let last = ring.last { q.x = last.x + Self.normalised(p.x - last.x) }
      ring.append(q)
    }
    self.ring = ring
  }

  /// The outline of a raster grid, with points along its edges since straight edges bend in longitude and latitude.
  ///
  /// - Throws: when the grid has no reference system or a corner cannot be expressed in longitude and latitude.
  public init(of grid: Grid, pointsPerEdge n: Int = 16) throws {
    guard let crs = grid.crs else { throw FloeError("the raster has no coordinate reference system") }
    let b = grid.bounds
    var x: [Double] = []
    var y: [Double] = []
    for i in 0..<n {
      x.append(b.minX + (b.maxX - b.minX) * Double(i) / Double(n))
      y.append(b.maxY)
    }
    for i in 0..<n {
      x.append(b.maxX)
      y.append(b.maxY - (b.maxY - b.minY) * Double(i) / Double(n))
    }
    for i in 0..<n {
      x.append(b.maxX - (b.maxX - b.minX) * Double(i) / Double(n))
      y.append(b.minY)
    }
    for i in 0..<n {
      x.append(b.minX)
      y.append(b.minY + (b.maxY - b.minY) * Double(i) / Double(n))
    }
    try CoordinateTransform(from: crs, to: CRS.wgs84).transform(x: &x, y: &y)
    guard zip(x, y).allSatisfy({ $0.isFinite && $1.isFinite }) else {
      throw FloeError("the raster's corners have no longitude and latitude in \(crs.label)")
    }
    self.init(zip(x, y).map { SIMD2($0, $1) })
  }

  /// A longitude in -180 ..< 180.
  public static func normalised(_ longitude: Double) -> Double {
    let turned = (longitude + 180).truncatingRemainder(dividingBy: 360)
    return (turned < 0 ? turned + 360 : turned) - 180
  }

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

  /// The area as polygons within -180...180: one, or two where it crosses the 180° meridian. Each ring is closed.
  public var polygons: [[SIMD2<Double>]] {
    guard let west = ring.map(\.x).min(), let east = ring.map(\.x).max() else { return [] }
    let turn = ((west + 180) / 360).rounded(.down) * 360
    let shifted = ring.map { SIMD2($0.x - turn, $0.y) }
    if east - turn <= 180 { return [closed(shifted)] }
    let left = Self.clip(shifted, keepWest: true)
    let right = Self.clip(shifted, keepWest: false).map { SIMD2($0.x - 360, $0.y) }
    return [left, right].filter { $0.count > 2 }.map(closed)
  }

  private func closed(_ points: [SIMD2<Double>]) -> [SIMD2<Double>] { points + points.prefix(1) }

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
