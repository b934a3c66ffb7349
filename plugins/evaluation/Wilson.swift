import FloeSDK

/// Wilson's 95 % interval of a share (1927): it holds for few pairs too, and for shares of 0 and 1.
///
/// It takes pairs for independent. Pixels beside each other are not, so that true intervals of rasters are wider.
enum Wilson {
  private static let z = 1.959963984540054

  /// The interval; nil without a case.
  static func interval(_ hits: Int, of count: Int) -> (low: Double, high: Double)? {
    guard count > 0, hits >= 0, hits <= count else { return nil }
    let n = Double(count)
    let p = Double(hits) / n
    let scale = 1 + z * z / n
    let middle = (p + z * z / (2 * n)) / scale
    let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot() / scale
    return (hits == 0 ? 0 : max(0, middle - half), hits == count ? 1 : min(1, middle + half))
  }
}

/// The intervals of a score's shares.
struct ScoreIntervals: Sendable {
  /// Of one class, in the order of the score's codes.
  struct OfClass: Sendable {
    let precision, recall, iou: (low: Double, high: Double)?
    /// F1 = 2 IoU / (1 + IoU) rises with it, so that the ends of its interval are those of the other.
    var f1: (low: Double, high: Double)? {
      iou.map { (low: 2 * $0.low / (1 + $0.low), high: 2 * $0.high / (1 + $0.high)) }
    }
  }
  let classes: [OfClass]
  let accuracy: (low: Double, high: Double)?

  /// Counts hits, rows and columns of the evaluated pairs.
  init(_ score: Score, _ pairs: PairCounts) {
    let codes = score.codes
    classes = codes.map { code in
      let hits = pairs.count(code, code)
      let row = codes.reduce(0) { $0 + pairs.count(code, $1) }
      let column = codes.reduce(0) { $0 + pairs.count($1, code) }
      return OfClass(
        precision: Wilson.interval(hits, of: column), recall: Wilson.interval(hits, of: row),
        iou: Wilson.interval(hits, of: row + column - hits))
    }
    accuracy = Wilson.interval(codes.reduce(0) { $0 + pairs.count($1, $1) }, of: score.evaluated)
  }

  /// An interval for programs: low and high; null without a case.
  static func json(_ interval: (low: Double, high: Double)?) -> JSONValue {
    guard let interval else { return .null }
    return .array([.number(interval.low), .number(interval.high)])
  }

  /// An interval for people: `0.6210 to 0.9626`.
  static func text(_ interval: (low: Double, high: Double)?) -> String {
    guard let interval else { return "-" }
    return "\(Decimals.text(interval.low, 4)) to \(Decimals.text(interval.high, 4))"
  }
}
