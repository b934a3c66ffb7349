/// A column of a table that holds a radar feature.
struct RadarColumn {
  let name: String
  let feature: RadarFeature
  let unit: PhysicalUnit
  /// The attribute `definition`, or what a product's variable of that name is known to hold; nil where nothing says.
  private(set) var definition: String?
  /// Whether the definition is one of several that variables of that name have, by the radar's mode, of which nothing
  /// tells.
  private(set) var isAssumed = false

  /// The role of a column, by its name; nil for columns of other content.
  init?(_ column: Column) {
    guard column.numbers != nil else { return nil }
    name = column.name
    unit = column.unit
    let n = column.name.lowercased()
    guard let feature = Self.feature(n) else { return nil }
    self.feature = feature
    definition = column.attributes["definition"] ?? Self.known[n]
  }

  /// The column with the definition that the mode of its table asks for: `peakiness_20_ku` of CryoSat-2's L2I is not
  /// the same in SAR mode and in the others, and has lost its attribute in a CSV file, for example.
  init?(_ column: Column, of table: Table) {
    self.init(column)
    guard column.attributes["definition"] == nil, definition == RadarLimits.PeakinessKind.cryosat2.rawValue else {
      return
    }
    let modes = table.radarModes
    if modes.isEmpty {
      isAssumed = true
    } else if modes.count > 1 {
      definition = "esa-l2i-of-several-modes"
    } else if modes != ["sar"] {
      definition = RadarLimits.PeakinessKind.cryosat2Traditional.rawValue
    }
  }

  private static func feature(_ n: String) -> RadarFeature? {
    if n.contains("quality") && !n.contains("leading_edge") || n.contains("_qual_") || n.contains("_rms_")
      || n.contains("numval")
    {
      return nil
    }
    if n == "pp" || n.contains("peakiness") && !n.contains("stack") && !n.contains("leading_edge") { return .peakiness }
    if n == "ssd" || n.hasPrefix("stack_std") || n.hasPrefix("stack_standard_deviation") || n.hasPrefix("stdev_stack") {
      return .stackDeviation
    }
    if n.hasPrefix("sig0") || n.hasPrefix("sigma0") || n.hasPrefix("sigma_0") || n == "backscatter" {
      return .backscatter
    }
    if n.hasPrefix("leading_edge_width") { return .leadingEdgeWidth }
    if n.hasPrefix("leading_edge_quality") { return .leadingEdgeQuality }
    if n.contains("ice_concentration") || n == "sic" { return .concentration }
    return nil
  }

  /// What product variables hold; names without an entry say nothing.
  private static let known: [String: String] = [
    "peakiness_1_20_ku": RadarLimits.PeakinessKind.maxMean.rawValue,
    "peakiness_2_20_ku": RadarLimits.PeakinessKind.sentinel3.rawValue,
    "peakiness_20_ku": RadarLimits.PeakinessKind.cryosat2.rawValue,
    "stdev_stack_20_ku": "radians", "stack_std_angle_20_ku": "radians", "stack_std_20_ku": "looks",
    "sig0_water_20_ku": "sig0_water_20_ku", "sig0_ocean_20_ku": "sig0_water_20_ku",
    "sig0_sea_ice_sheet_20_ku": "sig0_sea_ice_sheet_20_ku", "sig0_ocog_20_ku": "sig0_ocog_20_ku",
    "sig0_1_20_ku": "sig0_1_20_ku",
  ]
}

extension Table {
  /// A tag of the table, or the attribute of that name of its first column that has it.
  func fact(_ name: String) -> String? { tags[name] ?? columns.lazy.compactMap { $0.attributes[name] }.first }

  /// The modes of the radar that the table states, by its fact `radar_mode`, else by CryoSat-2's flag of the mode in
  /// which a record was measured (1 lrm, 2 sar, 3 sarin); empty where it states none.
  var radarModes: Set<String> {
    if let told = fact("radar_mode")?.lowercased() {
      for mode in ["sarin", "sar", "lrm"] where told.hasPrefix(mode) { return [mode] }
    }
    var modes: Set<String> = []
    for value in self["flag_instr_mode_op_20_ku"]?.numbers ?? [] {
      if value == 1 {
        modes.insert("lrm")
      } else if value == 2 {
        modes.insert("sar")
      } else if value == 3 {
        modes.insert("sarin")
      }
    }
    return modes
  }
}

