import FloeSDK

/// Areas and lengths of regions whose edges run along rows and columns, in metres.
///
/// On a map they are those of the map; on longitudes and latitudes those of the WGS 84 ellipsoid.
struct RegionMeasure {
  let isGeographic: Bool

  init(_ grid: Grid) { isGeographic = grid.crs?.isGeographic == true }

  /// Area of the outer ring less those of the holes, in square metres.
  func area(_ rings: [[SIMD2<Double>]]) -> Double {
    isGeographic ? Self.sum(rings, Self.onEllipsoid) : Self.onMap(rings)
  }

  /// The same in square units of the map, degrees too.
  static func onMap(_ rings: [[SIMD2<Double>]]) -> Double { sum(rings, plain) }

  /// Length of all edges.
  func perimeter(_ rings: [[SIMD2<Double>]]) -> Double {
    var sum = 0.0
    for ring in rings {
      for (a, b) in zip(ring, ring.dropFirst()) {
        if isGeographic {
          sum +=
            Ellipsoid.meridian(from: a.y, to: b.y) + abs(b.x - a.x)
            * Ellipsoid.metresPerDegree(latitude: (a.y + b.y) / 2).x
        } else {
          sum += ((b - a) * (b - a)).sum().squareRoot()
        }
      }
    }
    return sum
  }

  private static func sum(_ rings: [[SIMD2<Double>]], _ area: ([SIMD2<Double>]) -> Double) -> Double {
    rings.enumerated().reduce(0) { $0 + ($1.offset == 0 ? 1 : -1) * abs(area($1.element)) }
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
    return zip(ring, ring.dropFirst()).reduce(0) {
      $0 + ($1.1.x - $1.0.x) * (Ellipsoid.areaPerDegree(to: $1.0.y) - base)
    }
  }
}
