import FloeIO
import FloeSDK
import Glibc

/// The surface under a synthetic altimeter.
enum SralSurface: Int, Sendable {
  case openOcean = 0
  case seaIce = 1
  case lead = 2
  case land = 4
}

/// Where and when a synthetic altimeter measures: a great circle through a point, 20 records a second.
struct SralTrack: Sendable {
  /// WGS 84 degrees.
  var longitude: Double, latitude: Double
  /// Clockwise from north in degrees.
  var heading: Double
  var records: Int
  /// When the track passes the point.
  var time: UTCTime
  /// Metres between records, and seconds.
  static let spacing = 330.0, interval = 0.05
  private static let radius = 6_371_000.0

  /// Seconds from the passage of the point, at a possibly broken record.
  func offset(_ record: Double) -> Double { (record - Double(records) / 2) * Self.interval }
  /// Seconds since 2000-01-01.
  func time2000(_ record: Double) -> Double { time.seconds - UTCTime.year2000.seconds + offset(record) }

  /// Longitude (-180 ..< 180) and latitude at a record.
  func position(_ record: Double) -> (lon: Double, lat: Double) {
    let angle = offset(record) / Self.interval * Self.spacing / Self.radius
    let rad = Double.pi / 180
    let phi = latitude * rad
    let course = heading * rad
    let sine = sin(phi) * cos(angle) + cos(phi) * sin(angle) * cos(course)
    let lambda = atan2(sin(course) * sin(angle) * cos(phi), cos(angle) - sin(phi) * sine)
    var lon = longitude + lambda / rad
    lon -= 360 * ((lon + 180) / 360).rounded(.down)
    return (lon, asin(min(1, max(-1, sine))) / rad)
  }

  /// Where the records lie on a map, and the unit vector of the track there; nil where the map ends.
  func places(
    _ count: Int, on transform: CoordinateTransform
  ) throws -> [(point: SIMD2<Double>, along: SIMD2<Double>)?] {
    (0..<count).map { i in
      let a = position(Double(i) - 0.5)
      let b = position(Double(i) + 0.5)
      guard let p = transform.point(a.lon, a.lat), let q = transform.point(b.lon, b.lat) else { return nil }
      let from = SIMD2(p.x, p.y)
      let to = SIMD2(q.x, q.y)
      let way = to - from
      let length = (way * way).sum().squareRoot()
      return length > 0 ? ((from + to) / 2, way / length) : nil
    }
  }

  /// A made-up surface along the track: ice with leads, a stretch of land, open ocean at its end.
  func ownSurface(seed: UInt64) -> [SralSurface] {
    var result = [SralSurface](repeating: .seaIce, count: records)
    var random = SeededGenerator(seed: seed, stream: 11)
    var i = 0
    while i < records {
      i += 1 + Int(-18 * log(1 - random.uniform()))
      let length = 1 + random.index(below: 6)
      for j in result.indices.clamped(to: i..<i + length) { result[j] = .lead }
      i += length
    }
    let share = { (f: Double) in Int(Double(records) * f) }
    for j in share(0.05)..<share(0.07) { result[j] = .land }
    for j in share(0.93)..<records { result[j] = .openOcean }
    return result
  }
}

/// Surfaces under a track from a raster of class codes (1 sea ice, 2 lead, no data and others land).
struct TruthSampler {
  let raster: Raster
  let transform: CoordinateTransform

  init(_ raster: Raster) throws {
    guard let crs = raster.spec.grid.crs else { throw FloeError("the truth raster has no reference system") }
    self.raster = raster
    transform = try CoordinateTransform(from: CRS.wgs84, to: crs)
  }

  /// The raster's centre in WGS 84 degrees.
  func centre() throws -> (lon: Double, lat: Double) {
    let b = raster.spec.grid.bounds
    guard let p = transform.point((b.minX + b.maxX) / 2, (b.minY + b.maxY) / 2, inverse: true) else {
      throw FloeError("the truth raster's centre has no longitude and latitude")
    }
    return (p.x, p.y)
  }

  /// The surface within about 150 m of a point: a tenth of water makes a specular echo; nil outside of the raster.
  func surface(lon: Double, lat: Double) throws -> SralSurface? {
    let grid = raster.spec.grid
    guard let p = transform.point(lon, lat) else { return nil }
    let at = grid.pixel(x: p.x, y: p.y)
    let r = max(1, Int(150 / grid.pixelWidth))
    guard at.column >= 0, at.row >= 0, at.column < Double(grid.width), at.row < Double(grid.height) else { return nil }
    let around = PixelWindow(column: Int(at.column) - r, row: Int(at.row) - r, width: 2 * r + 1, height: 2 * r + 1)
    guard let window = around.intersection(grid.fullWindow) else { return nil }
    let block = try raster.read(window, bands: [0])
    var water = 0
    var ice = 0
    for row in 0..<window.height {
      for column in 0..<window.width {
        let code = block.raw(band: 0, row: row, column: column)
        if code == 2 { water += 1 } else if code == 1 { ice += 1 }
      }
    }
    if (water + ice) * 2 < window.pixelCount { return .land }
    return water * 10 >= water + ice ? .lead : .seaIce
  }
}
