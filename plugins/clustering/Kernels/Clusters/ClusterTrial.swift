/// A number of clusters that was tried, and how well it did.
struct ClusterTrial: Sendable {
  var clusters: Int
  var bic: Double
  var meanLogLikelihood: Double

  /// Which trial has the smallest criterion, the fewer clusters among equals.
  static func best(_ trials: [ClusterTrial]) -> Int {
    trials.indices.min { trials[$0].bic < trials[$1].bic } ?? 0
  }
}
