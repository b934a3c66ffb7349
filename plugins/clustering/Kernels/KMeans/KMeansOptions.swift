/// How k-means runs; the defaults are those of scikit-learn but for the number of starts and the tolerance.
public struct KMeansOptions: Sendable {
  public var clusters: Int
  /// Starts, of which the best is kept.
  public var starts = 10
  /// Lloyd steps at most, on the training sample and again on all samples.
  public var maxIterations = 300
  /// Ends when the squared shift of all centres is at most this share of the features' mean variance.
  ///
  /// Smaller than scikit-learn's 1e-4, with which the last steps, those that decide labels at the borders, are left
  /// out.
  public var tolerance = 1e-10
  public var standardise = false
  public var seed: UInt64 = 0
  /// Valid samples from which the starts are made; all when there are no more.
  public var sampleLimit = 200_000
  /// Share of the samples that is put aside as near the border between two clusters, so that most steps look at those
  /// alone; more with more clusters, by the square root of their number; 0 for full steps.
  public var borderShare = 0.015
  /// Share of the valid samples to train on (0 < share <= 1); below 1 all samples are labelled but not trained on.
  public var trainingShare = 1.0
  /// Samples of a mini-batch; nil for Lloyd's full steps.
  public var miniBatch: Int?

  /// The space that distances are measured in; nil for that of the samples.
  public var space: FeatureSpace?

  /// Options for a number of clusters.
  public init(clusters: Int) { self.clusters = clusters }

  func check() throws {
    guard (1...255).contains(clusters) else {
      throw ClusteringError.badParameter("clusters is \(clusters); 1 to 255 are possible")
    }
    guard starts > 0 else { throw ClusteringError.badParameter("starts is \(starts); at least 1 is needed") }
    guard maxIterations > 0 else {
      throw ClusteringError.badParameter("the iteration limit is \(maxIterations); at least 1 is needed")
    }
    guard tolerance >= 0 else {
      throw ClusteringError.badParameter("tolerance is \(tolerance); it must not be negative")
    }
    guard trainingShare > 0, trainingShare <= 1 else {
      throw ClusteringError.badParameter("the training share is \(trainingShare); above 0 and at most 1 is possible")
    }
    if let miniBatch, miniBatch < 1 {
      throw ClusteringError.badParameter("the mini-batch holds \(miniBatch) samples; at least 1 is needed")
    }
  }
}
