import FloeSDK

/// Which samples are clustered, and in which space: what every fitting step takes.
struct SampleOptions: Sendable, Decodable {
  @Param("Bands or columns that take part; all bands, or all number columns, by default") var features: [String]?
  @Param("Fewest and most clusters that auto tries") var clusterRange = [2, 14]
  @Param("Samples to fit on: all of them, or a sample in which every level of brightness counts alike")
  var training = Training.even
  @Param("Divide each feature by its standard deviation first") var standardise = false
  @Param("Whose mean and standard deviation: the samples that take part, or all rows of the table, marked ones too")
  var standardiseOver = StandardiseOver.kept
}

/// How clusters are numbered, and by which rules and evidence they get names: what every fitting step takes.
struct NamingOptions: Sendable, Decodable {
  @Param("Classes by rule, the first that holds: class: rule, or class: { rule, code, label, color }")
  var names: ClassNames?
  @Param("Class of the clusters that no rule names") var rest: String?
  @Param(
    "Largest brightness of the darkest cluster as a share of the brightest's; with dark, of the ice level",
    in: 0...1)
  var darkRatio = 0.5
  @Param("dark: largest reflectance of the dark level in bands from 600 to 900 nm", in: 0...1) var darkLimit = 0.18
  @Param("dark: least share of open water in a pixel that gets the name", in: 0.05...0.95) var waterShare = 0.45
  @Param(
    "dark: largest rise of a pixel's share of open water from band to band, as a part of it; a larger fall may do",
    in: 0...10)
  var bandSpread = 0.1
  @Param("Limits of radar features that leads and sea ice of a table keep to: a named set, none, or by its peakiness")
  var limits: String?
  @Param("Limits of leads in place of the set's, such as 'peakiness >= 18'; for tables") var leadLimits: [String]?
  @Param("Limits of sea ice in place of the set's; for tables") var iceLimits: [String]?
  @Param("What water wider than max_lead_width is called; open_ocean needs a raster in metres")
  var water = WaterRule.lead
  @Param("Widest water that is a lead", unit: "m", in: 1...100_000) var maxLeadWidth = 1000.0
  @Param("Feature by which clusters are numbered; mean brightness, or a table's first feature, by default")
  var orderBy: String?

  /// The limits of the rule `dark`.
  var opticalLimits: OpticalEvidence.Limits {
    var limits = OpticalEvidence.Limits()
    limits.darkRatio = darkRatio
    limits.darkLimit = darkLimit
    limits.waterShare = waterShare
    limits.spread = bandSpread
    return limits
  }

  /// The evidence for the classes of a table's records.
  ///
  /// - Parameter leastPosterior: the least posterior of a record's class; 0 for algorithms without.
  func evidence(leastPosterior: Double) -> EvidenceChoice {
    EvidenceChoice(limits: limits, lead: leadLimits, seaIce: iceLimits, leastPosterior: leastPosterior)
  }

  /// The rules over a step's samples; nil without names.
  func rules(_ source: SampleSource) throws -> ClassRules? {
    try ClassRules(names: names, rest: rest, limits: opticalLimits, source: source)
  }
}
