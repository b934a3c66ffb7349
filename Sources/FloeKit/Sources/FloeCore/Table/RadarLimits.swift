/// A quantity of a radar echo, or of its place, on which surface classes rest.
public enum RadarFeature: String, Sendable, Hashable, CaseIterable {
  /// Pulse peakiness, dimensionless; several definitions.
  case peakiness
  /// Standard deviation of the stack, the Gaussian over the range-integrated power, in looks.
  case stackDeviation = "stack_deviation"
  /// Backscatter in decibels; several retrackers.
  case backscatter
  /// From 5 % to 95 % of the first maximum on the leading edge, in metres of range.
  case leadingEdgeWidth = "leading_edge_width"
  /// Total rise before the first maximum as a share of it, 1 for a rise without falls (pysiral).
  case leadingEdgeQuality = "leading_edge_quality"
  /// Sea-ice concentration in percent.
  case concentration = "sea_ice_concentration"
}

/// How a value is compared with a limit.
public enum LimitComparison: String, Sendable, Hashable, CaseIterable {
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="

  /// Whether the comparison holds; never for NaN.
  public func holds(_ a: Double, _ b: Double) -> Bool {
    switch self {
    case .less: a < b
    case .lessOrEqual: a <= b
    case .greater: a > b
    case .greaterOrEqual: a >= b
    }
  }
}

/// A limit of a published set: a feature in the unit and definition that the set names.
public struct FeatureLimit: Sendable, Hashable {
  /// The feature that is compared.
  public let feature: RadarFeature
  /// Which side of the value counts.
  public let comparison: LimitComparison
  /// The limit in the feature's own unit.
  public let value: Double

  /// A limit.
  public init(_ feature: RadarFeature, _ comparison: LimitComparison, _ value: Double) {
    self.feature = feature
    self.comparison = comparison
    self.value = value
  }
}

/// A limit on a column of a table.
public struct ColumnLimit: Sendable, Hashable {
  /// The name of the column that is compared.
  public let column: String
  /// Which side of the value counts.
  public let comparison: LimitComparison
  /// The limit in the column's own unit.
  public let value: Double
  /// For example `peakiness >= 18`.
  public var text: String { "\(column) \(comparison.rawValue) \(Self.short(value))" }

  /// A limit.
  public init(_ column: String, _ comparison: LimitComparison, _ value: Double) {
    self.column = column
    self.comparison = comparison
    self.value = value
  }

  /// Reads `column sign number`, with or without spaces.
  ///
  /// - Throws: the second half of a sentence whose first is the parameter's name.
  public init(_ text: String) throws(FloeError) {
    let signs: Set<Character> = ["<", ">", "="]
    let parts = text.split(whereSeparator: { signs.contains($0) || $0.isWhitespace }).map(String.init)
    let sign = String(text.filter { signs.contains($0) })
    guard parts.count == 2, let comparison = LimitComparison(rawValue: sign), let value = Double(parts[1]),
      value.isFinite
    else {
      throw FloeError(
        "must be 'column sign number' with one of < <= > >=, for example 'peakiness >= 18', not '\(text)'")
    }
    self.init(parts[0], comparison, value)
  }

  /// A number with at most four decimals.
  static func short(_ x: Double) -> String {
    guard abs(x) < 1e11 else { return "\(x)" }
    let rounded = (x * 10_000).rounded() / 10_000
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }
}

/// What limits say of a record.
public enum LimitVerdict: UInt8, Sendable, Hashable {
  case lead, seaIce, openOcean
  /// Within the limits of no class.
  case between
  /// A value is missing that decides whether the record is a lead, or of any class.
  case missing
}

/// Limits on the columns of one table, all of which a record must fulfil to be of a class; leads are looked for first.
public struct TableLimits: Sendable, Hashable {
  /// The set's name, `given` for limits of the user's own.
  public var name: String
  /// What a record must meet to be of each class, by column.
  public var lead, seaIce, openOcean: [ColumnLimit]
  /// What one must know of how the limits fit the table, one sentence each.
  public var notes: [String]
  /// Whether a note is a caution rather than a fact.
  public var isUncertain: Bool

  /// Limits of a name.
  public init(
    name: String, lead: [ColumnLimit], seaIce: [ColumnLimit], openOcean: [ColumnLimit] = [], notes: [String] = [],
    isUncertain: Bool = false
  ) {
    self.name = name
    self.lead = lead
    self.seaIce = seaIce
    self.openOcean = openOcean
    self.notes = notes
    self.isUncertain = isUncertain
  }

  /// The limits of a class in words.
  public static func text(_ limits: [ColumnLimit]) -> String { limits.map(\.text).joined(separator: " and ") }

  /// What the limits say of each row, rows that take no part included.
  ///
  /// - Throws: when a column is absent or holds no numbers.
  public func verdicts(_ table: Table) throws(FloeError) -> [LimitVerdict] {
    var columns: [String: [Double]] = [:]
    for limit in lead + seaIce + openOcean where columns[limit.column] == nil {
      columns[limit.column] = try table.numbers(limit.column)
    }
    let values = columns
    func hold(_ limits: [ColumnLimit], _ row: Int) -> Bool {
      !limits.isEmpty
        && limits.allSatisfy { limit in
          values[limit.column].map { limit.comparison.holds($0[row], limit.value) } ?? false
        }
    }
    // A lead that cannot be excluded is no ice: the limits of sea ice may say nothing of what is missing.
    func mayBeLead(_ row: Int) -> Bool {
      lead.allSatisfy { limit in
        values[limit.column].map { $0[row].isNaN || limit.comparison.holds($0[row], limit.value) } ?? false
      }
    }
    return (0..<table.rowCount).map { row in
      if hold(lead, row) { return .lead }
      if !lead.isEmpty && mayBeLead(row) { return .missing }
      if hold(openOcean, row) { return .openOcean }
      if hold(seaIce, row) { return .seaIce }
      return values.values.contains { $0[row].isNaN } ? .missing : .between
    }
  }
}
