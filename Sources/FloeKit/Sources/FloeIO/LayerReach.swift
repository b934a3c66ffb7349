import FloeCore
import Glibc

/// The part of a layer's plane that can touch a grid: rectangles in the layer's reference system.
///
/// Projections are good near their place alone: a continent on the other side of the Earth has no coordinates in a UTM zone, or wrong ones.
struct LayerReach {
  /// The grid's extent.
  let grid: Bounds
  /// About a degree more than the grid on each side; empty where layer or grid has no reference system.
  private(set) var boxes: [Bounds] = []
  /// The longest straight edge that is carried over as one, in the layer's units.
  private(set) var step = 0.01
  /// 360 on a grid in degrees, where a meridian has many names; nil on others.
  let turn: Double?

  init(of grid: Grid, in layer: CRS?) throws {
    self.grid = grid.bounds
    turn = grid.crs?.isGeographic == true ? 360 : nil
    guard let layer, let own = grid.crs else { return }
    if layer == own, !own.isGeographic {
      let b = grid.bounds, margin = max(grid.pixelWidth, grid.pixelHeight)
      boxes = [Bounds(minX: b.minX - margin, minY: b.minY - margin, maxX: b.maxX + margin, maxY: b.maxY + margin)]
      return
    }
    let region = try Self.region(of: grid, own)
    if layer.isGeographic {
      // Layers count longitudes from -180, from 0, or beyond 180.
      boxes = region.isWhole
        ? [Bounds(minX: -541, minY: region.box.minY, maxX: 541, maxY: region.box.maxY)]
        : [-360.0, 0, 360].map { Bounds(minX: region.box.minX + $0, minY: region.box.minY, maxX: region.box.maxX + $0, maxY: region.box.maxY) }
      return
    }
    let transform = try CoordinateTransform(from: .wgs84, to: layer)
    boxes = Self.withinHalfTurns(region.box).compactMap { part in
      var (x, y) = Self.lattice(part)
      transform.transform(x: &x, y: &y)
      return Self.bounds(x, y)
    }
    step = (boxes.map { max($0.maxX - $0.minX, $0.maxY - $0.minY) }.max() ?? 0) / 1024
    // No place of the grid exists in the layer's system: nothing of the layer can touch it.
    if boxes.isEmpty { boxes = [Bounds(minX: 0, minY: 0, maxX: 0, maxY: 0)] }
  }

  /// West, south, east and north of a grid with the margin, in degrees; west within -180 ..< 180, east greater than west.
  private static func region(of grid: Grid, _ crs: CRS) throws -> (box: Bounds, isWhole: Bool) {
    let b = grid.bounds
    if crs.isGeographic {
      return spread(west: b.minX, east: b.maxX, south: b.minY, north: b.maxY)
    }
    let transform = try CoordinateTransform(from: .wgs84, to: crs)
    var (x, y) = lattice(b)
    transform.transform(x: &x, y: &y, inverse: true)
    let valid = zip(x, y).filter { $0.isFinite && $1.isFinite }
    guard var south = valid.map(\.1).min(), var north = valid.map(\.1).max() else { throw FloeError("the grid has no longitude and latitude in \(crs.label)") }
    for pole in [-90.0, 90] {
      if let p = transform.point(0, pole), p.x >= b.minX, p.x <= b.maxX, p.y >= b.minY, p.y <= b.maxY {
        south = min(south, pole)
        north = max(north, pole)
      }
    }
    // The widest gap between meridians of the grid lies outside of it.
    let meridians = valid.map { $0.0 < 0 ? $0.0 + 360 : $0.0 }.sorted()
    var west = meridians[0], gap = meridians[0] + 360 - meridians[meridians.count - 1]
    for (a, b) in zip(meridians, meridians.dropFirst()) where b - a > gap { (west, gap) = (b, b - a) }
    // Points of a grid around a pole leave narrow gaps.
    return spread(west: west, east: west + 360 - (gap < 15 ? 0 : gap), south: south, north: north)
  }

  /// The box with a margin of a degree of arc.
  private static func spread(west: Double, east: Double, south: Double, north: Double) -> (box: Bounds, isWhole: Bool) {
    let s = max(-90, south - 1), n = min(90, north + 1), high = max(abs(s), abs(n))
    let margin = high < 89 ? 1 / cos(high * .pi / 180) : 360
    guard east - west + 2 * margin < 360 else { return (Bounds(minX: -180, minY: s, maxX: 180, maxY: n), true) }
    let start = west - margin, turns = ((start + 180) / 360).rounded(.down) * 360
    return (Bounds(minX: start - turns, minY: s, maxX: east + margin - turns, maxY: n), false)
  }

