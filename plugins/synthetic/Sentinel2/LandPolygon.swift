import FloeIO
import FloeSDK
import Glibc

/// The land of a scene: one polygon around its lower left corner, with a ragged coast.
struct LandPolygon {
  /// Corners in the grid's reference system, not closed.
  let ring: [SIMD2<Double>]

  /// The coast of a grid for a seed; it reaches a quarter of the way along the edges.
  init(grid: Grid, seed: UInt64) {
    var generator = SeededGenerator(seed: seed, stream: 9)
    let b = grid.bounds
    let side = b.maxX - b.minX
    // Beyond the grid, so that its outermost pixels are land without doubt.
    let beyond = 30 * grid.pixelWidth
    let corner = SIMD2(b.minX - beyond, b.minY - beyond)
    let phases = (0..<7).map { _ in generator.uniform(0, 2 * .pi) }
    let steps = 240
    var points = [corner]
    func edge(to end: SIMD2<Double>) {
      // Short pieces, since a long straight edge of one reference system is a curve in another.
      guard let start = points.last else { return }
      let pieces = 40
      for i in 1...pieces { points.append(start + (end - start) * (Double(i) / Double(pieces))) }
    }
    let coast = (0...steps).map { i -> SIMD2<Double> in
      let angle = Double(i) / Double(steps) * .pi / 2
      var radius = 1.0
      for (k, phase) in phases.enumerated() {
        let octave = Double(1 << k)
        radius += 0.16 / octave * sin(3 * octave * angle + phase)
      }
      return corner + SIMD2(cos(angle), sin(angle)) * (radius * side * 0.27 + beyond)
    }
    edge(to: coast[0])
    points += coast.dropFirst()
    edge(to: corner)
    points.removeLast()
    ring = points
  }

  /// The polygon as GeoJSON in longitude and latitude (RFC 7946: WGS 84, counter-clockwise, cut at the 180° meridian).
  func geoJSON(crs: CRS) throws -> String {
    var x = ring.map(\.x)
    var y = ring.map(\.y)
    try CoordinateTransform(from: crs, to: .wgs84).transform(x: &x, y: &y)
    guard zip(x, y).allSatisfy({ $0.isFinite && $1.isFinite }) else {
      throw FloeError("the land's coast has no longitude and latitude in \(crs.label)")
    }
    let outline = GeographicOutline(zip(x, y).map { SIMD2($0, $1) })
    // Nine decimals of a degree are a tenth of a millimetre.
    let polygons = outline.polygons.map { ring -> JSONValue in
      [.array(ring.map { [.number(Self.rounded($0.x)), .number(Self.rounded($0.y))] })]
    }
    let geometry: JSONValue =
      polygons.count == 1
      ? ["type": "Polygon", "coordinates": polygons[0]] : ["type": "MultiPolygon", "coordinates": .array(polygons)]
    let feature: JSONValue = ["type": "Feature", "properties": ["name": "land"], "geometry": geometry]
    return try JSONText.encode(["type": "FeatureCollection", "name": "land", "features": [feature]]) + "\n"
  }

  private static func rounded(_ degrees: Double) -> Double { (degrees * 1e9).rounded() / 1e9 }
}
