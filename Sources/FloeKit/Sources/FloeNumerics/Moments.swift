/// Weight, weighted sum and sum of outer products of d-dimensional values; parts add up in any grouping.
///
/// Values should be near zero (subtract a reference first), since the covariance is a difference of moments.
public struct Moments: Sendable, Equatable {
  /// d.
  public let dimensions: Int
  /// The sum of weights, or the count.
  public var weight = 0.0
  /// Σ w x: `sums[i]`.
  public var sums: [Double]
  /// Σ w x xᵀ, the lower triangle row by row: `products[i * (i + 1) / 2 + j]`, j <= i.
  public var products: [Double]

  /// No values yet.
  public init(dimensions: Int) {
    self.dimensions = dimensions
    sums = [Double](repeating: 0, count: dimensions)
    products = [Double](repeating: 0, count: dimensions * (dimensions + 1) / 2)
  }

  /// Takes one value in.
  public mutating func add(_ x: [Double], weight w: Double = 1) {
    weight += w
    var at = 0
    for i in 0..<dimensions {
      let wx = w * x[i]
      sums[i] += wx
      for j in 0...i {
        products[at] += wx * x[j]
        at += 1
      }
    }
  }

  /// Takes in the values of another part.
  public mutating func merge(_ other: Moments) {
    weight += other.weight
    for i in sums.indices { sums[i] += other.sums[i] }
    for i in products.indices { products[i] += other.products[i] }
  }

  /// The mean; zeros without values.
  public var mean: [Double] { weight > 0 ? sums.map { $0 / weight } : sums }

  /// The covariance of the population (divided by the weight); zeros without values.
  public var covariance: SquareMatrix {
    var matrix = SquareMatrix(size: dimensions)
    guard weight > 0 else { return matrix }
    let m = mean
    var at = 0
    for i in 0..<dimensions {
      for j in 0...i {
        let c = products[at] / weight - m[i] * m[j]
        matrix[i, j] = c
        matrix[j, i] = c
        at += 1
      }
    }
    return matrix
  }
}