  /// The box cut at the 180° meridian, where projections of the whole Earth begin and end.
  private static func withinHalfTurns(_ box: Bounds) -> [Bounds] {
    guard box.maxX > 180 else { return [box] }
    return [
      Bounds(minX: box.minX, minY: box.minY, maxX: 180 - 1e-9, maxY: box.maxY),
      Bounds(minX: -180 + 1e-9, minY: box.minY, maxX: box.maxX - 360, maxY: box.maxY),
    ]
  }

  /// 65 x 65 points over a rectangle, its edges included.
  private static func lattice(_ b: Bounds) -> (x: [Double], y: [Double]) {
    var x: [Double] = [], y: [Double] = []
    for i in 0...64 {
      for j in 0...64 {
        x.append(b.minX + (b.maxX - b.minX) * Double(i) / 64)
        y.append(b.minY + (b.maxY - b.minY) * Double(j) / 64)
      }
    }
    return (x, y)
  }

  private static func bounds(_ x: [Double], _ y: [Double]) -> Bounds? {
    let xs = x.filter(\.isFinite), ys = y.filter(\.isFinite)
    guard let minX = xs.min(), let maxX = xs.max(), let minY = ys.min(), let maxY = ys.max() else { return nil }
    return Bounds(minX: minX, minY: minY, maxX: maxX, maxY: maxY)
  }
}

/// Work on the rings of polygons, which are lists of corners, closed or not.
enum RingShape {
  /// The part of a ring within a rectangle, not closed; nil where there is none.
  ///
  /// Sutherland and Hodgman's clipping. It needs no valid ring: what lies inside by the even-odd rule does so afterwards. Pieces of one ring stay
  /// connected by edges along the rectangle's sides.
  static func clipped(_ ring: [SIMD2<Double>], to box: Bounds) -> [SIMD2<Double>]? {
    var points = ring.first == ring.last ? Array(ring.dropLast()) : ring
    if let b = bounds([points]), b.minX >= box.minX, b.maxX <= box.maxX, b.minY >= box.minY, b.maxY <= box.maxY { return points }
    for (axis, limit, sign) in [(0, box.minX, 1.0), (0, box.maxX, -1), (1, box.minY, 1), (1, box.maxY, -1)] {
      guard var a = points.last else { return nil }
      var kept: [SIMD2<Double>] = []
      for b in points {
        let isIn = (b[axis] - limit) * sign >= 0
        if ((a[axis] - limit) * sign >= 0) != isIn {
          var cut = a + (b - a) * ((limit - a[axis]) / (b[axis] - a[axis]))
          cut[axis] = limit
          kept.append(cut)
        }
        if isIn { kept.append(b) }
        a = b
      }
      points = kept
    }
    return points.count > 2 ? points : nil
  }

  /// The ring, closed, with points on edges longer than `step`: a straight edge of one reference system is a curve in another.
  static func densified(_ ring: [SIMD2<Double>], step: Double) -> [SIMD2<Double>] {
    guard var a = ring.first else { return ring }
    var result = [a]
    for b in ring.dropFirst() + [a] {
      let d = b - a, pieces = (max(abs(d.x), abs(d.y)) / step).rounded(.up)
      if pieces > 1 { for i in 1..<Int(min(pieces, 1e6)) { result.append(a + d * (Double(i) / pieces)) } }
      result.append(b)
      a = b
    }
    return result
  }

  /// A ring in degrees whose longitudes run on without a jump; one around a pole is led along it.
  static func continuous(_ ring: [SIMD2<Double>]) -> [SIMD2<Double>] {
    var result: [SIMD2<Double>] = []
    for var p in ring {
      if let last = result.last { p.x -= 360 * ((p.x - last.x) / 360).rounded() }
      result.append(p)
    }
    guard let first = result.first, let last = result.last, abs(last.x - first.x) > 180 else { return result }
    let pole = result.reduce(0) { $0 + $1.y } < 0 ? -90.0 : 90
    return result + [SIMD2(last.x, pole), SIMD2(first.x, pole), first]
  }

  /// The extent of rings; nil without a point.
  static func bounds(_ rings: [[SIMD2<Double>]]) -> Bounds? {
    guard let first = rings.lazy.joined().first(where: { _ in true }) else { return nil }
    var low = first, high = first
    for ring in rings {
      for p in ring {
        low = pointwiseMin(low, p)
        high = pointwiseMax(high, p)
      }
    }
    return Bounds(minX: low.x, minY: low.y, maxX: high.x, maxY: high.y)
  }
}

extension Bounds {
  /// Whether the two rectangles share more than an edge; one without an area may lie within.
  func touches(_ other: Bounds) -> Bool { minX <= other.maxX && other.minX <= maxX && minY <= other.maxY && other.minY <= maxY }
}
