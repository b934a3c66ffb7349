import FloeNumerics

/// A fitted Gaussian mixture.
public struct GMMResult: Sendable {
  /// The mixture in the feature space.
  public var mixture: GMMParameters
  public let space: FeatureSpace
  /// Mean log-likelihood a sample of this mixture over all valid samples, in the feature space.
  public let meanLogLikelihood: Double
  /// EM steps over the training sample, then over all valid samples.
  public let sampleIterations, fullIterations: Int
  public let isConverged: Bool
  public let validCount, skipped: Int
  /// Samples on which EM was fitted first.
  public let trainingCount: Int
  public var clusters: [ClusterSummary]

  /// Akaike's criterion, as scikit-learn counts it: smaller is better.
  public var aic: Double { -2 * meanLogLikelihood * Double(validCount) + 2 * Double(mixture.freeParameterCount) }
  /// The Bayesian criterion: smaller is better.
  public var bic: Double {
    -2 * meanLogLikelihood * Double(validCount) + Double(mixture.freeParameterCount) * naturalLog(Double(validCount))
  }

  /// The same result with the components in another order: new component `i` is the old `order[i]`.
  public func reordered(_ order: [Int]) -> GMMResult {
    var copy = self
    copy.mixture = mixture.reordered(order)
    copy.clusters = order.map { clusters[$0] }
    return copy
  }

  /// The kernel that classifies with this mixture.
  public func kernel(layout: [FeatureLayout], whole: Bool) throws -> GMMKernel {
    try GMMKernel(mixture, space: space, layout: layout, whole: whole)
  }
}