extension RadarLimits {
  /// The set that the peakiness of a table asks for: pysiral's for max / mean, CPOM's for its own and for one of which
  /// nothing states the definition, that of CryoSat-2's L2I for ESA's there; nil without peakiness.
  ///
  /// Columns that no set is made for come after others; where the table has no others, CPOM's set is returned, and
  /// `applied(to:preferring:)` says why it does not fit.
  ///
  /// - Parameter preferred: columns that come before others of the same feature, the clustered ones for example.
  public static func suited(to table: Table, preferring preferred: [String] = []) -> RadarLimits? {
    let columns = candidates(.peakiness, table, preferred)
    let isInterferometric = table.radarModes == ["sarin"]
    for column in columns {
      guard let text = column.definition else { return isInterferometric ? cpomSARIn : cpom }
      switch PeakinessKind(rawValue: text) {
      case .course?: return isInterferometric ? cpomSARIn : cpom
      case .maxMean?, .peacockLaxon?: return isInterferometric ? pysiralSARIn : pysiral
      case .cryosat2?: return l2i
      case .sentinel3?, .cryosat2Traditional?, nil: continue
      }
    }
    return columns.isEmpty ? nil : isInterferometric ? cpomSARIn : cpom
  }

  private static func candidates(_ feature: RadarFeature, _ table: Table, _ preferred: [String]) -> [RadarColumn] {
    let found = table.columns.compactMap { RadarColumn($0, of: table) }.filter { $0.feature == feature }
    func rank(_ c: RadarColumn) -> Int {
      preferred.contains(c.name) ? 0 : [feature.rawValue, "ssd", "sigma0_db"].contains(c.name) ? 1 : 2
    }
    return found.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }.map(\.element)
  }

  /// The limits on the columns of a table.
  ///
  /// Columns of another definition are converted where one follows from the other, and refused otherwise. A limit on a
  /// feature that the table lacks is left out with a note; without a column of peakiness there are no limits.
  ///
  /// - Parameters:
  ///   - preferred: columns that come before others of the same feature, the clustered ones for example.
  /// - Throws: a sentence that says which column does not fit and what would.
  public func applied(to table: Table, preferring preferred: [String] = []) throws(FloeError) -> TableLimits {
    var result = TableLimits(name: name, lead: [], seaIce: [], openOcean: [])
    var places: [RadarFeature: (column: String, scale: Double)] = [:]
    var features: [RadarFeature] = []
    for limit in lead + seaIce + openOcean where !features.contains(limit.feature) { features.append(limit.feature) }
    for feature in features {
      var refusal: FloeError?
      for candidate in Self.candidates(feature, table, preferred) where places[feature] == nil {
        if table.rowCount > 0, let values = table[candidate.name]?.numbers, values.allSatisfy(\.isNaN) {
          refusal =
            refusal ?? FloeError("column '\(candidate.name)' holds no value, and the limits '\(name)' rest on it")
          continue
        }
        do throws(FloeError) {
          places[feature] = (candidate.name, try scale(candidate, table, &result))
        } catch { refusal = refusal ?? error }
      }
      if places[feature] == nil {
        if feature == .peakiness {
          throw refusal ?? FloeError("the table has no column of peakiness, on which the limits '\(name)' rest")
        }
        if let refusal { result.notes.append(refusal.message) }
        result.notes.append("no \(feature.rawValue) in the table: its limits are left out")
        // A column without a value is a loss, one that a product never has is not.
        result.isUncertain = result.isUncertain || refusal != nil || feature != .concentration
      }
    }
    func columns(_ limits: [FeatureLimit]) -> [ColumnLimit] {
      limits.compactMap { limit in
        places[limit.feature].map { ColumnLimit($0.column, limit.comparison, limit.value * $0.scale) }
      }
    }
    result.lead = columns(lead)
    result.seaIce = columns(seaIce)
    // Without a concentration diffuse echoes of ocean and ice are one.
    result.openOcean = places[.concentration] == nil ? [] : columns(openOcean)
    if let platform = table.acquisition?.platform, !platforms.contains(where: { platform.hasPrefix($0) }) {
      result.notes.append(
        "the limits were published for \(platforms.joined(separator: " and ")), the table is of \(platform)")
    }
    return result
  }

  /// The factor from the set's limits to a column's values.
  private func scale(_ column: RadarColumn, _ table: Table, _ result: inout TableLimits) throws(FloeError) -> Double {
    switch column.feature {
    case .peakiness: return try peakinessScale(column, table, &result)
    case .stackDeviation:
      if column.definition == "radians" || column.unit.rawValue == "rad" {
        throw FloeError(
          "column '\(column.name)' is in radians, the limits '\(name)' on the stack's deviation are in looks")
      }
      return 1
    case .backscatter:
      guard column.definition == "max_power" else { return 1 }
      throw FloeError(
        """
        column '\(column.name)' is the backscatter of the maximum power, the limits '\(name)' belong to a \
        retracker's; 
        """
          + "give backscatter: sig0_water_20_ku to altimetry.features")
    case .leadingEdgeWidth:
      if column.unit.rawValue == "m" { return 1 }
      guard let gate = table.fact("range_gate_m").flatMap(Double.init), gate > 0 else {
        throw FloeError(
          "column '\(column.name)' is in bins and the table does not say how wide they are (tag range_gate_m)")
      }
      result.notes.append("'\(column.name)' is in bins of \(gate) m, and so are its limits here")
      return 1 / gate
    case .leadingEdgeQuality: return 1
    case .concentration:
      let values = table[column.name]?.numbers ?? []
      let isPercent = ["percent", "%", "per cent"].contains(column.unit.rawValue)
      guard !isPercent, let top = values.filter(\.isFinite).max(), top <= 1, top > 0 else {
        return 1
      }
      result.notes.append("'\(column.name)' is at most \(ColumnLimit.short(top)) and taken as a share, not as percent")
      return 0.01
    }
  }

  private func peakinessScale(_ column: RadarColumn, _ table: Table, _ result: inout TableLimits) throws(FloeError)
    -> Double
  {
    guard let text = column.definition else {
      result.notes.append(
        """
        nothing says how '\(column.name)' is defined: '\(peakiness.rawValue)' is assumed, to which the limits '\
        \(name)' belong
        """
      )
      result.isUncertain = true
      return 1
    }
    guard let kind = PeakinessKind(rawValue: text) else {
      throw FloeError(
        """
        column '\(column.name)' has peakiness of an unknown definition '\(text)'; the limits '\(name)' belong to '\
        \(peakiness.rawValue)'
        """
      )
    }
    if column.isAssumed {
      result.notes.append(
        """
        nothing says in which mode '\(column.name)' was measured: SAR and its definition '\(text)' are assumed; \
        in SARIn and LRM it is '\(PeakinessKind.cryosat2Traditional.rawValue)', to which no set of limits belongs
        """
      )
      result.isUncertain = true
    }
    if kind == peakiness { return 1 }
    switch (kind, peakiness) {
    case (.peacockLaxon, .maxMean):
      guard let bins = table[column.name]?.attributes["bins"].flatMap(Double.init), bins > 0 else { break }
      result.notes.append(
        """
        '\(column.name)' is 31.5 maximum / sum; the limits of maximum / mean over \(ColumnLimit.short(bins)) bins \
        are converted
        """
      )
      return 31.5 / bins
    default: break
    }
    let other =
      Self.all.first { $0.peakiness == kind }.map { "; '\($0.name)' belongs to it" }
      ?? "; no set belongs to it: give limits of your own, or compute peakiness from echoes (altimetry.features)"
    throw FloeError(
      """
      column '\(column.name)' has peakiness '\(text)', the limits '\(name)' belong to '\(peakiness.rawValue)' and \
      say nothing of it\(other)
      """
    )
  }
}
