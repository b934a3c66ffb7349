import FloeCore

extension FittedModel {
  /// Refuses numbers that no fit gives: weights that are no shares, variances below zero, covariances that are not
  /// symmetric or not positive definite. A classification by them would be nonsense without looking so.
  static func check(_ clusters: [ClusterSummary], _ mixture: GMMParameters?) throws(FloeError) {
    for (j, cluster) in clusters.enumerated() {
      if let odd = cluster.variance.first(where: { $0 < 0 }) {
        throw FloeError("the model's cluster \(j) has the variance \(odd); variances are not below zero")
      }
      guard cluster.brightnessVariance >= 0, cluster.count >= 0, cluster.count.isFinite else {
        throw FloeError(
          "the model's cluster \(j) has the count \(cluster.count) and the brightness variance "
            + "\(cluster.brightnessVariance); neither can be below zero")
      }
    }
    guard let mixture else { return }
    if let odd = mixture.weights.first(where: { $0 < 0 || $0 > 1 }) {
      throw FloeError("the model's 'weights' hold \(odd); weights are shares from 0 to 1")
    }
    let sum = mixture.weights.reduce(0, +)
    guard abs(sum - 1) < 1e-6 else { throw FloeError("the model's 'weights' add up to \(sum), not to 1") }
    for (j, covariance) in mixture.covariances.enumerated() { try check(covariance, of: j) }
  }

  private static func check(_ covariance: [[Double]], of cluster: Int) throws(FloeError) {
    let n = covariance.count
    for a in 0..<n {
      guard covariance[a][a] > 0 else {
        throw FloeError(
          "the model's covariance \(cluster) has \(covariance[a][a]) on its diagonal; variances are above zero")
      }
      for b in 0..<a {
        let size = (covariance[a][a] * covariance[b][b]).squareRoot()
        guard abs(covariance[a][b] - covariance[b][a]) <= 1e-9 * size else {
          throw FloeError(
            "the model's covariance \(cluster) is not symmetric: \(covariance[a][b]) stands against \(covariance[b][a])"
          )
        }
      }
    }
    // Cholesky's decomposition of the correlations exists for positive definite matrices alone.
    var lower = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
    for a in 0..<n {
      for b in 0...a {
        var rest = covariance[a][b] / (covariance[a][a] * covariance[b][b]).squareRoot()
        for k in 0..<b { rest -= lower[a][k] * lower[b][k] }
        if a == b {
          guard rest > 0 else { throw FloeError("the model's covariance \(cluster) is not positive definite") }
          lower[a][a] = rest.squareRoot()
        } else {
          lower[a][b] = rest / lower[b][b]
        }
      }
    }
  }
}
