import FloeSDK

/// What is taken off the stored numbers of a feature, in double precision, before they become single ones.
///
/// Single precision holds 24 bits: a northing of 7 900 000 m in steps of half a metre, seconds since 1970 in steps of
/// two minutes. Where numbers are large against their spread the middle of their range is taken off; all others stay as
/// they are.
struct PrecisionShift: Sendable {
  /// The least and the largest valid number; nil while none was seen.
  private(set) var range: ClosedRange<Double>?

  init(_ values: some Sequence<Double> = []) { for value in values { add(value) } }

  mutating func add(_ value: Double) {
    guard value.isFinite else { return }
    range = min(range?.lowerBound ?? value, value)...max(range?.upperBound ?? value, value)
  }

  mutating func merge(_ other: PrecisionShift) {
    guard let range = other.range else { return }
    add(range.lowerBound)
    add(range.upperBound)
  }

  /// The number to take off; 0 where 18 bits or more are left for the spread.
  var value: Double {
    guard let range else { return 0 }
    let middle = range.lowerBound / 2 + range.upperBound / 2
    let spread = range.upperBound - range.lowerBound
    return abs(middle) > 64 * spread ? middle : 0
  }
}
