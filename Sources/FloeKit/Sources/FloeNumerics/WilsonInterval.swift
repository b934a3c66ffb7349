/// Wilson's 95 % interval of a share, which holds for few cases and for shares of 0 and 1.
///
/// It takes cases for independent. Pixels beside each other are not, so that true intervals of rasters are wider.
/// Source: Wilson 1927, Journal of the American Statistical Association 22, 209.
public enum WilsonInterval {
  private static let z = 1.959963984540054

  /// The ends of the interval, 0 to 1; nil without a case, and for more hits than cases or fewer than none.
  public static func ends(_ hits: Int, of count: Int) -> (low: Double, high: Double)? {
    guard count > 0, hits >= 0, hits <= count else { return nil }
    let n = Double(count)
    let p = Double(hits) / n
    let scale = 1 + z * z / n
    let middle = (p + z * z / (2 * n)) / scale
    let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot() / scale
    return (hits == 0 ? 0 : max(0, middle - half), hits == count ? 1 : min(1, middle + half))
  }
}
