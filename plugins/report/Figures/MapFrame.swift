import FloeIO
import FloeSDK
internal import Foundation

/// What stands around a map: frame, graticule, scale bar, north arrow.
struct MapFrame: Sendable {
  let bounds: Bounds
  /// Data of the graticule's lines.
  let lines: [[Double]?]
  /// Labels along the lower and the left edge, with their place in map units: longitudes below and latitudes to the
  /// left, or where a line does not cross that edge along the other one.
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
    let transform = try CoordinateTransform(from: .wgs84, to: crs)
    let extent = Graticule.Extent(shown, transform)
    let graticule = Graticule(shown, transform, extent)
    lines = graticule.lines
    bottom = graticule.bottom
    left = graticule.left
    north = Self.north(extent, transform)
    metres = crs.metresPerUnit
    place = crs.label
  }

  /// The direction of north on the map at its centre; nil where that has no place on it.
  private static func north(_ extent: Graticule.Extent, _ transform: CoordinateTransform) -> SIMD2<Double>? {
    let centre = extent.centre
    let step = (extent.high.y - extent.low.y) / 20
    // Nothing lies north of a pole, so that the direction comes from a place south of it.
    let isPolar = centre.y > 89
    let toward = transform.point(centre.x, centre.y + (isPolar ? -step : step))
    guard let toward, let here = transform.point(centre.x, centre.y) else { return nil }
    let d = isPolar ? here - toward : toward - here
    let length = (d.x * d.x + d.y * d.y).squareRoot()
    return length > 0 ? d / length : nil
  }

  /// Labels that would touch their neighbour are left out.
  private static func apart(_ labels: [(text: String, at: Double)], _ distance: Double) -> [(text: String, at: Double)]
  {
    var kept: [(text: String, at: Double)] = []
    for label in labels.sorted(by: { $0.at < $1.at }) {
      if let last = kept.last, label.at - last.at < distance { continue }
      kept.append(label)
    }
    return kept
  }

  /// The corner of the map, of those that are free, in which the fewest points lie; (0, 0) is the lower
  /// left one, (1, 1) the upper right one.
  ///
  /// - Parameter size: the part of the map along each side that the corner takes.
  private func corner(_ wanted: [SIMD2<Double>], size: SIMD2<Double>, points: [[Double]?]) -> SIMD2<Double> {
    let whole = SIMD2(bounds.maxX - bounds.minX, bounds.maxY - bounds.minY)
    func covered(_ corner: SIMD2<Double>) -> Int {
      points.count { point in
        guard let point, point.count > 1 else { return false }
        let place = (SIMD2(point[0], point[1]) - SIMD2(bounds.minX, bounds.minY)) / whole
        let distance = SIMD2(abs(place.x - corner.x), abs(place.y - corner.y))
        return distance.x < size.x && distance.y < size.y
      }
    }
    let counts = wanted.map(covered)
    let least = counts.min() ?? 0
    return zip(wanted, counts).first { $0.1 == least }?.0 ?? wanted[0]
  }

  /// The commands for frame, labels, scale bar and north arrow of a map.
  ///
  /// - Parameters:
  ///   - across: the width of the map in points.
  ///   - down: its height in points.
  ///   - points: places in units of the map that scale bar and arrow should not cover.
  func commands(across: Double, down: Double, avoiding points: [[Double]?] = []) -> String {
    let b = bounds
    let w = b.maxX - b.minX
    let h = b.maxY - b.minY
    let longest = self.bottom.map { Legend.width($0.text) }.max() ?? 0
    let bottom = Self.apart(self.bottom, w * (longest + 8) / max(1, across))
    let left = Self.apart(self.left, h * 22 / max(1, down))
    let (low, high) = (SIMD2(0.0, 0), SIMD2(1.0, 1))
    let (lowRight, highLeft) = (SIMD2(1.0, 0), SIMD2(0.0, 1))
    // The scale bar's letters do not shrink with a low map: its heights count from at least this one.
    let tall = h * min(9, max(1, 440 / max(1, down)))
    let barCorner = corner([low, lowRight, highLeft, high], size: SIMD2(0.32, 0.14 * tall / h), points: points)
    let arrowCorner = corner(
      [high, highLeft, lowRight, low].filter { $0 != barCorner }, size: SIMD2(0.16, 0.2), points: points)
    func f(_ v: Double) -> String { ReportFormat.data(v) }
    func tics(_ labels: [(text: String, at: Double)]) -> String {
      labels.map { "\(Figure.quoted($0.text)) \(f($0.at))" }.joined(separator: ", ")
    }
    var out = "set xrange [\(f(b.minX)):\(f(b.maxX))]; set yrange [\(f(b.minY)):\(f(b.maxY))]\nunset grid\n"
    out += bottom.isEmpty ? "unset xtics\n" : "set xtics (\(tics(bottom)))\n"
    out += left.isEmpty ? "unset ytics\n" : "set ytics (\(tics(left)))\n"
    if let metres {
      let barLength = Self.round(w * metres / 4)
      let length = barLength / metres
      let x = barCorner.x == 0 ? b.minX + w * 0.04 : b.maxX - w * 0.04 - length
      let y = barCorner.y == 0 ? b.minY + tall * 0.045 : b.maxY - tall * 0.075
      let text = barLength >= 1000 ? "\(f(barLength / 1000)) km" : "\(f(barLength)) m"
      out += """
        set object 1 rect from \(f(x - w * 0.02)),\(f(y - tall * 0.025)) to \(f(x + length + w * 0.02)),\
        \(f(y + tall * 0.06)) front fc rgb '#30ffffff' fs solid noborder
        set object 2 rect from \(f(x)),\(f(y)) to \(f(x + length)),\(f(y + tall * 0.012)) front fc rgb '#ffffff' \
        fs solid border lc rgb '#000000'
        set object 3 rect from \(f(x)),\(f(y)) to \(f(x + length / 2)),\(f(y + tall * 0.012)) front \
        fc rgb '#000000' fs solid noborder
        set label 1 \(Figure.quoted(text)) at \(f(x + length / 2)),\(f(y + tall * 0.035)) center front noenhanced

        """
    }
    if let north {
      let x = arrowCorner.x == 0 ? b.minX + w * 0.07 : b.minX + w * 0.93
      // The disc below it stays within the map.
      let rise = max(h * 0.09, w * 0.062)
      let y = arrowCorner.y == 0 ? b.minY + rise : b.maxY - rise
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
