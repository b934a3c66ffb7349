/// Oversampling and box filter in one: each smoothed sample is a weighted sum of three bins.
struct OversampledBox: Sendable {
  /// The distance of two samples of the oversampled echo in bins.
  private let step: Double
  private let taps: [Tap]
  /// Samples whose taps begin at the same bin.
  private let runs: [Run]
  /// Samples of the oversampled echo a bin, and samples under the box.
  static let factor = 10, width = 11

  /// A sample is `whole * b + before * (a - b) + after * (c - b)` for the bins a, b, c from `from` on: equal bins then
  /// give equal samples to the last bit, and a flat piece has no maxima of its own.
  fileprivate struct Tap: Sendable {
    var from: Int
    var before = 0.0
    var whole = 0.0
    var after = 0.0
  }

  fileprivate struct Run: Sendable {
    var from: Int
    var samples: Range<Int>
  }

  /// The filter for echoes of `bins` samples, at least 3.
  init(bins: Int) {
    let count = bins * Self.factor
    let step = Double(bins - 1) / Double(count - 1)
    let reach = Self.width / 2
    let taps = (0..<count).map { i in
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
    var runs: [Run] = []
    for (i, tap) in taps.enumerated() {
      if let last = runs.last, last.from == tap.from {
        runs[runs.count - 1].samples = last.samples.lowerBound..<i + 1
      } else {
        runs.append(Run(from: tap.from, samples: i..<i + 1))
      }
    }
    (self.step, self.taps, self.runs) = (step, taps, runs)
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

  /// Works with the smoothed samples of an echo of as many bins as the filter is for.
  func withSmoothed<Result>(_ echo: UnsafeBufferPointer<Float>, _ work: (SmoothedEcho) -> Result) -> Result {
    taps.withUnsafeBufferPointer { taps in
      runs.withUnsafeBufferPointer { runs in work(SmoothedEcho(echo: echo, taps: taps, runs: runs, step: step)) }
    }
  }
}

/// The samples of an oversampled and smoothed echo, each computed when it is asked for.
///
/// Most need not be: a sample is a mean of three bins, and of zeros beyond the ends, so that it cannot exceed the
/// largest of them. Where that stays below what is looked for, the samples of those bins are passed over.
struct SmoothedEcho {
  private let echo: UnsafeBufferPointer<Float>
  private let taps: UnsafeBufferPointer<OversampledBox.Tap>
  private let runs: UnsafeBufferPointer<OversampledBox.Run>
  /// The distance of two samples in bins.
  let step: Double

  fileprivate init(
    echo: UnsafeBufferPointer<Float>, taps: UnsafeBufferPointer<OversampledBox.Tap>,
    runs: UnsafeBufferPointer<OversampledBox.Run>, step: Double
  ) {
    (self.echo, self.taps, self.runs, self.step) = (echo, taps, runs, step)
  }

  /// A smoothed sample in the echo's unit.
  subscript(_ i: Int) -> Double {
    let tap = taps[i]
    let b = Double(echo[tap.from + 1])
    return tap.whole * b + tap.before * (Double(echo[tap.from]) - b) + tap.after * (Double(echo[tap.from + 2]) - b)
  }

  /// What no sample of a run exceeds, with room for rounding.
  private func bound(_ run: OversampledBox.Run) -> Double {
    let top = max(echo[run.from], echo[run.from + 1], echo[run.from + 2], 0)
    return Double(top) * (1 + 1e-12)
  }

  /// The first of the largest samples; `peak` is the place of the echo's largest bin, around which it is likely.
  func top(near peak: Int) -> Int {
    var least = -Double.infinity
    for run in runs where run.from <= peak && peak <= run.from + 2 {
      for i in run.samples { least = max(least, self[i]) }
    }
    var top = 0
    var best = -Double.infinity
    for run in runs where bound(run) >= least {
      for i in run.samples where self[i] > best { (best, top) = (self[i], i) }
    }
    return top
  }

  /// The first sample of a range that a condition holds for, which no sample below `least` can meet.
  func first(in range: Range<Int>, reaching least: Double, where holds: (Int, Double) -> Bool) -> Int? {
    for run in runs where run.samples.upperBound > range.lowerBound && bound(run) >= least {
      guard run.samples.lowerBound < range.upperBound else { return nil }
      for i in run.samples.clamped(to: range) where holds(i, self[i]) { return i }
    }
    return nil
  }
}
