import FloeCore
import Glibc

/// Work on the rings of polygons, which are lists of corners, closed or not.
enum RingShape {
  /// The part of a ring within a rectangle, not closed; nil where there is none.
  ///
  /// Sutherland and Hodgman's clipping. It needs no valid ring: what lies inside by the even-odd rule does so
  /// afterwards. Pieces of one ring stay connected by edges along the rectangle's sides.
  static func clipped(_ ring: [SIMD2<Double>], to box: Bounds) -> [SIMD2<Double>]? {
    var points = ring.first == ring.last ? Array(ring.dropLast()) : ring
    if let b = bounds([points]), b.minX >= box.minX, b.maxX <= box.maxX, b.minY >= box.minY, b.maxY <= box.maxY {
      return points
    }
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

  /// The ring, closed, with points on edges longer than `step`: a straight edge of one reference system is a curve in
  /// another.
  static func densified(_ ring: [SIMD2<Double>], step: Double) -> [SIMD2<Double>] {
    guard var a = ring.first else { return ring }
    var result = [a]
    for b in ring.dropFirst() + [a] {
      let d = b - a
      let pieces = (max(abs(d.x), abs(d.y)) / step).rounded(.up)
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
    var low = first
    var high = first
    for ring in rings {
      for p in ring {
        low = pointwiseMin(low, p)
        high = pointwiseMax(high, p)
      }
    }
    return Bounds(minX: low.x, minY: low.y, maxX: high.x, maxY: high.y)
  }
}
