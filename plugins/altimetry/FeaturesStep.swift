import FloeSDK

/// Where the backscatter of a record comes from.
enum Backscatter: String, ChoiceParameter {
  case maxPower = "max_power"
  case water = "sig0_water_20_ku"
  case seaIce = "sig0_sea_ice_sheet_20_ku"
}

/// Computes the features of altimeter echoes that tell sea ice and leads apart.
struct FeaturesStep: ProcessingStep {
  static let name = "altimetry.features"
  static let summary = "Computes peakiness, stack standard deviation, backscatter and more of each altimeter echo."
  static let discussion = """
    The track with new number columns, NaN where missing. No row is removed: rows that take no part are marked with a
    reason and counted.

    - `max_power` (the echo's unit), `peak_bin` (bin of the first maximum), `noise_floor` (mean of bins 0...5, the
      echo's unit).
    - `peakiness`, dimensionless. `course` (= CPOM): max / mean of the samples above the noise floor, in 128 bins from
      50 before the peak; the noise floor is the mean of bins peak-40...peak-31 of the whole echo, and fewer than 5 of
      them give a missing value, "peak too early". Samples are compared with the floor in double precision, as the
      counts of the product times their scale: one that equals the mean of ten is common, and lies above nothing.
      `max-mean`: max / mean over all bins (the product's `peakiness_1`; pysiral). `peacock-laxon`: 31.5 max / sum
      (Peacock and Laxon 2004; the factor is not verified for SRAL). Thresholds belong to a definition: they do not
      carry over.
    - `ssd`, in looks: |sigma| of a least-squares Gaussian over `rip_20_ku` (Levenberg-Marquardt; start: maximum, first
      moment, root second moment), over the first `nb_stack_20_ku` values because only those are useful; with
      `ssd_looks: all` over all of them, missing ones as 0. No convergence
      is a missing value. `ssd_fit: curve_fit` ends where scipy's `curve_fit` with its default tolerances does
      (MINPACK), up to some hundredths of a look before the minimum. CryoSat-2's level 1B holds no range-integrated
      power, but this very deviation in looks: `stack_std_20_ku` is taken where there is no `rip_20_ku`.
      `stdev_stack_20_ku` of Sentinel-3 is in radians, another
      unit. With `ssd_others` also
      `ssd_moment` (root second moment, looks) and `ssd_notebook` (0.5 (sum y²)² / sum y⁴).
    - `sigma0_db`, dB: 10 log10(`max_power`) + `scale_factor_20_ku`, the same for every surface; or the ocean
      retracker's `sig0_water_20_ku`; or `sig0_sea_ice_sheet_20_ku`, which is circular: its retracker was chosen by
      ESA's class.
    - `leading_edge_width`, bins: from 5 % to 95 % of the first maximum of the smoothed echo (as pysiral measures it;
      TFMRA in `altimetry.retrack`).

    `peakiness`, `ssd` and `sigma0_db` carry an attribute `definition`, so that limits of another definition are
    refused.

    Where the track has `sig0_water_20_ku` and `range_ocog_20_ku`, the backscatter of the maximum power and the nominal
    bin are held against them over the records that take part: medians off by more than 5 dB or 0.5 bin are warnings.

    Records: `surface` keeps ocean (`surf_type_20_ku` 0) with `sea_ice_concentration_20_ku` of at least
    `min_concentration`. CryoSat-2's level 1B knows no concentration: all of its ocean takes part, with a warning.

    The preset `course` is the course notebook's recipe with its faults: a peak before bin 50 gives no peakiness (a
    negative Python index makes an empty slice), all 256 values of the RIP are fitted as `curve_fit` does, the
    backscatter is the ocean retracker's, and ESA's own flag chooses the records, so that a score against that flag is
    partly circular.
    """
  static let example = """
    features: { use: altimetry.features, in: { input: read.track }, with: { peakiness: course } }
    """
  static let presets = [
    Preset(
      "course", "The course notebook's recipe, faults included",
      values: [
        "peakiness": .text("course"), "python_window": .text("true"), "ssd_looks": .text("all"),
        "ssd_fit": .text("curve_fit"),
        "backscatter": .text("sig0_water_20_ku"), "select": .text("esa_flag"),
      ])
  ]

