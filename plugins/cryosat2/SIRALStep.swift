import FloeIO
import FloeSDK

/// Reads a CryoSat-2 SIRAL product as a track.
public struct SIRALStep: ProcessingStep {
  public static let name = "cryosat2.read"
  public static let summary = "Reads a CryoSat-2 SIRAL product (L1b or L2I): one row a 20 Hz record, with its echoes."
  public static let discussion = """
    The same kind of table as `sentinel3.sral`, so that features, alignment, retracking, classification and colocation
    take it as it is: one row a record of `time_20_ku`, in the file's order, as points in EPSG:4326. Columns have the
    names that the same quantities have in a Sentinel-3 product; `source_variable` of each tells what it is made of.
    Missing values are NaN, no row is removed.

    **Level 1B** (`SIR_SAR_1B`, `SIR_SIN_1B`, `SIR_LRM_1B`): `waveform_20_ku` in W (stored sample *
    `echo_scale_factor_20_ku` * 2^`echo_scale_pwr_20_ku`), `tracker_range_20_ku` (m, half of the two-way window delay
    times the speed of light), `alt_20_ku` (m), the stack's parameters (`stack_std_20_ku` in looks), `surf_type_20_ku`.
    There is no range-integrated power, no class, no ice concentration and no mean sea surface in it. The echo's column
    says how its samples lie: 0.234213 m apart (SAR, SARIn) or 0.468426 m (LRM), the tracker range at the middle sample.
    `scale_factor_20_ku` (dB, SAR and SARIn) makes sigma0 of the power by the radar equation.

    **Level 2 in-depth** (`SIR_SARI2`, `SIR_SINI2`, ...): `height_1_20_ku` (m above WGS 84, all corrections applied),
    `range_1_20_ku` (m), `mean_sea_surf_sea_ice_20_ku` (m), `esa_class` (open ocean, sea ice, lead, unclassified),
    `peakiness_20_ku`, `sig0_1_20_ku` (dB), `sea_ice_concentration_20_ku` (percent), ESA's `freeboard_20_ku` and sea
    surface.

    **Corrections** of the 1 Hz block are brought to the records linearly on time, flags by the nearest; across a gap
    longer than `max_gap` they are missing; the last one holds for its own second of records. Two columns are made so
    that each effect counts once where Sentinel-3's are added up: `ocean_tide_sol1_01` is the ocean tide with its
    equilibrium and load tide, `hf_fluct_cor_01` the dynamic atmosphere less the inverse barometer that it includes.

    What the product lacks, what stands in for something, and a block without any value are told with what follows from
    it. `peakiness_20_ku` carries its definition: `esa-l2i` in SAR mode, `esa-l2i-traditional` in the others, so that
    limits of other definitions are not applied to it.

    Times are UTC: the product counts in TAI. Records whose block is degraded (`flag_mcd_20_ku`) are marked, those
    without a position or with a latitude beyond a pole, and those outside of `box`, `start`, `stop` and `only`, each
    with its reason. Baselines D and E are known, others are refused. Source: CryoSat Ice netCDF L1B and L2 Product
    Format Specifications, CS-RS-ACS-ESL-5364, -5265.
    """
  public static let example = """
    track: { use: cryosat2.read, with: { product: $track } }
    """

  @Param("SIR_*_1B or SIR_*I2 netCDF file, or a folder or zip with one") var product: InputPath
  @Param("Variables to read beside the default ones, under their own names") var also: [String] = []
  @Param("Longest gap between two 1 Hz values to interpolate across", unit: .second, in: .atLeast(0)) var maxGap = 3.0
  @Param("West, south, east, north; west greater than east across the 180° meridian", unit: .degree, in: -360...360)
  var box: [Double]?
  @Param("First time, UTC, such as 2014-11-18T09:23:02") var start: String?
  @Param("Last time, UTC") var stop: String?
  @Param("ESA's surface classes to keep (L2I): open_ocean, sea_ice, lead, unclassified") var only: [String]?
  @Output("The track; rows outside of the window are marked") var track: Table?
  /// The product that was opened to plan, for the run.
  @Planned var opened: SIRALFile?

  /// A step with its defaults.
  public init() {}

  public func validate() throws { _ = try window() }

  public mutating func plan(in context: PlanContext) throws {
    let source = try SIRALFile(SIRALProduct(product.path))
    if only != nil, try source.variable(.surfaceClass) == nil {
      throw ParameterError("only", "needs ESA's surface class, which '\(source.product.file)' lacks (L2I has it)")
    }
    var table = frame(source, rows: 0)
    try addFixed(&table, source, isPlanned: true)
    let columns = columns(of: source)
    for recipe in try columns.recipes() { table.set(try recipe.make(true)) }
    Self.tag(&table)
    for notice in try columns.notices() { context.warn(notice) }
    context.isBarrier()
    opened = source
    track = table
  }

