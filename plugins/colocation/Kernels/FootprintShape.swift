import Glibc

/// A rectangle on the ground as a parallelogram in pixel coordinates, row and column counted from the grid's corner.
public struct PixelFootprint: Sendable, Equatable {
  /// The middle, as (column, row); the centre of the first pixel is (0.5, 0.5).
  public let centre: SIMD2<Double>
  /// Half the side along the track and half the one across it, as (column, row).
  public let along: SIMD2<Double>, across: SIMD2<Double>

  /// A parallelogram from its middle and half its sides.
  public init(centre: SIMD2<Double>, along: SIMD2<Double>, across: SIMD2<Double>) {
    self.centre = centre
    self.along = along
    self.across = across
  }

  /// Half the extent in columns and rows.
  public var reach: SIMD2<Double> {
    SIMD2(abs(along.x) + abs(across.x), abs(along.y) + abs(across.y))
  }

  /// The four corners in order, not closed.
  public var corners: [SIMD2<Double>] {
    [centre + along + across, centre + along - across, centre - along - across, centre - along + across]
  }

  /// The rows that may hold pixel centres of the footprint.
  public var rows: ClosedRange<Int>? {
    let low = (centre.y - reach.y - 0.5).rounded(.up), high = (centre.y + reach.y - 0.5).rounded(.down)
    return low <= high ? Int(low)...Int(high) : nil
  }

  /// The columns of one row whose pixel centres lie inside or on the edge; nil where there are none.
  public func columns(row: Int) -> ClosedRange<Int>? {
    let d = along.x * across.y - along.y * across.x
    guard d != 0 else { return nil }
    // With p = (x, y) from the middle: u = (x * across.y - y * across.x) / d and v = (y * along.x - x * along.y) / d, both in -1...1.
    let y = Double(row) + 0.5 - centre.y
    var low = -Double.infinity, high = Double.infinity
    for (slope, constant) in [(across.y / d, -y * across.x / d), (-along.y / d, y * along.x / d)] {
      if slope == 0 {
        if abs(constant) > 1 { return nil }
      } else {
        let a = (-1 - constant) / slope, b = (1 - constant) / slope
        low = max(low, min(a, b))
        high = min(high, max(a, b))
      }
    }
    let first = (centre.x + low - 0.5).rounded(.up), last = (centre.x + high - 0.5).rounded(.down)
    return first <= last ? Int(first)...Int(last) : nil
  }
}
