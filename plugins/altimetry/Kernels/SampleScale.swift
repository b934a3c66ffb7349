/// How the samples of an echo in single precision stand for the product's own numbers, which are whole counts times a
/// scale.
///
/// Single precision holds a scaled count to 24 bits, so that a sample which equals the mean of ten to the last bit may
/// come out above or below it. Below 2^23 the count itself is found again by rounding, and the sample in double
/// precision is then what another program computes from the file. Larger counts stay as they are.
public struct SampleScale: Sendable, Equatable {
  /// What one count is; nil where samples are no scaled counts and stand for themselves.
  public let scale: Double?

  /// Samples that stand for themselves.
  public static let none = SampleScale(nil)

  /// Samples that are whole counts times `scale`.
  public init(_ scale: Double?) { self.scale = scale.flatMap { $0 > 0 && $0.isFinite && $0 != 1 ? $0 : nil } }

  /// The key of a table's tag that holds the scale of an array column, or the name of the column that holds it for each
  /// row.
  public static func tag(_ column: String) -> String { "count_scale:\(column)" }

  /// A sample in double precision; NaN stays NaN.
  @inline(__always)
  public func exact(_ sample: Float) -> Double {
    let v = Double(sample)
    guard let scale else { return v }
    let count = (v / scale).rounded()
    return abs(count) < 8_388_608 ? count * scale : v
  }
}
