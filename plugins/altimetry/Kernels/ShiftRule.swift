import FloeSDK

/// What becomes of the raw shifts of a track before echoes are moved by them.
public struct ShiftRule: Sendable {
  /// Percentiles (0...100) outside of which a shift is an outlier; nil keeps all.
  public var percentiles: (low: Double, high: Double)?
  /// Whether outliers and missing shifts become 0, as in the course: such a record stays where it is and takes no part
  /// in the mean.
  public var missingAsZero = false
  public var removesMean = true
  /// The largest shift in metres that an echo is moved by; more leaves it unaligned.
  public var limit = Double.infinity

  /// Shifts ready for use.
  public struct Outcome: Sendable {
    /// Metres to move each record by; NaN, or 0 with `missingAsZero`, where it stays.
    public var shifts: [Double]
    /// Whether a record's own shift is used.
    public var aligned: [Bool]
    /// Whether a record's shift lies outside of the percentiles.
    public var isOutlier: [Bool]
    public var mean = 0.0
    public var outliers = 0, tooLarge = 0, missing = 0
  }

  /// A rule that only removes the mean.
  public init() {}

  /// Applies the rule; only `members` make the mean and the percentiles and are counted.
  public func apply(_ raw: [Double], members: [Bool]) -> Outcome {
    var out = Outcome(shifts: raw, aligned: raw.map(\.isFinite), isOutlier: raw.map { _ in false })
    let known = raw.indices.filter { members[$0] && raw[$0].isFinite }.map { raw[$0] }
    out.missing = raw.indices.count { members[$0] && !raw[$0].isFinite }
    if let percentiles {
      let limits = quantiles([percentiles.low / 100, percentiles.high / 100], of: known)
      for i in raw.indices where out.aligned[i] && (raw[i] < limits[0] || raw[i] > limits[1]) {
        out.aligned[i] = false
        out.isOutlier[i] = true
        if members[i] { out.outliers += 1 }
      }
    }
    for i in raw.indices where !out.aligned[i] { out.shifts[i] = missingAsZero ? 0 : .nan }
    if removesMean {
      // The course takes every record whose shift is 0 for one that stays, whatever the 0 comes from.
      let isMoved = { (shift: Double) in !shift.isNaN && !(missingAsZero && shift == 0) }
      out.mean = Self.mean(raw.indices.lazy.filter { members[$0] }.map { out.shifts[$0] }.filter(isMoved))
      for i in raw.indices where isMoved(out.shifts[i]) { out.shifts[i] -= out.mean }
    }
    if limit.isFinite && !missingAsZero {
      for i in raw.indices where out.aligned[i] && abs(out.shifts[i]) > limit {
        out.aligned[i] = false
        out.shifts[i] = .nan
        if members[i] { out.tooLarge += 1 }
      }
    }
    return out
  }

  /// The mean by compensated summation (Neumaier 1974): raw fill numbers of 2e9 beside metres would cost digits; 0
  /// without values.
  private static func mean(_ values: some Sequence<Double>) -> Double {
    var sum = 0.0
    var lost = 0.0
    var count = 0
    for v in values {
      let next = sum + v
      lost += abs(sum) >= abs(v) ? (sum - next) + v : (v - next) + sum
      sum = next
      count += 1
    }
    return count > 0 ? (sum + lost) / Double(count) : 0
  }
}
