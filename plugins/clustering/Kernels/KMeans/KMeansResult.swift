/// A fitted k-means clustering.
public struct KMeansResult: Sendable {
  /// `centres[cluster][feature]` in physical units.
  public var centres: [[Double]]
  /// The space in which distances were measured.
  public let space: FeatureSpace
  /// Samples of each cluster over all valid samples.
  public var counts: [Int]
  /// Sum of squared distances to the nearest centre over all valid samples, in the feature space.
  public let inertia: Double
  /// Lloyd steps over the training sample of the best start, then over all valid samples.
  public let sampleIterations, fullIterations: Int
  /// Whether the centres came to rest within the tolerance.
  public let isConverged: Bool
  public let validCount, skipped: Int
  /// Samples from which the starts were made, and on which training ended when a share was asked.
  public let trainingCount: Int
  public var clusters: [ClusterSummary]

  /// The same clustering with the clusters in another order: new cluster `i` is the old `order[i]`.
  public func reordered(_ order: [Int]) -> KMeansResult {
    var copy = self
    copy.centres = order.map { centres[$0] }
    copy.counts = order.map { counts[$0] }
    copy.clusters = order.map { clusters[$0] }
    return copy
  }

  /// The nearest-centre search of this result.
  public func kernel(layout: [FeatureLayout], whole: Bool) -> KMeansKernel {
    KMeansKernel(centres: centres, space: space, layout: layout, whole: whole)
  }
}
