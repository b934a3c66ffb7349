/// 95 % intervals of shares and of what follows from them.
package enum Interval {
  private static let z = 1.959963984540054

  /// Wilson's interval of a share (Wilson 1927), which holds for few cases and for shares of 0 and 1; nil without a
  /// case.
  package static func wilson(_ hits: Int, of count: Int) -> (low: Double, high: Double)? {
    guard count > 0, hits >= 0, hits <= count else { return nil }
    let n = Double(count)
    let p = Double(hits) / n
    let scale = 1 + z * z / n
    let middle = (p + z * z / (2 * n)) / scale
    let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot() / scale
    return (hits == 0 ? 0 : max(0, middle - half), hits == count ? 1 : min(1, middle + half))
  }

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
