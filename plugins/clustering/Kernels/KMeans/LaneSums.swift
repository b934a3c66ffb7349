/// How sums over samples are divided into SIMD lanes.
enum LaneSums {
  /// Up to so many clusters are added up one by one under masks, which has no scattered writes.
  static let maskedClusters = 6
}

/// The sum of four lanes in double precision.
@inline(__always)
func total(_ sum: SIMD4<Float>) -> Double { SIMD4<Double>(sum).sum() }

/// The sum of eight lanes in double precision.
@inline(__always)
func total(_ sum: SIMD8<Float>) -> Double {
  var result = 0.0
  for lane in 0..<8 { result += Double(sum[lane]) }
  return result
}
