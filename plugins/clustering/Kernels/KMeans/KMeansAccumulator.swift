/// What one block of samples adds to a Lloyd step; parts merge in block order.
public struct KMeansAccumulator: Sendable, Equatable {
  /// Samples of each cluster.
  public var counts: [Int]
  /// Sums of `stored - reference`: `sums[cluster * features + feature]`; exact for whole numbers.
  public var sums: [Double]
  /// Sum of squared distances to the nearest centre, in the kernel's space.
  public var inertia = 0.0
  /// Samples left out: no data or not a number.
  public var skipped = 0

  /// Nothing yet.
  public init(clusters: Int, features: Int) {
    counts = [Int](repeating: 0, count: clusters)
    sums = [Double](repeating: 0, count: clusters * features)
  }

  /// Adds the part of a later block.
  public mutating func merge(_ other: KMeansAccumulator) {
    for i in counts.indices { counts[i] += other.counts[i] }
    for i in sums.indices { sums[i] += other.sums[i] }
    inertia += other.inertia
    skipped += other.skipped
  }
}
