/// Why samples cannot be clustered, as a sentence.
public enum ClusteringError: Error, Sendable, Equatable, CustomStringConvertible {
  /// No sample is valid.
  case noValidSamples(skipped: Int)
  /// Fewer distinct values than clusters.
  case tooFewDistinct(distinct: Int, samples: Int, clusters: Int)
  /// A component's covariance is not positive definite.
  case collapsed(component: Int, iteration: Int, regularisation: Double, covariance: String)
  /// A parameter out of its range.
  case badParameter(String)

  public var description: String {
    switch self {
    case .noValidSamples(let skipped):
      skipped == 0
        ? "there are no samples to cluster"
        : """
        none of the \(skipped) samples is valid: all are no data or not a number; check the bands, the mask and the \
        window
        """
    case .tooFewDistinct(let distinct, let samples, let clusters):
      """
      only \(distinct) distinct value\(distinct == 1 ? "" : "s") among \(samples) valid sample\
      \(samples == 1 ? "" : "s"); 
      """
        + "\(clusters) clusters need at least \(clusters)"
    case .collapsed(let component, let iteration, let regularisation, let covariance):
      "component \(component) collapsed onto too few distinct values in iteration \(iteration) (its covariance is not "
        + "positive definite): raise the regularisation above \(regularisation), ask for fewer clusters"
        + (covariance == "full" ? ", or use 'diag' covariance instead of 'full'" : "")
    case .badParameter(let sentence): sentence
    }
  }
}