  public mutating func run(in context: RunContext) async throws {
    let source = try opened ?? SIRALFile(SIRALProduct(product.path))
    let columns = columns(of: source)
    let recipes = try columns.recipes()
    var table = frame(source, rows: source.recordCount)
    try addFixed(&table, source, isPlanned: false)
    for column in try await context.map(recipes.count, progress: "variables", { try recipes[$0].make(false) }) {
      table.set(column)
    }
    Self.tag(&table)
    let time = try table.numbers(.time)
    table.acquisition?.time = UTCTime(seconds: (time[0] + time[time.count - 1]) / 2)
    let empty = columns.emptyTerms(of: table)
    if !empty.isEmpty {
      context.warn(
        "'\(source.product.file)' holds no value of \(empty.joined(separator: ", ")): no elevation comes of its records"
      )
    }
    for notice in columns.emptiness(of: table) { context.warn(notice) }
    try markDegraded(&table, source)
    try window().mark(&table)
    let reasons = table.status.counts.sorted { $0.key < $1.key }
    for (reason, count) in reasons { context.dropped(count, "records", because: reason) }
    guard table.status.keptCount > 0 else {
      let list = reasons.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
      throw FloeError(
        """
        none of the \(table.rowCount) records of '\(source.product.file)' is left (\(list)); widen box, start, stop \
        or only
        """)
    }
    context.record(.records, .integer(table.rowCount))
    context.record(.recordsKept, .integer(table.status.keptCount))
    track = table
  }

  private func columns(of source: SIRALFile) -> SIRALColumns {
    SIRALColumns(source: source, gap: maxGap, also: also)
  }

  private func frame(_ source: SIRALFile, rows: Int) -> Table {
    let product = source.product
    var tags = ["product": product.name]
    for (tag, attribute) in [
      ("cycle", "cycle_number"), ("absolute_orbit", "abs_orbit_number"), ("processor", "software_version"),
      ("references", "reference_document"),
    ] {
      if let value = source.text(attribute) { tags[tag] = value }
    }
    if let mode = source.mode { tags["radar_mode"] = mode.rawValue }
    return Table(
      rowCount: rows, geometry: .longitudeLatitude, crs: .wgs84,
      acquisition: Acquisition(
        product: product.name, platform: "CryoSat-2", instrument: "SIRAL", level: product.kind.rawValue,
        baseline: product.baseline),
      style: "track", tags: tags)
  }

  private func addFixed(_ table: inout Table, _ source: SIRALFile, isPlanned: Bool) throws {
    let position = try SIRALRole.position.map { role -> [Double] in
      guard let v = try source.variable(role) else { return [] }
      try source.check(v)
      return isPlanned ? [] : try source.numbers(v, gap: 0)
    }
    let time = isPlanned ? [] : source.utc
    table.set(
      Column(.record, summary: "Index of the record in the product, from 0", values: .integer(time.indices.map { $0 }))
    )
    table.set(Column(.time, unit: .second, summary: "Time of the record, UTC", isTime: true, values: .number(time)))
    table.set(Column(.latitude, unit: .degree, summary: "Latitude on WGS 84", values: .number(position[0])))
    table.set(
      Column(
        .longitude, unit: .degree, summary: "Longitude on WGS 84, -180 ..< 180",
        values: .number(position[1].map { $0 >= 180 ? $0 - 360 : $0 })))
  }

  /// Repeats what the echo's column says as facts of the track, for people and files without attributes.
  private static func tag(_ table: inout Table) {
    guard let layout = table[.waveform]?.waveform else { return }
    table.tags["range_gate_m"] = layout.rangeGate.map { "\($0)" }
    table.tags["nominal_bin"] = layout.nominalBin.map { "\($0)" }
    // By their counts, samples that equal a mean are told from those that lie above it (altimetry.features).
    table.tags["count_scale:\(ColumnName.waveform.rawValue)"] = EchoReader.scaleColumn
  }

  /// The highest bit says that "the block must not be processed" (product text).
  private func markDegraded(_ table: inout Table, _ source: SIRALFile) throws {
    guard let v = try source.variable(.degraded), v.shape == [source.recordCount] else { return }
    for (row, flag) in try source.file.readDoubles(v.name).enumerated() where flag < -1 {
      table.status.drop(row, because: "block degraded (flag_mcd_20_ku)")
    }
  }

  private func window() throws -> TrackWindow {
    var window = try TrackWindow(box: box, start: start, stop: stop)
    if let only { window.flags = [try TrackWindow.Flag(only: only)] }
    return window
  }
}
