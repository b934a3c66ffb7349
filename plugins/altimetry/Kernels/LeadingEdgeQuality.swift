/// How cleanly an echo rises to its first maximum, as pysiral measures it on level 1 data of SAR mode.
public enum LeadingEdgeQuality {
  /// The first maximum is the first local one above this share of the absolute maximum.
  static let threshold = 0.25
  /// Bins before the first maximum that are looked at.
  static let window = 30
  /// A first maximum before this bin is none.
  static let firstBin = 10

  /// All rises in the window plus the power at its start, as a share of the first maximum; NaN without a first maximum.
  ///
  /// 1 is a rise without falls before it; noise and earlier echoes raise it. pysiral takes echoes up to 1.02 for sea
  /// ice.
  public static func value(_ echo: ArraySlice<Float>) -> Double {
    echo.withUnsafeBufferPointer { samples in
      guard let top = samples.max(), top > 0, top.isFinite, samples.allSatisfy(\.isFinite) else { return .nan }
      guard let first = firstMaximum(samples, above: threshold * Double(top)), first >= firstBin else { return .nan }
      let start = max(1, first - window)
      var rise = Double(samples[start])
      for i in start...first { rise += max(0, Double(samples[i]) - Double(samples[i - 1])) }
      return rise / Double(samples[first])
    }
  }

  /// The first sample above a limit that is higher than the one before and not lower than the one after.
  private static func firstMaximum(_ samples: UnsafeBufferPointer<Float>, above limit: Double) -> Int? {
    guard samples.count > 2 else { return nil }
    return (1..<samples.count - 1).first { i in
      Double(samples[i]) > limit && samples[i] > samples[i - 1] && samples[i] >= samples[i + 1]
    }
  }
}
