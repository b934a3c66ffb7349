import FloeSDK
import Glibc

/// Searches the place and direction in which a track looks into most water: across the widest lead.
///
/// A footprint is far wider across the track than along it, so a track through the middle of a scene seldom has one
/// that is mostly lead.
struct LeadCrossing {
  /// Share of lead pixels by cell of about 50 m: `share[row * width + column]`.
  private let share: [Float]
  private let width: Int, height: Int
  /// Metres; the grid's corner.
  private let cell: SIMD2<Double>, origin: SIMD2<Double>

  /// Reads the truth in strips.
  init(_ raster: Raster) throws {
    let grid = raster.spec.grid
    let side = max(1, Int(50 / grid.pixelWidth))
    width = grid.width / side
    height = grid.height / side
    cell = SIMD2(grid.pixelWidth, grid.pixelHeight) * Double(side)
    origin = SIMD2(grid.originX, grid.originY)
    var share = [Float](repeating: 0, count: width * height)
    for row in 0..<height {
      let window = PixelWindow(column: 0, row: row * side, width: width * side, height: side)
      guard case .uint8(let codes) = try raster.read(window, bands: [0]).values else { continue }
      for i in codes.indices where codes[i] == SceneModel.lead { share[row * width + i % window.width / side] += 1 }
    }
    self.share = share.map { $0 / Float(side * side) }
  }

  /// The point, in the raster's map, and the direction, clockwise from its north in radians; nil where no lead is wider
  /// than a cell.
  func best() -> (x: Double, y: Double, azimuth: Double)? {
    let water = share.indices.filter { share[$0] > 0.99 }
    let step = max(1, water.count / 20_000)
    var best: (score: Float, place: SIMD2<Double>, azimuth: Double)?
    for i in stride(from: 0, to: water.count, by: step) {
      let place = origin + SIMD2(Double(water[i] % width) + 0.5, -Double(water[i] / width) - 0.5) * cell
      for k in 0..<12 {
        let azimuth = Double(k - 6) * .pi / 12
        let own = fraction(place, azimuth)
        var score = own
        if own >= 0.85 {
          // Each further record that sees nothing but water counts, too.
          let way = SIMD2(sin(azimuth), cos(azimuth)) * SralTrack.spacing
          for n in [-3, -2, -1, 1, 2, 3] where fraction(place + way * Double(n), azimuth) >= 0.85 { score += 1 }
        }
        if score > best?.score ?? 0 { best = (score, place, azimuth) }
      }
    }
    return best.map { ($0.place.x, $0.place.y, $0.azimuth) }
  }

  /// The share of lead in a footprint of 300 m along the track and 1640 m across it.
  private func fraction(_ place: SIMD2<Double>, _ azimuth: Double) -> Float {
    let along = SIMD2(sin(azimuth), cos(azimuth))
    let across = SIMD2(along.y, -along.x)
    var sum: Float = 0
    for a in -2...2 {
      for b in -10...10 {
        let p = (place + along * (Double(a) * 60) + across * (Double(b) * 78) - origin) / cell
        let column = Int(p.x.rounded(.down))
        let row = Int((-p.y).rounded(.down))
        if column >= 0, row >= 0, column < width, row < height { sum += share[row * width + column] }
      }
    }
    return sum / 105
  }
}

extension TruthSampler {
  /// Longitude, latitude and heading of a track across the widest lead; nil where there is none.
  func crossing() throws -> (lon: Double, lat: Double, heading: Double)? {
    guard let found = try LeadCrossing(raster).best() else { return nil }
    let ahead = SIMD2(found.x + 1000 * sin(found.azimuth), found.y + 1000 * cos(found.azimuth))
    guard let p = transform.point(found.x, found.y, inverse: true),
      let q = transform.point(ahead.x, ahead.y, inverse: true)
    else { return nil }
    let rad = Double.pi / 180
    let turn = (q.x - p.x) * rad
    let a = p.y * rad
    let b = q.y * rad
    let course = atan2(sin(turn) * cos(b), cos(a) * sin(b) - sin(a) * cos(b) * cos(turn)) / rad
    return (p.x, p.y, course)
  }
}
