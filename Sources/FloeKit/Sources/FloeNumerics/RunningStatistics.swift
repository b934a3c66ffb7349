/// Count, mean, variance and extremes of a stream of numbers; parts can be merged.
///
/// Welford's update, and Chan, Golub and LeVeque's (1979) for the merge: no cancellation for large means.
public struct RunningStatistics: Sendable, Equatable {
  /// How many values were taken in.
  public private(set) var count = 0
  /// The mean in the unit of the values; 0 without values.
  public private(set) var mean = 0.0
  /// The sum of squared deviations from the mean, in the unit of the values squared.
  public private(set) var squaredDeviations = 0.0
  /// The smallest value; infinity without values.
  public private(set) var minimum = Double.infinity
  /// The largest value; minus infinity without values.
  public private(set) var maximum = -Double.infinity

  /// No values yet.
  public init() {}

  /// The statistics of the numbers that are not NaN.
  @inlinable
  public init(_ values: some Sequence<Double>) {
    self.init()
    for v in values where !v.isNaN { add(v) }
  }

  /// Takes one value in; NaN would make mean and variance NaN, so leave missing values out.
  public mutating func add(_ value: Double) {
    count += 1
    let delta = value - mean
    mean += delta / Double(count)
    squaredDeviations += delta * (value - mean)
    minimum = min(minimum, value)
    maximum = max(maximum, value)
  }

  /// Takes in the values of another stream.
  public mutating func merge(_ other: RunningStatistics) {
    guard other.count > 0 else { return }
    guard count > 0 else {
      self = other
      return
    }
    let total = Double(count + other.count)
    let delta = other.mean - mean
    mean += delta * Double(other.count) / total
    squaredDeviations += other.squaredDeviations + delta * delta * Double(count) * Double(other.count) / total
    count += other.count
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
  }

  /// The variance of the population (divided by n); 0 without values.
  public var variance: Double { count > 0 ? squaredDeviations / Double(count) : 0 }
  /// The variance of a sample (divided by n - 1); 0 below two values.
  public var sampleVariance: Double { count > 1 ? squaredDeviations / Double(count - 1) : 0 }
  /// The standard deviation of the population, in the unit of the values; 0 without values.
  public var standardDeviation: Double { variance.squareRoot() }
}
