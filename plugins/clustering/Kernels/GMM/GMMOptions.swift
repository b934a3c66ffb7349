import FloeNumerics

/// How a mixture is fitted; parameterised as scikit-learn's GaussianMixture.
public struct GMMOptions: Sendable {
  public var components: Int
  public var covariance = CovarianceType.full
  /// Added to the diagonals of covariances, in squared units of the feature space.
  public var regularisation = 1e-6
  /// Ends when the mean log-likelihood a sample changes by less than this.
  public var tolerance = 1e-4
  /// EM steps at most, on the training sample and again on all samples.
  public var maxIterations = 200
  public var standardise = false
  public var seed: UInt64 = 0
  /// Starts of the k-means from which the first responsibilities come.
  public var starts = 10
  /// Valid samples on which EM settles before it goes over all of them; all when there are no more.
  public var sampleLimit = 200_000

  /// Whether k-means and EM go over all samples from the first step on, as scikit-learn's do; `sampleLimit` then only
  /// bounds the samples from which k-means takes its starts.
  public var fitsOnAll = false
  /// The space that features are standardised in; nil for that of the samples.
  public var space: FeatureSpace?

  /// Options for a number of components.
  public init(components: Int) { self.components = components }

  func check() throws {
    guard regularisation >= 0 else {
      throw ClusteringError.badParameter("the regularisation is \(regularisation); it must not be negative")
    }
    guard tolerance >= 0 else {
      throw ClusteringError.badParameter("tolerance is \(tolerance); it must not be negative")
    }
    guard maxIterations > 0 else {
      throw ClusteringError.badParameter("the iteration limit is \(maxIterations); at least 1 is needed")
    }
  }
}
