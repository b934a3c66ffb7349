import FloeSDK

/// Classifies records by published limits on the features of their echoes.
struct ClassifyStep: ProcessingStep {
  static let name = "altimetry.classify"
  static let summary =
    "Classifies altimeter records by published limits (CPOM, pysiral): sea ice, lead, open ocean, or cannot tell."
  static let discussion = """
    The track with two new columns, by default `rule_code` (0 open ocean, 1 sea ice, 2 lead, 3 unclassified, missing for
    rows that take no part) and `rule_name`. Records within the limits of no class are unclassified and counted: the
    echo cannot tell.

    Limits belong to a definition of peakiness, to a sensor and to a mode:

    - `cpom-cryosat2`: lead where peakiness >= 18, stack standard deviation < 6.29 looks and concentration >= 15 %; sea
      ice where peakiness <= 9, deviation > 6.29 and concentration >= 75 %; open ocean where the echo is as of sea ice
      and concentration 0. Peakiness `course`. `cpom-cryosat2-sarin`: 4.62 looks. Source: Tilling and others 2018, doi
      10.1016/j.asr.2017.10.051, and CPOM's processor.
    - `pysiral-sar`: lead where concentration >= 15 %, peakiness >= 66, backscatter >= 23 dB and leading-edge width <=
      0.75 m; sea ice where it is no lead, concentration >= 15 % and leading-edge quality <= 1.02. Peakiness `max-mean`
      over 256 bins, backscatter of the ocean retracker. `pysiral-sarin`: 260, 24 dB, 1.05 m. pysiral's open ocean,
      which rests on a moving deviation of peakiness, is not told. Source: pysiral's settings for ESA CCI v4 and AWI
      v2.6, after Paul and others 2018, doi 10.5194/tc-12-2437-2018.

    - `cryosat2-l2i`: CPOM's limits for `peakiness_20_ku` of CryoSat-2's L2I in SAR mode (ESA: maximum / mean of the
      bins with power behind the leading edge): lead from 31, sea ice and open ocean up to 16, the others as
      `cpom-cryosat2`. Derived: that peakiness is 1.72 times CPOM's (median of 1136 real SAR echoes; 5 to 95 %: 1.32 to
      2.46), and ESA's own classes of a real pass have no lead below 31.1 and no sea ice above 15.94.

    A column of another definition is converted where one follows from the other, or refused with a sentence;
    `peakiness` of `max-mean` and the leading-edge quality are computed from the echoes where the track has them.
    Without `limits` the set follows from the track's peakiness; one of which nothing tells the definition is taken for
    CPOM's, with a warning. A radar lead is a smooth surface within some
    kilometres: open water, and new ice as well.
    """
  static let example = """
    rules: { use: altimetry.classify, in: { input: features.track }, with: { limits: cpom-cryosat2 } }
    """

  @Input("Track with features") var input: Table
  @Param("Set of limits; by the track's peakiness by default") var limits: String?
  @Param("Limits of leads in place of the set's, such as 'peakiness >= 18'") var lead: [String]?
  @Param("Limits of sea ice in place of the set's") var seaIce: [String]?
  @Param("Least concentration of leads, in place of the set's", unit: "percent", in: 0...100) var leadConcentration:
    Double?
  @Param("Least concentration of sea ice, in place of the set's", unit: "percent", in: 0...100) var iceConcentration:
    Double?
  @Param("Start of the names of the new columns") var column = "rule"
  @Param("Column with the echoes, for what the limits ask and the track lacks")
  var waveform = ColumnName.waveform.rawValue
  @Output("The track with the classes") var track: Table?

  func validate() throws {
    if let limits {
      do throws(FloeError) { _ = try RadarLimits.named(limits) } catch { throw ParameterError("limits", error.message) }
    }
    for (name, texts) in [("lead", lead), ("sea_ice", seaIce)] {
      for text in texts ?? [] {
        do throws(FloeError) { _ = try ColumnLimit(text) } catch { throw ParameterError(name, error.message) }
      }
    }
  }

  mutating func plan(in context: PlanContext) throws {
    let set = try chosen()
    let needed = needed(by: set)
    var planned = input.planned(adding: needed.map { (name: $0, unit: PhysicalUnit.dimensionless) })
    if !needed.isEmpty { planned = described(planned) }
    _ = try resolved(set, planned)
    track = withClasses(planned, codes: [])
  }

  mutating func run(in context: RunContext) async throws {
    let set = try chosen()
    let needed = needed(by: set)
    var table = input
    if !needed.isEmpty {
      let echoes = try EchoColumn(table, waveform)
      let values = try await context.rows(table.rowCount) { rows in
        rows.map { SIMD2(Peakiness.value(echoes.row($0), .maxMean), LeadingEdgeQuality.value(echoes.row($0))) }
      }
      for (i, name) in needed.enumerated() {
        table.set(Column(name, summary: Self.summaries[i], values: .number(values.map { $0[i] })))
      }
      table = described(table)
    }
    let limits = try resolved(set, table)
    for note in limits.notes { if limits.isUncertain { context.warn(note) } else { context.log(.info, note) } }
    let verdicts = try limits.verdicts(table)
    let codes = verdicts.indices.map { table.status.isKept($0) ? verdicts[$0].code : -1 }
    record(limits, set, zip(verdicts, codes).filter { $0.1 >= 0 }.map(\.0), context)
    track = withClasses(table, codes: codes)
  }

