import Glibc

/// The distribution of the largest of many values, fitted by moments.
///
/// Source: Gumbel 1958, Statistics of Extremes.
struct GumbelDistribution: Sendable {
  let location: Double
  let scale: Double

  /// Nil for fewer than two values and for values that do not vary.
  init?(_ values: [Double]) {
    guard values.count > 1 else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    guard variance > 0, variance.isFinite else { return nil }
    let euler = 0.577_215_664_901_532_9
    scale = (6 * variance).squareRoot() / .pi
    location = mean - euler * scale
  }

  /// The share of largest values at or above one.
  func probability(above value: Double) -> Double { -expm1(-exp(-(value - location) / scale)) }
}
