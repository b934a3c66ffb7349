import FloeSDK

/// What is found in an echo: the bins of its first largest sample and of its leading edge, NaN where there is none.
struct EchoFinding: Sendable {
  var peak = Double.nan
  var edge = Double.nan
  /// Whether the echo has power and all its samples are numbers.
  var isWhole = false
  /// The largest sample.
  var top: Float = 0

  /// Nothing found.
  init() {}

  init(_ echo: ArraySlice<Float>) {
    echo.withUnsafeBufferPointer { samples in
      let scan = EchoScan(samples)
      guard scan.peak >= 0 else { return }
      (peak, top, isWhole) = (Double(scan.peak), scan.top, scan.isFinite)
      edge = Retracker().edge(samples, scan)?.bin ?? .nan
    }
  }
}
