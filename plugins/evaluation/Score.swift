import FloeSDK

/// Agreement of two classifications over the labels of the evaluated pairs, as scikit-learn counts it.
///
/// The numbers are those of `classification_report(reference, predicted, zero_division=0)`, `cohen_kappa_score`,
/// `balanced_accuracy_score` and `jaccard_score(average=None)` on the evaluated pairs.
public struct Score: Sendable, Equatable {
  /// The figures of one class or of an average.
  public struct Figures: Sendable, Equatable {
    public var precision: Double
    public var recall: Double
    public var f1: Double
    /// Evaluated pixels or records of the reference.
    public var support: Int
    /// Intersection over union; 0 where the union is empty.
    public var iou: Double

    /// Figures of a class.
    public init(precision: Double, recall: Double, f1: Double, support: Int, iou: Double) {
      self.precision = precision
      self.recall = recall
      self.f1 = f1
      self.support = support
      self.iou = iou
    }
  }
  /// Codes of the evaluated classes, rising: those that occur in the evaluated pairs on either side.
  public let codes: [Int]
  /// One entry a code, in the order of `codes`.
  public let classes: [Figures]
  public let macro: Figures
  public let weighted: Figures
  /// The share of evaluated pairs that agree; like every average 0 where no pair was evaluated, which a document gives
  /// as null.
  public let accuracy: Double
  /// Cohen's kappa; NaN when both sides have one and the same single class.
  public let kappa: Double
  /// Mean recall of the classes that the reference has.
  public let balancedAccuracy: Double
  /// The number of evaluated pairs.
  public let evaluated: Int

  /// The score over pairs of which both codes are in `labels`.
  public init(_ pairs: PairCounts, labels: [Int]) {
    let codes = labels.sorted().filter { c in labels.contains { pairs.count(c, $0) > 0 || pairs.count($0, c) > 0 } }
    func ratio(_ a: Double, _ b: Double) -> Double { b == 0 ? 0 : a / b }
    let rows = codes.map { r in codes.reduce(0) { $0 + pairs.count(r, $1) } }
    let columns = codes.map { p in codes.reduce(0) { $0 + pairs.count($1, p) } }
    let hits = codes.map { pairs.count($0, $0) }
    let total = rows.reduce(0, +)
    let n = Double(total)
    let classes = codes.indices.map { i in
      let hit = Double(hits[i])
      let row = Double(rows[i])
      let column = Double(columns[i])
      return Figures(
        precision: ratio(hit, column), recall: ratio(hit, row), f1: ratio(2 * hit, row + column), support: rows[i],
        iou: ratio(hit, row + column - hit))
    }
    func mean(_ weights: [Double]) -> Figures {
      let sum = weights.reduce(0, +)
      func average(_ figure: (Figures) -> Double) -> Double {
        ratio(zip(classes, weights).reduce(0) { $0 + figure($1.0) * $1.1 }, sum)
      }
      return Figures(
        precision: average(\.precision), recall: average(\.recall), f1: average(\.f1), support: total,
        iou: average(\.iou))
    }
    self.codes = codes
    self.classes = classes
    macro = mean(classes.map { _ in 1 })
    weighted = mean(classes.map { Double($0.support) })
    accuracy = ratio(Double(hits.reduce(0, +)), n)
    let byChance = ratio(zip(rows, columns).reduce(0) { $0 + Double($1.0) * Double($1.1) }, n * n)
    kappa = byChance == 1 || total == 0 ? .nan : (accuracy - byChance) / (1 - byChance)
    let present = classes.filter { $0.support > 0 }
    balancedAccuracy = ratio(present.reduce(0) { $0 + $1.recall }, Double(present.count))
    evaluated = total
  }
}
