/// A small square matrix of doubles: `elements[row * size + column]`.
public struct SquareMatrix: Sendable, Equatable {
  /// The number of rows, and of columns.
  public let size: Int
  /// `size * size` elements, row by row.
  public var elements: [Double]

  /// Zeros.
  public init(size: Int) {
    self.size = size
    elements = [Double](repeating: 0, count: size * size)
  }
  /// A matrix from its elements, row by row; nil when they are not a square.
  public init?(rows: [[Double]]) {
    guard rows.allSatisfy({ $0.count == rows.count }) else { return nil }
    size = rows.count
    elements = rows.flatMap { $0 }
  }
  /// A matrix with given diagonal.
  public init(diagonal: [Double]) {
    self.init(size: diagonal.count)
    for (i, v) in diagonal.enumerated() { self[i, i] = v }
  }

  /// An element; row and column count from 0 and lie below `size`.
  public subscript(row: Int, column: Int) -> Double {
    get { elements[row * size + column] }
    set { elements[row * size + column] = newValue }
  }
  /// The diagonal.
  public var diagonal: [Double] { (0..<size).map { self[$0, $0] } }
  /// The rows, for JSON.
  public var rows: [[Double]] { (0..<size).map { Array(elements[$0 * size..<($0 + 1) * size]) } }

  /// aᵀ M b, of vectors with `size` elements each.
  public func form(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for i in 0..<size { for j in 0..<size { sum += a[i] * self[i, j] * b[j] } }
    return sum
  }
}

/// The lower triangle L of a symmetric positive definite matrix A = L Lᵀ, with what follows from it.
public struct Cholesky: Sendable, Equatable {
  /// L, zeros above the diagonal.
  public let lower: SquareMatrix

  /// Factors a matrix, of which only the lower triangle is read; nil when it is not positive definite or not finite.
  public init?(_ matrix: SquareMatrix) {
    let n = matrix.size
    var l = SquareMatrix(size: n)
    for j in 0..<n {
      for i in j..<n {
        var sum = matrix[i, j]
        for k in 0..<j { sum -= l[i, k] * l[j, k] }
        if i == j {
          guard sum > 0, sum.isFinite else { return nil }
          l[j, j] = sum.squareRoot()
        } else {
          l[i, j] = sum / l[j, j]
        }
      }
    }
    lower = l
  }

  /// The natural logarithm of the determinant, log |A|.
  public var logDeterminant: Double { lower.diagonal.reduce(0) { $0 + 2 * naturalLog($1) } }

  /// L⁻¹, lower triangular: |L⁻¹ x|² is Mahalanobis' squared distance.
  public var inverseLower: SquareMatrix {
    let n = lower.size
    var inverse = SquareMatrix(size: n)
    for column in 0..<n {
      inverse[column, column] = 1 / lower[column, column]
      for row in (column + 1)..<max(n, column + 1) {
        var sum = 0.0
        for k in column..<row { sum -= lower[row, k] * inverse[k, column] }
        inverse[row, column] = sum / lower[row, row]
      }
    }
    return inverse
  }

  /// The x of A x = b; both have as many elements as the matrix has rows.
  public func solve(_ b: [Double]) -> [Double] {
    let n = lower.size
    var x = b
    for i in 0..<n {
      for k in 0..<i { x[i] -= lower[i, k] * x[k] }
      x[i] /= lower[i, i]
    }
    for i in stride(from: n - 1, through: 0, by: -1) {
      for k in (i + 1)..<max(n, i + 1) { x[i] -= lower[k, i] * x[k] }
      x[i] /= lower[i, i]
    }
    return x
  }
}