  /// How many values of the range-integrated power are fitted.
  enum Looks: String, ChoiceParameter {
    case nbStack = "nb_stack"
    case all
  }

  /// Where the fit of the Gaussian ends.
  enum Fit: String, ChoiceParameter {
    case minimum
    case curveFit = "curve_fit"
  }

  @Input("Track with echoes and range-integrated power") var input: Table
  @Param("Column with the echoes, raw or aligned") var waveform = ColumnName.waveform.rawValue
  @Param("Definition of peakiness") var peakiness = PeakinessDefinition.course
  @Param("Count the noise bins in the cut as the course's Python does; peaks before bin 50 are missing")
  var pythonWindow = false
  @Param("Values of the range-integrated power that are fitted") var ssdLooks = Looks.nbStack
  @Param("Where the fit ends: at the minimum, or where scipy's curve_fit with its default tolerances does")
  var ssdFit = Fit.minimum
  @Param("Also the root second moment and the notebook's unused equation") var ssdOthers = false
  @Param("Source of the backscatter") var backscatter = Backscatter.maxPower
  @Param("Which records take part") var select = RecordSelection.surface
  @Param("Least sea-ice concentration", unit: "percent", in: 0...100) var minConcentration = 15.0
  @Param("Mark records of which a feature is missing") var dropMissing = true
  @Output("The track with the features as columns") var track: Table?

  /// The columns that are made, and their units.
  private var columns: [(name: String, unit: PhysicalUnit)] {
    var result: [(name: String, unit: PhysicalUnit)] = [
      ("peak_bin", "1"), ("noise_floor", powerUnit), (ColumnName.leadingEdgeWidth.rawValue, "1"),
      (ColumnName.peakiness.rawValue, "1"), (ColumnName.stackDeviation.rawValue, "1"),
      (ColumnName.backscatter.rawValue, "dB"),
    ]
    if makesMaximum { result.insert(("max_power", powerUnit), at: 0) }
    if ssdOthers { result += [("ssd_moment", "1"), ("ssd_notebook", "1")] }
    return result
  }

  /// The unit of the echoes' samples.
  private var powerUnit: PhysicalUnit { input[waveform]?.unit ?? "count" }
  /// Whether `max_power` is made; of echoes divided by their maximum the raw echoes' one stays.
  private var makesMaximum: Bool { input.tags["normalised:\(waveform)"] == nil || input["max_power"] == nil }

  mutating func plan(in context: PlanContext) throws {
    try input.refuseLowResolution(for: "the stack standard deviation")
    try input.check(echoes: waveform, "waveform")
    try requirePower()
    if ssdLooks == .nbStack, !stackIsGiven {
      try input.require(
        [ColumnName.stackLooks.rawValue], for: "the stack standard deviation (or give ssd_looks: all)")
    }
    let source = backscatter == .maxPower ? ColumnName.scaleFactor.rawValue : backscatter.rawValue
    try input.require([source], for: "the backscatter")
    try select.check(input)
    track = described(input.planned(adding: columns))
    if backscatter == .seaIce {
      context.warn(
        "sig0_sea_ice_sheet_20_ku comes from a retracker chosen by ESA's class: a classification with it is circular")
    }
  }

