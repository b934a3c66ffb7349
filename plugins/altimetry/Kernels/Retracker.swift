/// The threshold first-maximum retracker (TFMRA) as pysiral has it.
///
/// The echo is oversampled x10 (linear; `10 n` samples from the first bin to the last), smoothed with an 11-sample box
/// that counts zeros beyond the ends, and measured against the maximum of the *smoothed* echo. The noise is the mean of
/// the smoothed bins 0..<5. The first local maximum at or above noise + 0.15 is the surface, else the largest sample.
/// The leading edge is at the *first* sample of the echo, from the left, above half of it, interpolated linearly.
/// (Helm et al. 2014; Ricker et al. 2014; Hendricks et al., pysiral: `cTFMRA` with the settings of SAR mode.)
public struct Retracker: Sendable {
  /// The share of the first maximum that marks the surface, dimensionless.
  public var threshold = 0.5
  /// How far above the noise the first maximum must lie, as a share of the largest smoothed sample.
  public var margin = 0.15
  static let noiseBins = 0..<5

  /// A retracker with pysiral's constants.
  public init(threshold: Double = 0.5) { self.threshold = threshold }

  /// What was found in one echo.
  public struct Edge: Sendable, Equatable {
    /// Where the leading edge reaches the threshold, in bins from the first.
    public var bin: Double
    /// Bins from 5 % to 95 % of the first maximum, both at the first sample above it from bin 5 on; NaN where the echo
    /// is above 5 % there already.
    public var width: Double
    /// The place of the first maximum in bins.
    public var firstMaximum: Double
  }

  /// The leading edge of one echo; nil for an echo without power, with missing samples, or above the threshold from its
  /// first sample on (pysiral's index wraps around there, and its range means nothing).
  public func edge(_ echo: ArraySlice<Float>) -> Edge? { echo.withUnsafeBufferPointer { edge($0, EchoScan($0)) } }

  /// The same of an echo that has been looked at.
  func edge(_ echo: UnsafeBufferPointer<Float>, _ scan: EchoScan) -> Edge? {
    guard echo.count > 8, scan.peak >= 0, scan.isFinite else { return nil }
    return OversampledBox.of(bins: echo.count).withSmoothed(echo) { smooth in
      let top = smooth.top(near: scan.peak)
      let noiseSamples = Self.noiseBins.count * OversampledBox.factor
      let noise = (0..<noiseSamples).reduce(0) { $0 + smooth[$1] } / Double(noiseSamples)
      let level = noise + margin * smooth[top]
      let first =
        smooth.first(in: 0..<top, reaching: level) { i, value in
          value >= level && value > smooth[i + 1] && (i == 0 || value > smooth[i - 1])
        } ?? top
      /// The first crossing of a share of the first maximum, not before a sample.
      func crossing(_ share: Double, from start: Int) -> Double? {
        let target = share * smooth[first]
        guard start < first,
          let i = smooth.first(in: start..<first + 1, reaching: target, where: { $1 > target }), i > 0,
          smooth[i - 1] <= target
        else { return nil }
        return (Double(i - 1) + (target - smooth[i - 1]) / (smooth[i] - smooth[i - 1])) * smooth.step
      }
      guard let bin = crossing(threshold, from: 0) else { return nil }
      let start = Self.noiseBins.upperBound * OversampledBox.factor
      let width = crossing(0.05, from: start).flatMap { low in crossing(0.95, from: start).map { $0 - low } }
      return Edge(
        bin: bin, width: width.flatMap { $0 >= 0 ? $0 : nil } ?? .nan, firstMaximum: Double(first) * smooth.step)
    }
  }
}
