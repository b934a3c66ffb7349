import FloeSDK

/// Areas and lengths of regions whose edges run along rows and columns, in metres.
///
/// On a map they are those of the map, whatever its unit; on longitudes and latitudes those of the WGS 84 ellipsoid.
struct RegionMeasure {
  /// The length of one unit of the map in metres; nil in degrees.
  let metres: Double?

  init(_ grid: Grid) { metres = grid.metresPerUnit }

  /// Area of the outer rings less those of the holes, in square metres.
  func area(_ parts: [[[SIMD2<Double>]]]) -> Double {
    metres.map { Self.onMap(parts) * $0 * $0 } ?? Self.sum(parts, Self.onEllipsoid)
  }

  /// The same in square units of the map, degrees too.
  static func onMap(_ parts: [[[SIMD2<Double>]]]) -> Double { sum(parts, plain) }

  /// Length of all edges in metres.
  func perimeter(_ parts: [[[SIMD2<Double>]]]) -> Double {
    var sum = 0.0
    for ring in parts.joined() {
      for (a, b) in zip(ring, ring.dropFirst()) {
        if let metres {
          sum += ((b - a) * (b - a)).sum().squareRoot() * metres
        } else {
          sum += Ellipsoid.meridian(from: a.y, to: b.y)
          sum += abs(b.x - a.x) * Ellipsoid.metresPerDegree(latitude: (a.y + b.y) / 2).x
        }
      }
    }
    return sum
  }

  private static func sum(_ parts: [[[SIMD2<Double>]]], _ area: ([SIMD2<Double>]) -> Double) -> Double {
    parts.reduce(0) { sum, rings in
      sum + rings.enumerated().reduce(0) { $0 + ($1.offset == 0 ? 1 : -1) * abs(area($1.element)) }
    }
  }

  private static func plain(_ ring: [SIMD2<Double>]) -> Double {
    guard let origin = ring.first else { return 0 }
    return zip(ring, ring.dropFirst()).reduce(0) { sum, edge in
      let a = edge.0 - origin
      let b = edge.1 - origin
      return sum + (a.x * b.y - a.y * b.x) / 2
    }
  }

  /// Edges along parallels bound the strip down to a parallel of the region; those along meridians bound none.
  private static func onEllipsoid(_ ring: [SIMD2<Double>]) -> Double {
    guard let origin = ring.first else { return 0 }
    let base = Ellipsoid.areaPerDegree(to: origin.y)
    return zip(ring, ring.dropFirst()).reduce(0) { sum, edge in
      sum + (edge.1.x - edge.0.x) * (Ellipsoid.areaPerDegree(to: edge.0.y) - base)
    }
  }
}
