import FloeNumerics

/// The shape of a mixture's covariances, named as scikit-learn names them.
public enum CovarianceType: String, Sendable, Codable, CaseIterable {
  /// Each component has a covariance of its own.
  case full
  /// All components share one.
  case tied
  /// Each component has a variance a feature.
  case diag
  /// Each component has one variance.
  case spherical
}

/// A Gaussian mixture in the feature space.
public struct GMMParameters: Sendable, Hashable {
  public var type: CovarianceType
  /// Shares of the components; they add up to 1.
  public var weights: [Double]
  /// `means[component][feature]`.
  public var means: [[Double]]
  /// The full matrix of each component, whatever the type: `covariances[component][row][column]`.
  public var covariances: [[[Double]]]

  /// A mixture from its figures.
  public init(type: CovarianceType, weights: [Double], means: [[Double]], covariances: [[[Double]]]) {
    self.type = type
    self.weights = weights
    self.means = means
    self.covariances = covariances
  }

  /// Number of components.
  public var count: Int { weights.count }

  /// Free parameters, counted as scikit-learn does.
  public var freeParameterCount: Int {
    let k = count
    let d = means.first?.count ?? 0
    let shape =
      switch type {
      case .full: k * d * (d + 1) / 2
      case .tied: d * (d + 1) / 2
      case .diag: k * d
      case .spherical: k
      }
    return shape + k * d + k - 1
  }

  /// The same mixture with the components in another order: new component `i` is the old `order[i]`.
  public func reordered(_ order: [Int]) -> GMMParameters {
    GMMParameters(
      type: type, weights: order.map { weights[$0] }, means: order.map { means[$0] },
      covariances: order.map { covariances[$0] })
  }

  /// The M-step: parameters from sums about these means (`self` is the mixture that gave the responsibilities).
  func updated(_ sums: GMMAccumulator, regularisation: Double) -> GMMParameters {
    let d = means.first?.count ?? 0
    let n = sums.weights.reduce(0, +)
    var next = self
    var pooled = SquareMatrix(size: d)
    var total = 0.0
    for j in 0..<count {
      // Ten times the machine's epsilon, as scikit-learn, so that an empty component divides by something.
      let nk = sums.weights[j] + 10 * Double.ulpOfOne
      let shift = (0..<d).map { sums.firsts[j * d + $0] / nk }
      next.weights[j] = nk
      next.means[j] = (0..<d).map { means[j][$0] + shift[$0] }
      var covariance = SquareMatrix(size: d)
      var at = j * d * (d + 1) / 2
      for a in 0..<d {
        for b in 0...a {
          let value = sums.seconds[at] / nk - shift[a] * shift[b]
          at += 1
          if type == .full || type == .tied || a == b {
            covariance[a, b] = value
            covariance[b, a] = value
          }
          pooled[a, b] += covariance[a, b] * nk
        }
      }
      total += nk
      if type == .spherical {
        let mean = covariance.diagonal.reduce(0, +) / Double(d)
        covariance = SquareMatrix(diagonal: [Double](repeating: mean, count: d))
      }
      for a in 0..<d { covariance[a, a] += regularisation }
      next.covariances[j] = covariance.rows
    }
    if type == .tied {
      var shared = SquareMatrix(size: d)
      for a in 0..<d {
        for b in 0...a {
          shared[a, b] = pooled[a, b] / total
          shared[b, a] = shared[a, b]
        }
        shared[a, a] += regularisation
      }
      next.covariances = [[[Double]]](repeating: shared.rows, count: count)
    }
    let sum = next.weights.reduce(0, +)
    next.weights = next.weights.map { $0 / (n > 0 ? sum : 1) }
    return next
  }
}

/// What one block adds to an EM step; parts merge in block order.
public struct GMMAccumulator: Sendable, Equatable {
  /// Σ r of each component.
  public var weights: [Double]
  /// Σ r (x - mean): `firsts[component * features + feature]`.
  public var firsts: [Double]
  /// Σ r (x - mean)(x - mean)ᵀ, lower triangles row by row, component after component; only diagonals where these
  /// suffice.
  public var seconds: [Double]
  /// Σ log p(x).
  public var logLikelihood = 0.0
  /// Valid samples.
  public var count = 0

  /// Nothing yet.
  public init(components: Int, features: Int) {
    weights = [Double](repeating: 0, count: components)
    firsts = [Double](repeating: 0, count: components * features)
    seconds = [Double](repeating: 0, count: components * features * (features + 1) / 2)
  }

  /// Adds the part of a later block.
  public mutating func merge(_ other: GMMAccumulator) {
    for i in weights.indices { weights[i] += other.weights[i] }
    for i in firsts.indices { firsts[i] += other.firsts[i] }
    for i in seconds.indices { seconds[i] += other.seconds[i] }
    logLikelihood += other.logLikelihood
    count += other.count
  }
}