  mutating func run(in context: RunContext) async throws {
    var table = input
    let echoes = try EchoColumn(table, waveform)
    try requirePower()
    let power = stackIsGiven ? nil : try EchoColumn(table, ColumnName.stackPower.rawValue)
    let given = stackIsGiven ? try table.numbers(Self.givenStack) : []
    let looks: [Double]? = ssdLooks == .all || stackIsGiven ? nil : try table.numbers(.stackLooks)
    let definition = peakiness
    let python = pythonWindow
    let others = ssdOthers
    let asCurveFit = ssdFit == .curveFit
    let features = try await context.rows(table.rowCount) { rows in
      rows.map { row in
        var f = EchoFeatures()
        f.read(echo: echoes.row(row), definition, pythonWindow: python, scale: echoes.scale(of: row))
        guard let power else {
          f.ssd = given[row]
          return f
        }
        let n = looks.map { $0[row].isFinite ? Int(max(0, min($0[row], Double(power.width)))) : 0 }
        f.read(power: power.row(row), looks: n, others: others, asCurveFit: asCurveFit)
        return f
      }
    }
    let sigma0 = try backscatter(table, features)
    // Cells, not rows: a record without echo lacks one or more of the three.
    let cells = features.indices.map { i in
      [sigma0[i], features[i].peakiness, features[i].ssd].count(where: \.isNaN)
    }
    context.record("missing_cells_in_all_records", .integer(cells.reduce(0, +)))
    if select == .surface, RecordSelection.knowsNoConcentration(table) {
      context.warn(
        "the product tells no sea-ice concentration: all ocean records take part, those far from ice as well")
    }
    if select == .surface, RecordSelection.isShare(table) {
      context.log(.info, "the sea-ice concentration is at most 1 and taken as a share, not as percent")
    }
    try select.mark(&table, minimumConcentration: minConcentration)
    let before = table.status.counts
    let inherited = input.status.counts
    for (reason, count) in before.sorted(by: { $0.key < $1.key }) {
      context.dropped(count - (inherited[reason] ?? 0), "records", because: reason)
    }
    markMissing(&table, features, sigma0, context)
    set(&table, features, sigma0)
    table = described(table)
    check(echoes, sigma0, table, context)
    guard table.status.keptCount > 0 else {
      throw FloeError(
        """
        no record of '\(table.productName)' is left: \
        \(table.status.counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: "; "))
        """
      )
    }
    table.style = table.style ?? "track"
    context.record(.peakiness, .string(definition.rawValue))
    context.record("backscatter", .string(backscatter.rawValue))
    context.record(.recordsKept, .integer(table.status.keptCount))
    track = table
  }

  private func requirePower() throws {
    guard stackIsGiven else { return }
    guard input[Self.givenStack]?.numbers != nil else {
      throw FloeError(
        """
        the track has no 'rip_20_ku', from which the stack standard deviation comes, and no '\(Self.givenStack)'; \
        SR_2_LAN_SI of Sentinel-3 and level 1B in SAR and SARIn mode of CryoSat-2 have one of them
        """)
    }
    guard !ssdOthers else {
      throw ParameterError("ssd_others", "need the range-integrated power 'rip_20_ku', which the track lacks")
    }
  }

  /// The stack standard deviation in looks of products without range-integrated power.
  private static let givenStack = "stack_std_20_ku"
  private var stackIsGiven: Bool { input[.stackPower] == nil }

  private func backscatter(_ table: Table, _ features: [EchoFeatures]) throws -> [Double] {
    guard backscatter == .maxPower else { return try table.numbers(backscatter.rawValue) }
    let scale = try table.numbers(.scaleFactor)
    var power = features.map(\.maximum)
    if table.tags["normalised:\(waveform)"] != nil {
      guard let raw = table["max_power"]?.numbers else {
        throw FloeError(
          """
          '\(waveform)' holds echoes divided by their maximum: no backscatter comes from them; run \
          altimetry.features on the raw echoes first
          """
        )
      }
      power = raw
    }
    return zip(power, scale).map { $0 > 0 ? 10 * log10(ofPositive: $0) + $1 : .nan }
  }

