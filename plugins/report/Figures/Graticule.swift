import FloeIO
import FloeSDK

/// Lines of equal longitude and latitude over a map, and the labels where they cross its edges.
struct Graticule {
  /// Pieces of lines in map units, each ended by nil.
  private(set) var lines: [[Double]?] = []
  /// Labels along the lower and the left edge, with their place in map units.
  private(set) var bottom: [(text: String, at: Double)] = [], left: [(text: String, at: Double)] = []
  private let bounds: Bounds

  /// What a map shows, in degrees: `x` is the longitude, counted within half a turn of the centre.
  struct Extent {
    let centre: SIMD2<Double>
    /// The least and the greatest; `low.x > high.x` where no part of the map has a place on Earth.
    private(set) var low = SIMD2<Double>(repeating: .infinity)
    private(set) var high = SIMD2<Double>(repeating: -.infinity)

    init(_ b: Bounds, _ transform: CoordinateTransform) {
      let centre = transform.point((b.minX + b.maxX) / 2, (b.minY + b.maxY) / 2, inverse: true) ?? SIMD2(0, 0)
      self.centre = centre
      for i in 0...20 {
        for j in 0...20 {
          let x = b.minX + (b.maxX - b.minX) * Double(i) / 20
          let y = b.minY + (b.maxY - b.minY) * Double(j) / 20
          guard let p = transform.point(x, y, inverse: true), p.x.isFinite, p.y.isFinite else { continue }
          let q = SIMD2(p.x - 360 * ((p.x - centre.x) / 360).rounded(), p.y)
          low = pointwiseMin(low, q)
          high = pointwiseMax(high, q)
        }
      }
    }
  }

  /// The lines of a map; none where it has no place on Earth, or reaches from pole to pole.
  init(_ shown: Bounds, _ transform: CoordinateTransform, _ extent: Extent) {
    bounds = shown
    let (low, high) = (extent.low, extent.high)
    guard low.x < high.x, low.y < high.y, high.y - low.y < 180 else { return }
    let dLon = Self.step(high.x - low.x)
    let dLat = Self.step(high.y - low.y)
    let pad = (high - low) * 0.1
    for k in Self.multiples(of: dLon, from: low.x, to: high.x) {
      let lon = Double(k) * dLon
      let text = Self.degrees(lon - 360 * (lon / 360).rounded(), dLon, "E", "W")
      add(text, isBelow: true) {
        transform.point(lon, min(90, max(-90, low.y - pad.y + (high.y - low.y + 2 * pad.y) * $0)))
      }
    }
    for k in Self.multiples(of: dLat, from: low.y, to: high.y) {
      let lat = Double(k) * dLat
      add(Self.degrees(lat, dLat, "N", "S"), isBelow: false) {
        transform.point(low.x - pad.x + (high.x - low.x + 2 * pad.x) * $0, lat)
      }
    }
  }

  /// Adds a line, which is labelled where it crosses the lower or the left edge.
  ///
  /// - Parameters:
  ///   - isBelow: whether the lower edge comes first.
  ///   - point: a place of the line in map units, from its beginning at 0 to its end at 1.
  private mutating func add(_ text: String, isBelow: Bool, _ point: (Double) -> SIMD2<Double>?) {
    let b = bounds
    let n = 60
    var below: [Double] = []
    var beside: [Double] = []
    var last: SIMD2<Double>?
    for i in 0...n {
      guard let p = point(Double(i) / Double(n)), p.x.isFinite, p.y.isFinite else {
        last = nil
        continue
      }
      if let last {
        if (last.y - b.minY) * (p.y - b.minY) < 0 {
          let x = last.x + (p.x - last.x) * (b.minY - last.y) / (p.y - last.y)
          if x >= b.minX, x <= b.maxX { below.append(x) }
        }
        if (last.x - b.minX) * (p.x - b.minX) < 0 {
          let y = last.y + (p.y - last.y) * (b.minX - last.x) / (p.x - last.x)
          if y >= b.minY, y <= b.maxY { beside.append(y) }
        }
        let inside = [last, p].contains { $0.x >= b.minX && $0.x <= b.maxX && $0.y >= b.minY && $0.y <= b.maxY }
        if inside { lines += [[last.x, last.y], [p.x, p.y], nil] }
      }
      last = p
    }
    if (isBelow && !below.isEmpty) || (!isBelow && beside.isEmpty) {
      bottom += below.map { (text: text, at: $0) }
    } else {
      left += beside.map { (text: text, at: $0) }
    }
  }

  /// The whole numbers whose multiples of a step lie in a range; the first one after its start where none does.
  private static func multiples(of step: Double, from low: Double, to high: Double) -> ClosedRange<Int> {
    let first = Int((low / step).rounded(.up))
    return first...max(first, Int((high / step).rounded(.down)))
  }

  /// A round step that parts a range into three to six.
  private static func step(_ range: Double) -> Double {
    [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 15, 30, 60].first { range / $0 <= 5 }
      ?? 90
  }

  private static func degrees(_ v: Double, _ step: Double, _ plus: String, _ minus: String) -> String {
    let decimals = step >= 1 ? 0 : step >= 0.1 && step != 0.25 ? 1 : step >= 0.01 ? 2 : 3
    let number = ReportFormat.fixed(abs(v), decimals)
    // The equator and the two meridians that part east from west belong to neither side.
    if abs(v) < step / 1000 || (plus == "E" && abs(abs(v) - 180) < step / 1000) { return "\(number)°" }
    return "\(number)° \(v < 0 ? minus : plus)"
  }
}
