import FloeSDK

/// Sums of the valid values of a footprint in four lanes, added in an order that depends on its spans alone.
struct FootprintSums {
  private let noData: Double
  /// Sums count from the first value, so that squares do not cancel.
  private var origin = Double.nan
  private var sum = SIMD4(repeating: 0.0), squares = SIMD4(repeating: 0.0), count = SIMD4(repeating: 0.0)

  /// - Parameter noData: the value left out beside NaN; NaN for none.
  init(noData: Double) { self.noData = noData }

  /// Adds a span of stored values.
  @inline(__always) mutating func add<T: PixelValue>(_ span: UnsafeBufferPointer<T>) {
    if origin.isNaN { origin = span.lazy.map(\.asDouble).first { $0 != noData && !$0.isNaN } ?? .nan }
    if origin.isNaN { return }
    var i = 0
    while i + 4 <= span.count {
      add(SIMD4(span[i].asDouble, span[i + 1].asDouble, span[i + 2].asDouble, span[i + 3].asDouble))
      i += 4
    }
    if i < span.count {
      var rest = SIMD4(repeating: Double.nan)
      for lane in 0..<span.count - i { rest[lane] = span[i + lane].asDouble }
      add(rest)
    }
  }

  @inline(__always) private mutating func add(_ v: SIMD4<Double>) {
    // NaN differs from itself.
    let isValid = (v .== v) .& (v .!= noData)
    let d = (v - origin).replacing(with: 0, where: .!isValid)
    sum += d
    squares += d * d
    count += SIMD4(repeating: 0).replacing(with: 1, where: isValid)
  }

  /// Mean and population standard deviation; nil without a valid value.
  var moments: (mean: Double, deviation: Double)? {
    let n = count.sum()
    guard n > 0 else { return nil }
    let mean = sum.sum() / n
    return (origin + mean, max(0, squares.sum() / n - mean * mean).squareRoot())
  }
}
