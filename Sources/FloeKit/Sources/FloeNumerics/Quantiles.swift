/// The quantile of sorted numbers with linear interpolation (type 7 of Hyndman and Fan, numpy's `linear`).
///
/// - Parameters:
///   - fraction: 0 is the smallest value, 1 the largest, dimensionless; held to that range.
///   - sorted: rising values without NaN.
/// - Returns: the quantile in the unit of the values; NaN without values.
public func quantile(_ fraction: Double, ofSorted sorted: [Double]) -> Double {
  guard let last = sorted.last, !fraction.isNaN else { return .nan }
  let position = min(max(fraction, 0), 1) * Double(sorted.count - 1)
  let below = Int(position.rounded(.down))
  guard below + 1 < sorted.count else { return last }
  return interpolate(sorted[below], sorted[below + 1], at: position - Double(below))
}

/// Quantiles of the numbers that are not NaN, in the order of the fractions (0 ... 1); NaN without values.
public func quantiles(_ fractions: [Double], of values: [Double]) -> [Double] {
  let sorted = values.filter { !$0.isNaN }.sorted()
  return fractions.map { quantile($0, ofSorted: sorted) }
}

/// A percentile (0 ... 100) of the numbers that are not NaN; NaN without values.
public func percentile(_ percent: Double, of values: [Double]) -> Double {
  quantile(percent / 100, ofSorted: values.filter { !$0.isNaN }.sorted())
}

/// The median of the numbers that are not NaN; NaN without values.
public func median(of values: [Double]) -> Double { percentile(50, of: values) }
