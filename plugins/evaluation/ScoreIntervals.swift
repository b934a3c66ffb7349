import FloeSDK

/// Wilson's 95 % intervals of a score's shares.
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
        precision: WilsonInterval.ends(hits, of: column), recall: WilsonInterval.ends(hits, of: row),
        iou: WilsonInterval.ends(hits, of: row + column - hits))
    }
    accuracy = WilsonInterval.ends(codes.reduce(0) { $0 + pairs.count($1, $1) }, of: score.evaluated)
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
