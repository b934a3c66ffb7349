import FloeSDK

/// 95 % intervals of what follows from shares, and their words.
package enum Interval {
  private static let z = 1.959963984540054

  /// Cohen's kappa with the large-sample error of Cohen 1960, from the agreement observed and the kappa itself.
  package static func kappa(_ kappa: Double, agreement: Double, count: Int) -> (low: Double, high: Double)? {
    // kappa = (po - pe) / (1 - pe), so that 1 - pe = (1 - po) / (1 - kappa).
    guard count > 0, kappa < 1, agreement < 1, kappa.isFinite else { return nil }
    let beyond = (1 - agreement) / (1 - kappa)
    let half = z * (agreement * (1 - agreement) / Double(count)).squareRoot() / beyond
    return (max(-1, kappa - half), min(1, kappa + half))
  }

  /// "0.667 (0.391 to 0.862)"; the number alone without an interval.
  static func text(_ value: Double?, _ interval: (low: Double, high: Double)?) -> String {
    let number = ReportFormat.fixed(value, 3)
    guard let interval else { return number }
    return "\(number) (\(ReportFormat.fixed(interval.low, 3)) to \(ReportFormat.fixed(interval.high, 3)))"
  }
}
