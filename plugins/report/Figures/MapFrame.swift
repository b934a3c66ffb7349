import FloeIO
import FloeSDK
internal import Foundation

/// What stands around a map: frame, graticule, scale bar, north arrow.
struct MapFrame: Sendable {
  let bounds: Bounds
  /// Data of the graticule's lines.
  let lines: [[Double]?]
  /// Labels along the lower and the left edge, with their place in map units.
  let bottom: [(text: String, at: Double)], left: [(text: String, at: Double)]
  /// The direction of north on the map at its centre; nil without a reference system.
  let north: SIMD2<Double>?
  /// Metres of one unit of the map; nil in degrees and without a reference system.
  let metres: Double?
  let place: String

  /// What stands around the part of a reference system that a map shows.
  init(_ shown: Bounds, _ crs: CRS?) throws {
    bounds = shown
    guard let crs else {
      (lines, bottom, left, north, metres, place) = ([], [], [], nil, nil, "no reference system")
      return
    }
    let b = bounds
    let transform = try CoordinateTransform(from: .wgs84, to: crs)
    let centre = transform.point((b.minX + b.maxX) / 2, (b.minY + b.maxY) / 2, inverse: true) ?? SIMD2(0, 0)
    func longitude(_ v: Double) -> Double { v - 360 * ((v - centre.x) / 360).rounded() }
    var low = SIMD2(Double.infinity, .infinity)
    var high = -low
    for i in 0...20 {
      for j in 0...20 {
        let x = b.minX + (b.maxX - b.minX) * Double(i) / 20
        let y = b.minY + (b.maxY - b.minY) * Double(j) / 20
        guard let p = transform.point(x, y, inverse: true), p.x.isFinite, p.y.isFinite else { continue }
        let q = SIMD2(longitude(p.x), p.y)
        low = pointwiseMin(low, q)
        high = pointwiseMax(high, q)
      }
    }
    var lines: [[Double]?] = []
    var bottom: [(String, Double)] = []
    var left: [(String, Double)] = []
    let n = 60
    /// One line; hands over where it crosses the lower and the left edge.
    func line(_ point: (Double) -> SIMD2<Double>?, crossing: (SIMD2<Double>, SIMD2<Double>) -> Void) {
      var last: SIMD2<Double>?
      for i in 0...n {
        guard let p = point(Double(i) / Double(n)), p.x.isFinite, p.y.isFinite else {
          last = nil
          continue
        }
        if let last {
          crossing(last, p)
          let inside = [last, p].contains { $0.x >= b.minX && $0.x <= b.maxX && $0.y >= b.minY && $0.y <= b.maxY }
          if inside { lines += [[last.x, last.y], [p.x, p.y], nil] }
        }
        last = p
      }
    }
    if low.x < high.x, low.y < high.y, high.y - low.y < 180 {
      let dLon = Self.step(high.x - low.x)
      let dLat = Self.step(high.y - low.y)
      let pad = (high - low) * 0.1
      for k in Int(
        (low.x / dLon).rounded(.up))...max(Int((low.x / dLon).rounded(.up)), Int((high.x / dLon).rounded(.down)))
      {
        let lon = Double(k) * dLon
        line({ transform.point(lon, min(90, max(-90, low.y - pad.y + (high.y - low.y + 2 * pad.y) * $0))) }) { a, c in
          guard (a.y - b.minY) * (c.y - b.minY) < 0 else { return }
          let x = a.x + (c.x - a.x) * (b.minY - a.y) / (c.y - a.y)
          if x >= b.minX, x <= b.maxX {
            bottom.append((Self.degrees(lon - 360 * (lon / 360).rounded(), dLon, "E", "W"), x))
          }
        }
      }
      for k in Int(
        (low.y / dLat).rounded(.up))...max(Int((low.y / dLat).rounded(.up)), Int((high.y / dLat).rounded(.down)))
      {
        let lat = Double(k) * dLat
        line({ transform.point(low.x - pad.x + (high.x - low.x + 2 * pad.x) * $0, lat) }) { a, c in
          guard (a.x - b.minX) * (c.x - b.minX) < 0 else { return }
          let y = a.y + (c.y - a.y) * (b.minX - a.x) / (c.x - a.x)
          if y >= b.minY, y <= b.maxY { left.append((Self.degrees(lat, dLat, "N", "S"), y)) }
        }
      }
    }
    let step = (high.y - low.y) / 20
    let toward = transform.point(centre.x, centre.y + (centre.y > 89 ? -step : step))
    let here = transform.point(centre.x, centre.y)
    if let toward, let here {
      let d = centre.y > 89 ? here - toward : toward - here
      let length = (d.x * d.x + d.y * d.y).squareRoot()
      north = length > 0 ? d / length : nil
    } else {
      north = nil
    }
    self.lines = lines
    self.bottom = Self.apart(bottom, (b.maxX - b.minX) / 7)
    self.left = Self.apart(left, (b.maxY - b.minY) / 12)
    metres = crs.metresPerUnit
    place = crs.label
  }