  private func markMissing(_ table: inout Table, _ features: [EchoFeatures], _ sigma0: [Double], _ context: RunContext)
  {
    let early = peakiness == .course ? "peak too early for its noise bins" : "no peakiness"
    var counts: [String: Int] = [:]
    var everywhere: [String: Int] = [:]
    for (row, f) in features.enumerated() {
      let reason: String? =
        f.maximum.isNaN
        ? "no echo"
        : f.peakiness.isNaN
          ? early
          : f.ssd.isNaN
            ? stackIsGiven ? "no stack standard deviation" : "no Gaussian fits the range-integrated power"
            : sigma0[row].isNaN ? "no backscatter" : nil
      guard let reason else { continue }
      everywhere[reason, default: 0] += 1
      guard table.status.isKept(row) else { continue }
      counts[reason, default: 0] += 1
      if dropMissing || f.maximum.isNaN { table.status.drop(row, because: reason) }
    }
    for (reason, count) in counts.sorted(by: { $0.key < $1.key }) { context.dropped(count, "records", because: reason) }
    context.record(
      "missing_in_all_records",
      .array(
        everywhere.sorted(by: { $0.key < $1.key }).map { reason, count in
          JSONValue(keyed: [.reason: .string(reason), .count: .integer(count)])
        }))
  }

  /// The table whose features say by which definition they are made: limits belong to a definition.
  private func described(_ table: Table) -> Table {
    var result = table
    let definitions: [(name: ColumnName, definition: String)] = [
      (.peakiness, peakiness.rawValue), (.stackDeviation, "looks"), (.backscatter, backscatter.rawValue),
    ]
    for (name, definition) in definitions {
      guard var column = table[name] else { continue }
      column.attributes["definition"] = definition
      if name == .peakiness, case .array(_, let width)? = table[waveform]?.values {
        column.attributes["bins"] = "\(width)"
      }
      result.set(column)
    }
    return result
  }

  /// Holds backscatter and nominal bin against what the product holds.
  private func check(_ echoes: EchoColumn, _ sigma0: [Double], _ table: Table, _ context: RunContext) {
    if backscatter == .maxPower, let found = ProductCheck.backscatter(sigma0, table) {
      if let warning = found.warning { context.warn(warning) }
      context.record("sigma0_less_product_median_db", .number(found.median))
    }
    guard table.tags["normalised:\(waveform)"] == nil, let found = ProductCheck.nominalBin(echoes, table) else {
      return
    }
    if let warning = found.warning { context.warn(warning) }
    context.record("nominal_bin_less_tag_median_bins", .number(found.median))
  }

  private func set(_ table: inout Table, _ f: [EchoFeatures], _ sigma0: [Double]) {
    let unit = powerUnit
    if makesMaximum {
      table.set(
        Column("max_power", unit: unit, summary: "Largest sample of the echo", values: .number(f.map(\.maximum))))
    }
    table.set(Column("peak_bin", summary: "Bin of the first largest sample", values: .number(f.map(\.peakBin))))
    table.set(Column("noise_floor", unit: unit, summary: "Mean of bins 0 to 5", values: .number(f.map(\.noiseFloor))))
    table.set(
      Column(
        .leadingEdgeWidth, summary: "Bins from 5 % to 95 % of the first maximum",
        values: .number(f.map(\.leadingEdgeWidth))))
    table.set(
      Column(
        .peakiness, summary: "Pulse peakiness, definition '\(peakiness.rawValue)'", values: .number(f.map(\.peakiness))
      ))
    table.set(
      Column(
        .stackDeviation,
        summary: "Stack standard deviation in looks: "
          + (stackIsGiven ? "\(Self.givenStack) of the product" : "|sigma| of a Gaussian over rip_20_ku"),
        values: .number(f.map(\.ssd))))
    table.set(
      Column(.backscatter, unit: .decibel, summary: "Backscatter from \(backscatter.rawValue)", values: .number(sigma0))
    )
    guard ssdOthers else { return }
    table.set(
      Column("ssd_moment", summary: "Root second moment of rip_20_ku in looks", values: .number(f.map(\.ssdMoment))))
    table.set(
      Column("ssd_notebook", summary: "0.5 (sum y²)² / sum y⁴ of rip_20_ku", values: .number(f.map(\.ssdNotebook))))
  }
}

/// The decimal logarithm of a positive number.
private func log10(ofPositive x: Double) -> Double { naturalLog(x) / naturalLog(10) }
