import FloeNumerics

/// What is known of one cluster, in physical units, standardised or not.
public struct ClusterSummary: Sendable, Hashable {
  /// The centre, or a component's mean: `mean[feature]`.
  public var mean: [Double]
  /// The variance of each feature within the cluster.
  public var variance: [Double]
  /// The variance of the mean over all features within the cluster.
  public var brightnessVariance: Double
  /// Samples of the cluster; for a mixture the sum of responsibilities.
  public var count: Double
  /// The mean over all features, meaningful when they share a unit.
  public var brightness: Double { mean.reduce(0, +) / Double(max(1, mean.count)) }

  /// A summary from its figures.
  public init(mean: [Double], variance: [Double], brightnessVariance: Double, count: Double) {
    self.mean = mean
    self.variance = variance
    self.brightnessVariance = brightnessVariance
    self.count = count
  }
}

extension Array where Element == ClusterSummary {
  /// Clusters from the darkest to the brightest; equal ones keep their order.
  public var orderByBrightness: [Int] { map(\.mean).orderByBrightness }
}

/// Orders of centres, `centres[cluster][feature]`; equal ones keep theirs.
extension Array where Element == [Double] {
  /// By rising mean over all features.
  var orderByBrightness: [Int] { order(map { $0.reduce(0, +) / Double(Swift.max(1, $0.count)) }) }
  /// By rising value of one feature.
  func order(byFeature feature: Int) -> [Int] { order(map { $0[feature] }) }

  private func order(_ keys: [Double]) -> [Int] {
    indices.sorted { keys[$0] != keys[$1] ? keys[$0] < keys[$1] : $0 < $1 }
  }
}