  /// Columns that the limits of maximum / mean ask for and that follow from the echoes.
  private static let computed = ["peakiness_max_mean", "leading_edge_quality"]
  private static let summaries = [
    "Pulse peakiness, definition 'max-mean'", "Rises up to the first maximum as a share of it (pysiral)",
  ]

  private func chosen() throws -> RadarLimits? {
    if let limits { return try RadarLimits.named(limits) }
    if lead != nil && seaIce != nil { return nil }
    if let set = RadarLimits.suited(to: input) { return set }
    throw FloeError(
      "the track has no column of peakiness, on which all sets of limits rest; run altimetry.features first")
  }

  private func needed(by set: RadarLimits?) -> [String] {
    guard set?.peakiness == .maxMean, case .array(_, let width)? = input[waveform]?.values, width > EchoColumn.least
    else { return [] }
    return Self.computed
  }

  /// The table whose computed peakiness says by which definition.
  private func described(_ table: Table) -> Table {
    guard var column = table[Self.computed[0]] else { return table }
    column.attributes["definition"] = PeakinessDefinition.maxMean.rawValue
    var result = table
    result.set(column)
    return result
  }

  private func resolved(_ set: RadarLimits?, _ table: Table) throws -> TableLimits {
    let concentrations = (lead: leadConcentration, ice: iceConcentration)
    var result =
      try set?.with(leadConcentration: concentrations.lead, iceConcentration: concentrations.ice)
      .applied(to: table, preferring: Self.computed) ?? TableLimits(name: "given", lead: [], seaIce: [])
    if let lead { result.lead = try own(lead, "lead", table) }
    if let seaIce { result.seaIce = try own(seaIce, "sea_ice", table) }
    return result
  }

  private func own(_ texts: [String], _ parameter: String, _ table: Table) throws -> [ColumnLimit] {
    try texts.map { text in
      let limit = try ColumnLimit(text)
      try table.check(numbers: limit.column, parameter)
      return limit
    }
  }

  private func record(_ limits: TableLimits, _ set: RadarLimits?, _ verdicts: [LimitVerdict], _ context: RunContext) {
    var counts: [LimitVerdict: Int] = [:]
    for verdict in verdicts { counts[verdict, default: 0] += 1 }
    func count(_ v: LimitVerdict) -> Int { counts[v] ?? 0 }
    context.record(
      "limits",
      [
        "set": .string(limits.name), "source": JSONValue(set?.source), "lead": .string(TableLimits.text(limits.lead)),
        "sea_ice": .string(TableLimits.text(limits.seaIce)), "open_ocean": .string(TableLimits.text(limits.openOcean)),
        "notes": .array(limits.notes.map(JSONValue.string)),
      ])
    var byCode: [Int: Int] = [:]
    for (verdict, n) in counts { byCode[Int(verdict.code), default: 0] += n }
    context.record(
      .classCounts,
      .array(
        ClassTable.seaIce.entries.compactMap { entry in
          byCode[entry.code].map { n in
            JSONValue(keyed: [.code: .integer(entry.code), .name: .string(entry.name), .records: .integer(n)])
          }
        }))
    if count(.missing) > 0 { context.record("unclassified_for_a_missing_value", .integer(count(.missing))) }
    context.record(
      .summary,
      .string(
        """
        \(limits.name): \(count(.lead)) leads, \(count(.seaIce)) sea ice, \(count(.openOcean)) open ocean, \
        \(count(.between) + count(.missing)) unclassified of \(verdicts.count) records
        """
          + (count(.lead) == 0 ? "; no lead found: no record has \(TableLimits.text(limits.lead))" : "")))
  }

  private func withClasses(_ table: Table, codes: [Int16]) -> Table {
    var result = table
    let classes = ClassTable.seaIce
    result.set(
      Column(
        "\(column)_code", summary: "Surface class by published limits", classes: classes,
        values: .code(codes, missing: -1)))
    result.set(
      Column(
        "\(column)_name", summary: "Name of the surface class by published limits",
        values: .text(codes.map { $0 < 0 ? nil : classes[Int($0)]?.name })))
    result.style = result.style ?? "track"
    return result
  }
}

extension LimitVerdict {
  /// The class's code; what no class's limits hold is unclassified.
  var code: Int16 {
    switch self {
    case .openOcean: 0
    case .seaIce: 1
    case .lead: 2
    case .between, .missing: 3
    }
  }
}
