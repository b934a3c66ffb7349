/// A threshold first-maximum retracker (TFMRA) with the constants of pysiral.
///
/// The echo is divided by its maximum, oversampled x10 (linear) and smoothed with an 11-sample box. The noise is the mean of
/// bins 0...5. The first local maximum above noise + 0.15 is the surface; the leading edge is where the smoothed echo first
/// reaches half of it, by linear interpolation. (Ricker et al. 2014; Hendricks et al., pysiral.)
public struct Retracker: Sendable {
  /// The share of the first maximum that marks the surface, dimensionless.
  public var threshold = 0.5
  /// How far above the noise the first maximum must lie, as a share of the echo's maximum.
  public var margin = 0.15
  public static let factor = 10
  static let box = 11, noiseBins = 0...5

  /// A retracker with pysiral's constants.
  public init(threshold: Double = 0.5) { self.threshold = threshold }

  /// What was found in one echo.
  public struct Edge: Sendable, Equatable {
    /// Where the leading edge reaches the threshold, in bins from the first.
    public var bin: Double
    /// Bins from 5 % to 95 % of the first maximum on the leading edge; NaN where the echo never falls to 5 % before it.
    public var width: Double
    /// The place of the first maximum in bins.
    public var firstMaximum: Double
  }

  /// The leading edge of one echo; nil for an echo without power or without a maximum above the noise and an edge before it.
  public func edge(_ echo: ArraySlice<Float>) -> Edge? {
    let n = echo.count, base = echo.startIndex
    guard n > 8, let top = echo.max(), top > 0, top.isFinite, echo.allSatisfy(\.isFinite) else { return nil }
    let scale = 1 / Double(top), count = (n - 1) * Self.factor + 1
    var noise = 0.0
    for i in Self.noiseBins { noise += Double(echo[base + i]) * scale / Double(Self.noiseBins.count) }
    // Prefix sums of the oversampled echo make the box filter one subtraction a sample; they reach as far as the search does.
    var sums = [Double](repeating: 0, count: count + 1)
    var total = 0.0, summed = 0
    func sum(bin: Int) {
      let a = Double(echo[base + bin]) * scale, step = (Double(echo[base + bin + 1]) * scale - a) / Double(Self.factor)
      for part in 0..<Self.factor {
        total += a + step * Double(part)
        sums[bin * Self.factor + part + 1] = total
      }
    }
    func sum(to end: Int) {
      while summed < n - 1, summed * Self.factor < end {
        sum(bin: summed)
        summed += 1
      }
      if end == count { sums[count] = total + Double(echo[base + n - 1]) * scale }
    }
    let half = Self.box / 2
    func smooth(_ i: Int) -> Double {
      let low = max(0, i - half), high = min(count, i + half + 1)
      return (sums[high] - sums[low]) / Double(high - low)
    }
    // The smoothed echo is nowhere above its largest sample around: the search may begin a bin before the first that is high enough.
    let first = echo.firstIndex { Double($0) * scale > noise + margin }.map { max(0, ($0 - base - 1) * Self.factor - 1) } ?? 0
    sum(to: min(count, first + half + 2))
    var previous = smooth(first), current = smooth(first + 1), found = -1
    for i in (first + 1)..<count - 1 {
      sum(to: min(count, i + half + 2))
      let next = smooth(i + 1)
      if current > noise + margin, current > previous, current >= next {
        found = i
        break
      }
      previous = current
      current = next
    }
    guard found > 0 else { return nil }
    let peak = smooth(found)
    func crossing(_ level: Double) -> Double? {
      var i = found
      while i > 0, smooth(i - 1) >= level { i -= 1 }
      guard i > 0 else { return nil }
      let a = smooth(i - 1), b = smooth(i)
      return (Double(i - 1) + (b > a ? (level - a) / (b - a) : 0)) / Double(Self.factor)
    }
    guard let bin = crossing(threshold * peak) else { return nil }
    let width = crossing(0.05 * peak).flatMap { low in crossing(0.95 * peak).map { $0 - low } }
    return Edge(
      bin: bin, width: width ?? .nan,
      firstMaximum: Double(found) / Double(Self.factor))
  }
}
