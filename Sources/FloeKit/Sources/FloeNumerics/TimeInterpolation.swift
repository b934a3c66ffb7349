import FloeCore

/// The times of one dimension of a product, strictly rising, in the file's own seconds.
public struct TimeAxis: Sendable {
  /// Seconds since the file's epoch.
  public let times: [Double]

  /// An axis over checked times; `name` and `file` stand in the sentence of an error.
  public init(_ times: [Double], name: String, file: String) throws {
    if let i = times.firstIndex(where: { !$0.isFinite }) {
      throw FloeError("'\(name)' of '\(file)' has no time at index \(i); every record needs one")
    }
    if let i = times.indices.dropFirst().first(where: { times[$0] <= times[$0 - 1] }) {
      throw FloeError(
        """
        '\(name)' of '\(file)' does not rise at index \(i) (\(times[i - 1]) s, then \(times[i]) s); times must \
        increase
        """
      )
    }
    self.times = times
  }
}

/// How values travel from one time axis to another.
public struct TimeInterpolation: Sendable {
  /// The longest gap between two valid values that is interpolated across, in seconds.
  public var maximumGap: Double
  /// Whether the line through the two outermost values goes on beyond them; else values there are missing.
  public var extrapolates: Bool

  /// Rules of interpolation.
  public init(maximumGap: Double, extrapolates: Bool) {
    self.maximumGap = maximumGap
    self.extrapolates = extrapolates
  }

  /// Linear interpolation on time; NaN values are left out and count as a gap.
  public func linear(_ values: [Double], at source: [Double], to target: [Double]) -> [Double] {
    walk(values, source, target) { x0, y0, x1, y1, x in (y1 - y0) / (x1 - x0) * (x - x0) + y0 }
  }

  /// The value nearest in time, for flags; the earlier one of two equally near.
  public func nearest(_ values: [Double], at source: [Double], to target: [Double]) -> [Double] {
    walk(values, source, target) { x0, y0, x1, y1, x in x1 - x < x - x0 ? y1 : y0 }
  }

  /// Both lists of times rise; one pass over both.
  private func walk(
    _ values: [Double], _ source: [Double], _ target: [Double],
    _ between: (Double, Double, Double, Double, Double) -> Double
  ) -> [Double] {
    let valid = values.indices.filter { !values[$0].isNaN }
    guard let first = valid.first, let last = valid.last else { return target.map { _ in .nan } }
    guard valid.count > 1 else { return target.map { $0 == source[first] ? values[first] : .nan } }
    var at = 0
    return target.map { t in
      while at < valid.count - 2 && source[valid[at + 1]] < t { at += 1 }
      let a = valid[at]
      let b = valid[at + 1]
      if t == source[a] { return values[a] }
      if t == source[b] { return values[b] }
      let isOutside = t < source[first] || t > source[last]
      if isOutside ? !extrapolates : source[b] - source[a] > maximumGap { return .nan }
      return between(source[a], values[a], source[b], values[b], t)
    }
  }
}
