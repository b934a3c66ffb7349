/// A threshold first-maximum retracker (TFMRA) with the constants of pysiral.
///
/// The echo is divided by its maximum, oversampled x10 (linear) and smoothed with an 11-sample box. The noise is the
/// mean of bins 0...5. The first local maximum above noise + 0.15 is the surface; the leading edge is where the
/// smoothed echo first reaches half of it, by linear interpolation. (Ricker et al. 2014; Hendricks et al., pysiral.)
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

  /// The leading edge of one echo; nil for an echo without power or without a maximum above the noise and an edge
  /// before it.
  public func edge(_ echo: ArraySlice<Float>) -> Edge? { echo.withUnsafeBufferPointer { edge($0, EchoScan($0)) } }

  /// The same of an echo that has been looked at; without its width, which takes most of the time, where nobody asks
  /// for it.
  func edge(_ echo: UnsafeBufferPointer<Float>, _ scan: EchoScan, isWidthWanted: Bool = true) -> Edge? {
    let n = echo.count
    guard n > 8, scan.peak >= 0, scan.isFinite else { return nil }
    let scale = 1 / Double(scan.top)
    let count = (n - 1) * Self.factor + 1
    var noise = 0.0
    for i in Self.noiseBins { noise += Double(echo[i]) * scale / Double(Self.noiseBins.count) }
    let taps = Self.taps
    let half = Self.box / 2
    /// Sample i of the oversampled and smoothed echo.
    func smooth(_ i: Int) -> Double {
      guard i >= half, i < count - half - 1 else { return Self.smoothPlain(echo, i) * scale }
      let bin = i / Self.factor
      let part = i - bin * Self.factor
      let w = taps[part]
      let from = part < half ? bin - 1 : bin
      return (w.x * Double(echo[from]) + w.y * Double(echo[from + 1]) + w.z * Double(echo[from + 2])) * scale
    }
    // The smoothed echo is nowhere above its largest sample around: the search may begin a bin before the first that is
    // high enough.
    let level = noise + margin
    let first = echo.firstIndex { Double($0) * scale > level }.map { max(0, ($0 - 1) * Self.factor - 1) } ?? 0
    var previous = smooth(first)
    var current = smooth(first + 1)
    var found = -1
    for i in (first + 1)..<count - 1 {
      let next = smooth(i + 1)
      if current > level, current > previous, current >= next {
        found = i
        break
      }
      previous = current
      current = next
    }
    guard found > 0 else { return nil }
    func crossing(_ level: Double) -> Double? {
      var i = found
      var b = current
      while i > 0 {
        let a = smooth(i - 1)
        if a < level { return (Double(i - 1) + (b > a ? (level - a) / (b - a) : 0)) / Double(Self.factor) }
        (i, b) = (i - 1, a)
      }
      return nil
    }
    guard let bin = crossing(threshold * current) else { return nil }
    guard isWidthWanted else { return Edge(bin: bin, width: .nan, firstMaximum: Double(found) / Double(Self.factor)) }
    let width = crossing(0.05 * current).flatMap { low in crossing(0.95 * current).map { $0 - low } }
    return Edge(bin: bin, width: width ?? .nan, firstMaximum: Double(found) / Double(Self.factor))
  }

  /// The mean of the oversampled echo over the box around sample i, cut off at the echo's ends: the plain twin of
  /// `taps`.
  static func smoothPlain(_ echo: UnsafeBufferPointer<Float>, _ i: Int) -> Double {
    let count = (echo.count - 1) * factor + 1
    let low = max(0, i - box / 2)
    let high = min(count - 1, i + box / 2)
    var sum = 0.0
    for k in low...high {
      let bin = k / factor
      let part = k - bin * factor
      let a = Double(echo[bin])
      sum += part == 0 ? a : a + (Double(echo[bin + 1]) - a) * Double(part) / Double(factor)
    }
    return sum / Double(high - low + 1)
  }

  /// Box filter and interpolation in one: 11 oversampled values in a row are a weighted mean of 3 bins, by the place
  /// within a bin.
  static let taps: [SIMD3<Double>] = (0..<factor).map { part in
    var weights = SIMD3<Double>.zero
    for k in part - box / 2...part + box / 2 {
      // Counted from the first of the three bins.
      let at = k + (part < box / 2 ? factor : 0)
      let bin = at / factor
      let share = Double(at % factor) / Double(factor)
      weights[bin] += (1 - share) / Double(box)
      if share > 0 { weights[bin + 1] += share / Double(box) }
    }
    return weights
  }
}