  /// Labels that would touch their neighbour are left out.
  private static func apart(_ labels: [(String, Double)], _ distance: Double) -> [(text: String, at: Double)] {
    labels.sorted { $0.1 < $1.1 }.reduce(into: []) { kept, label in
      if let last = kept.last, label.1 - last.at < distance { return }
      kept.append((text: label.0, at: label.1))
    }
  }

  /// A round step that parts a range into three to six.
  private static func step(_ range: Double) -> Double {
    [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 15, 30, 60].first { range / $0 <= 5 }
      ?? 90
  }

  private static func degrees(_ v: Double, _ step: Double, _ plus: String, _ minus: String) -> String {
    let decimals = step >= 1 ? 0 : step >= 0.1 && step != 0.25 ? 1 : step >= 0.01 ? 2 : 3
    return "\(ReportFormat.fixed(abs(v), decimals))° \(v < 0 ? minus : plus)"
  }

  /// The commands for frame, labels, scale bar and north arrow of a map.
  func commands() -> String {
    let b = bounds
    let w = b.maxX - b.minX
    let h = b.maxY - b.minY
    func f(_ v: Double) -> String { ReportFormat.data(v) }
    func tics(_ labels: [(text: String, at: Double)]) -> String {
      labels.map { "\(Figure.quoted($0.text)) \(f($0.at))" }.joined(separator: ", ")
    }
    var out = "set xrange [\(f(b.minX)):\(f(b.maxX))]; set yrange [\(f(b.minY)):\(f(b.maxY))]\nunset grid\n"
    out += bottom.isEmpty ? "unset xtics\n" : "set xtics (\(tics(bottom)))\n"
    out += left.isEmpty ? "unset ytics\n" : "set ytics (\(tics(left)))\n"
    if let metres {
      let told = Self.round(w * metres / 4)
      let length = told / metres
      let x = b.minX + w * 0.04
      let y = b.minY + h * 0.045
      let text = told >= 1000 ? "\(f(told / 1000)) km" : "\(f(told)) m"
      out += """
        set object 1 rect from \(f(x - w * 0.02)),\(f(y - h * 0.025)) to \(f(x + length + w * 0.02)),\
        \(f(y + h * 0.06)) front fc rgb '#30ffffff' fs solid noborder
        set object 2 rect from \(f(x)),\(f(y)) to \(f(x + length)),\(f(y + h * 0.012)) front fc rgb '#ffffff' fs \
        solid border lc rgb '#000000'
        set object 3 rect from \(f(x)),\(f(y)) to \(f(x + length / 2)),\(f(y + h * 0.012)) front fc rgb '#000000' fs \
        solid noborder
        set label 1 \(Figure.quoted(text)) at \(f(x + length / 2)),\(f(y + h * 0.035)) center front noenhanced

        """
    }
    if let north {
      let x = b.minX + w * 0.93
      let y = b.maxY - h * 0.09
      let size = w * 0.035
      out += """
        set object 4 circle at \(f(x)),\(f(y)) size \(f(w * 0.055)) front fc rgb '#30ffffff' fs solid noborder
        set arrow 1 from \(f(x - north.x * size)),\(f(y - north.y * size)) to \(f(x + north.x * size * 0.4)),\
        \(f(y + north.y * size * 0.4)) front filled lw 2 lc rgb '#000000'
        set label 2 'N' at \(f(x + north.x * size * 0.95)),\(f(y + north.y * size * 0.95)) center front noenhanced

        """
    }
    return out
  }

  /// 1, 2 or 5 times a power of ten, not above `v`.
  private static func round(_ v: Double) -> Double {
    var power = 1.0
    while power * 10 <= v { power *= 10 }
    while power > v { power /= 10 }
    return power * (v / power >= 5 ? 5 : v / power >= 2 ? 2 : 1)
  }
}
