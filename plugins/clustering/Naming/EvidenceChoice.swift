import FloeSDK

/// The parameters from which evidence in physical units for a table's classes follows, shared by the fitting steps.
struct EvidenceChoice {
  /// The word for no limits at all.
  static let none = "none"
  let limits: String?
  let lead: [String]?
  let seaIce: [String]?
  /// The least posterior of a record's class; 0 for k-means, which has none.
  let leastPosterior: Double

  /// Refuses names and limits that cannot be read.
  func validate() throws(ParameterError) {
    if let limits, limits != Self.none {
      do { _ = try RadarLimits.named(limits) } catch {
        throw ParameterError("limits", "\(error.message), or \(Self.none)")
      }
    }
    for (name, texts) in [("lead_limits", lead), ("ice_limits", seaIce)] {
      guard let texts else { continue }
      if limits == Self.none { throw ParameterError(name, "is given although 'limits' is \(Self.none)") }
      for text in texts {
        do { _ = try ColumnLimit(text) } catch { throw ParameterError(name, error.message) }
      }
    }
  }

  /// What the limits say of a table; nil for rasters, and for tables whose clusters get no names.
  ///
  /// - Throws: when a named set does not fit the table's columns, or a limit names a column that is not there.
  func evidence(_ samples: Samples, rules: ClassRules?, features: [String]) throws -> TableEvidence? {
    guard case .table(let table) = samples, let rules else { return nil }
    guard let rule = rules.rules.first(where: { $0.name == "lead" }) else {
      return try TableEvidence(limits: nil, absence: nil, table: table, classes: rules.classes)
    }
    let isGiven = limits != nil || lead != nil || seaIce != nil
    // Limits in the rule itself are evidence in physical units already.
    let hasThreshold = rule.conditions.contains { if case .threshold = $0 { true } else { false } }
    if limits == Self.none || (hasThreshold && !isGiven) {
      return try TableEvidence(limits: nil, absence: nil, table: table, classes: rules.classes)
    }
    do throws(FloeError) {
      return try TableEvidence(limits: try found(table, features), absence: nil, table: table, classes: rules.classes)
    } catch {
      if isGiven { throw ParameterError(limits == nil ? "lead_limits" : "limits", "does not fit: \(error.message)") }
      return try TableEvidence(limits: nil, absence: error.message, table: table, classes: rules.classes)
    }
  }

  private func found(_ table: Table, _ features: [String]) throws(FloeError) -> TableLimits {
    var result: TableLimits
    if let limits {
      result = try RadarLimits.named(limits).applied(to: table, preferring: features)
    } else if lead != nil && seaIce != nil {
      result = TableLimits(name: "given", lead: [], seaIce: [])
    } else if let set = RadarLimits.suited(to: table, preferring: features) {
      result = try set.applied(to: table, preferring: features)
    } else {
      throw FloeError(
        """
        the table has no column of peakiness, so that no limits in physical units are known; give lead_limits and \
        ice_limits, a threshold in the rule for lead, or limits: \(Self.none)
        """)
    }
    if let lead { result.lead = try own(lead, table) }
    if let seaIce {
      result.seaIce = try own(seaIce, table)
      result.openOcean = []
    }
    return result
  }

  private func own(_ texts: [String], _ table: Table) throws(FloeError) -> [ColumnLimit] {
    var result: [ColumnLimit] = []
    for text in texts {
      let limit = try ColumnLimit(text)
      _ = try table.numbers(limit.column)
      result.append(limit)
    }
    return result
  }
}

extension TableLimits {
  /// The limits as they travel with a model.
  var json: JSONValue {
    func list(_ limits: [ColumnLimit]) -> JSONValue { .array(limits.map { .string($0.text) }) }
    return ["set": .string(name), "lead": list(lead), "sea_ice": list(seaIce), "open_ocean": list(openOcean)]
  }

  /// The limits of a model; nil where it has none.
  init?(json: JSONValue?) throws(FloeError) {
    guard let json, let name = json["set"]?.stringValue else { return nil }
    func list(_ key: String) throws(FloeError) -> [ColumnLimit] {
      var result: [ColumnLimit] = []
      for entry in json[key]?.arrayValue ?? [] {
        guard let text = entry.stringValue else { throw FloeError("the model's limits hold '\(key)' that is no text") }
        result.append(try ColumnLimit(text))
      }
      return result
    }
    self.init(name: name, lead: try list("lead"), seaIce: try list("sea_ice"), openOcean: try list("open_ocean"))
  }
}
