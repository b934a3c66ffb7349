import Glibc

/// A rectangle on the ground as a parallelogram in pixel coordinates, row and column counted from the grid's corner.
public struct PixelFootprint: Sendable, Equatable, BitwiseCopyable {
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

  /// Beyond this row there are no pixels; far inside of the range of whole numbers.
  private static let farthest = 1e15

  /// No footprint: sides of length zero, without pixels.
  static let none = PixelFootprint(centre: SIMD2(0, 0), along: SIMD2(0, 0), across: SIMD2(0, 0))
  /// Whether there is no footprint.
  var isNone: Bool { self == Self.none }

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
    let low = (centre.y - reach.y - 0.5).rounded(.up)
    let high = (centre.y + reach.y - 0.5).rounded(.down)
    return low <= high && max(abs(low), abs(high)) < Self.farthest ? Int(low)...Int(high) : nil
  }

  /// The columns of one row whose pixel centres lie inside or on the edge; nil where there are none.
  public func columns(row: Int) -> ClosedRange<Int>? {
    let span = FootprintSpans(self).columns(row: row)
    return span.first <= span.last ? span.first...span.last : nil
  }
}

/// The spans of columns that a footprint covers, row by row, with what is the same for all rows worked out once.
struct FootprintSpans {
  // With p = (x, y) from the middle: u = (x * across.y - y * across.x) / d and v = (y * along.x - x * along.y) / d,
  // both in -1...1.
  private let slopes: SIMD2<Double>, perRow: SIMD2<Double>
  private let centre: SIMD2<Double>
  private let isFlat: Bool

  init(_ shape: PixelFootprint) {
    let d = shape.along.x * shape.across.y - shape.along.y * shape.across.x
    centre = shape.centre
    isFlat = d == 0
    slopes = isFlat ? SIMD2(0, 0) : SIMD2(shape.across.y, -shape.along.y) / d
    perRow = isFlat ? SIMD2(0, 0) : SIMD2(-shape.across.x, shape.along.x) / d
  }

  /// First and last column of a row; the first is beyond the last where there are none.
  @inline(__always) func columns(row: Int) -> (first: Int, last: Int) {
    let y = Double(row) + 0.5 - centre.y
    var low = -Double.infinity
    var high = Double.infinity
    for k in 0..<2 {
      let constant = y * perRow[k]
      let slope = slopes[k]
      if slope == 0 {
        if isFlat || abs(constant) > 1 { return (1, 0) }
      } else {
        let a = (-1 - constant) / slope
        let b = (1 - constant) / slope
        low = max(low, min(a, b))
        high = min(high, max(a, b))
      }
    }
    return (Self.ceiling(centre.x + low - 0.5), Self.floor(centre.x + high - 0.5))
  }

  // Without a call into the C library, which the plain processor needs for rounding; footprints end far inside of Int's
  // range.
  @inline(__always) private static func ceiling(_ v: Double) -> Int {
    let t = Int(v)
    return Double(t) < v ? t + 1 : t
  }
  @inline(__always) private static func floor(_ v: Double) -> Int {
    let t = Int(v)
    return Double(t) > v ? t - 1 : t
  }
}
