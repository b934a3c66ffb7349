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
  public static let factor = 10
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
    let box = OversampledBox.of(bins: echo.count)
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: box.count) { smooth in
      let top = box.smooth(echo, into: smooth)
      let noise = smooth[..<(Self.noiseBins.upperBound * Self.factor)].reduce(0, +)
      let level = noise / Double(Self.noiseBins.count * Self.factor) + margin * smooth[top]
      var first = top
      for i in 0..<top where smooth[i] >= level && smooth[i] > smooth[i + 1] && (i == 0 || smooth[i] > smooth[i - 1]) {
        first = i
        break
      }
      /// The first crossing of a share of the first maximum, not before a sample.
      func crossing(_ share: Double, from start: Int) -> Double? {
        let target = share * smooth[first]
        guard start < first, let i = (start..<first).first(where: { smooth[$0] > target }), i > 0,
          smooth[i - 1] <= target
        else { return nil }
        return (Double(i - 1) + (target - smooth[i - 1]) / (smooth[i] - smooth[i - 1])) * box.step
      }
      guard let bin = crossing(threshold, from: 0) else { return nil }
      let start = Self.noiseBins.upperBound * Self.factor
      let width = crossing(0.05, from: start).flatMap { low in crossing(0.95, from: start).map { $0 - low } }
      return Edge(
        bin: bin, width: width.flatMap { $0 >= 0 ? $0 : nil } ?? .nan, firstMaximum: Double(first) * box.step)
    }
  }
}

/// Oversampling and box filter in one: each smoothed sample is a weighted sum of three bins.
struct OversampledBox: Sendable {
  /// The samples of the oversampled echo.
  let count: Int
  /// The distance of two of them in bins.
  let step: Double
  /// Weights of each sample, by kind: loops over them are then of eight at a time.
  private let before, whole, after: [Double]
  /// Runs of samples whose taps begin at the same bin.
  private let runs: [(from: Int, samples: Range<Int>)]
  static let width = 11

  /// A sample is `whole * b + before * (a - b) + after * (c - b)` for the bins a, b, c from `from` on: equal bins then
  /// give equal samples to the last bit, and a flat piece has no maxima of its own.
  private struct Tap: Sendable {
    var from: Int
    var before = 0.0
    var whole = 0.0
    var after = 0.0
  }

  /// The filter for echoes of `bins` samples, at least 3.
  init(bins: Int) {
    count = bins * Retracker.factor
    let step = Double(bins - 1) / Double(count - 1)
    self.step = step
    let reach = Self.width / 2
    let taps = (0..<count).map { [count] i in
      let samples = max(0, i - reach)...min(count - 1, i + reach)
      var tap = Tap(from: min(bins - 3, Int(Double(samples.lowerBound) * step)))
      for k in samples {
        let place = Double(k) * step
        let bin = min(bins - 2, Int(place))
        let share = place - Double(bin)
        for (b, weight) in [(bin, 1 - share), (bin + 1, share)] where weight > 0 {
          switch b - tap.from {
          case 0: tap.before += weight / Double(Self.width)
          case 2: tap.after += weight / Double(Self.width)
          default: break
          }
        }
      }
      tap.whole = Double(samples.count) / Double(Self.width)
      return tap
    }
    before = taps.map(\.before)
    whole = taps.map(\.whole)
    after = taps.map(\.after)
    var runs: [(from: Int, samples: Range<Int>)] = []
    for (i, tap) in taps.enumerated() {
      if let last = runs.last, last.from == tap.from {
        runs[runs.count - 1].samples = last.samples.lowerBound..<i + 1
      } else {
        runs.append((tap.from, i..<i + 1))
      }
    }
    self.runs = runs
  }

  /// The filters of SRAL's and CryoSat-2's echoes, made once.
  private static let sar = OversampledBox(bins: 256)
  private static let low = OversampledBox(bins: 128)

  /// The filter for echoes of a number of bins.
  static func of(bins: Int) -> OversampledBox {
    switch bins {
    case 256: sar
    case 128: low
    default: OversampledBox(bins: bins)
    }
  }

  /// Writes the smoothed echo, `count` samples in the echo's unit; returns the place of the first largest one.
  func smooth(_ echo: UnsafeBufferPointer<Float>, into target: UnsafeMutableBufferPointer<Double>) -> Int {
    before.withUnsafeBufferPointer { before in
      whole.withUnsafeBufferPointer { whole in
        after.withUnsafeBufferPointer { after in
          guard let out = target.baseAddress else { return }
          for run in runs {
            let b = Double(echo[run.from + 1])
            let left = Double(echo[run.from]) - b
            let right = Double(echo[run.from + 2]) - b
            for i in run.samples { out[i] = whole[i] * b + before[i] * left + after[i] * right }
          }
        }
      }
    }
    var top = 0
    var best = -Double.infinity
    for i in 0..<count where target[i] > best { (best, top) = (target[i], i) }
    return top
  }
}
