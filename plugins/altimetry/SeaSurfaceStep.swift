import FloeSDK

/// The sea surface along the track.
struct SeaSurfaceStep: ProcessingStep {
  static let name = "altimetry.sea_surface"
  static let summary = "Lays the sea surface along a track through the elevations of its leads, with its uncertainty."
  static let discussion = """
    The track with `sea_surface_m` (m, in the datum of the elevations) and `sea_surface_uncertainty_m` (one sigma), NaN
    without a lead within reach, counted; `surface_lead_distance_m` to the nearest lead used; `lead_use`: 1 used, 2
    outlier, 3 wide stack, 0 other records; `along_track_m`.

    1. **Leads beside the track** come late and look low. Their stack is wide: a smooth surface returns little to the
       side, a rougher one more, from all looks. Where the track has the stack's standard deviation (`ssd` of
       altimetry.features, else CryoSat-2's `stack_std_20_ku`), leads of `lead_deviation` looks and more are left out,
       counted. A lead whose deviation is missing is used. By default it is 6.29, or 4.62 in SARIn mode, CPOM's limit
       for leads (Tilling et al. 2018), or less where the leads themselves tell: in the order of their deviation the
       narrower half says where the sea is, and as many of the others stay as leave the mean elevation, beside the
       median of step 2, at most 5 mm below that half's. The limit is lowered only if five leads and more lie beyond it
       and below the half by more than two standard errors. AWI takes 4 looks (Ricker et al. 2014).
    2. **Outliers.** Over the leads within half of `window`: a lead farther from their median than `outlier_limit` times
       their spread (1.4826 x median deviation, at least `least_spread`) is left out. Counted.
    3. **Nodes.** At each lead the value there of a straight line, fitted by least squares to the leads within half of
       `window`. ESA's Sentinel-3 chain does the same (its `int_sea_ice_ssha_20_ku` comes out to 0.1 mm); pysiral
       averages in windows instead (`SLASmoothedLinear`).
    4. **Surface.** Linear between nodes not farther apart than `max_gap`; elsewhere, and at the track's ends, the
       nearest node's value up to half of `max_gap`.

    **Uncertainty.** At a node noise² h + shape²: `noise` of a single lead (1.4826 x median difference of neighbours /
    sqrt 2); h = 1 / n + d² / sum(x - mean)², the weight of the node's lead in its line; shape², what the sea does
    that a line does not follow: over the leads within half of `uncertainty_window` the mean of r² - noise² (1 - h),
    where r are their distances from their own lines. Away from leads `growth`² * distance / 100 km is added, between
    two leads the product of both distances over their sum. pysiral gives 0.02 m at a lead and 0.10 m at 100 km. In
    `synthetic.sentinel3`'s simple world one sigma holds 66 % of the records, in the winter world 69 % (44 seeds of 6000
    records each; single tracks, of few independent windows, 46 to 83 %). Beyond 30 km the made sea
    changes faster than `growth` of 0.1 m allows.

    **Not in it:** what leads beside the track that stay leave. In the winter world, whose leads may lie beside the
    track, the surface is 5.0 cm low and freeboard 4.5 cm high without a limit, 2.1 and 1.7 cm with 6.29 looks, 1.1 and
    0.8 cm with 4, 1.0 and 0.6 cm with what the leads tell. In the CryoSat-2 pass of the tests ESA's leads from 4 looks
    on lie 4 cm below the median of those around them.

    Only kept records with an elevation are used as leads; a number below -500 m or above 9 km is no elevation,
    counted. A track without any lead within reach is no error: its
    surface is missing.
    """
  static let example = """
    surface: { use: altimetry.sea_surface, in: { input: elevation.track } }
    """

  /// What a record is to the surface.
  static let uses = ClassTable(
    [
      ClassEntry(code: 0, name: "no_lead", label: "No lead", color: RGB(150, 150, 150)),
      ClassEntry(code: 1, name: "used", label: "Lead used", color: RGB(0, 68, 136)),
      ClassEntry(code: 2, name: "outlier", label: "Lead left out as outlier", color: RGB(187, 85, 102)),
      ClassEntry(code: 3, name: "wide_stack", label: "Lead left out by its wide stack", color: RGB(221, 170, 51)),
    ], noData: -1)

  @Input("Track with elevations and classes") var input: Table
  @Param("Column with the elevation", unit: .metre) var elevation = ColumnName.elevation.rawValue
  @Param("Column with the classes; class_code, else esa_class by default") var classes: String?
  @Param("Classes that are leads, by name or code") var leads = ["lead"]
  @Param("Length of track whose leads make one value", unit: .metre, in: 1000...1_000_000) var window = 100_000.0
  @Param("Longest gap between two leads to run across", unit: .metre, in: 0...2_000_000) var maxGap = 200_000.0
  @Param("Times the spread beyond which a lead is an outlier", in: 1...100) var outlierLimit = 3.0
  @Param("Least spread of leads that is believed", unit: .metre, in: 0...10) var leastSpread = 0.05
  @Param("Uncertainty of the surface 100 km from the nearest lead", unit: .metre, in: 0...10) var growth = 0.1
  @Param("Length of track whose leads tell how far the surface misses the sea", unit: .metre, in: 1000...10_000_000)
  var uncertaintyWindow = 500_000.0
  @Param(
    "Stack deviation in looks from which a lead is left out; by default 6.29, in SARIn 4.62, or what the leads tell",
    in: 0...1000)
  var leadDeviation: Double?
  @Output("The track with its sea surface") var track: Table?

  static let columns: [(name: String, unit: PhysicalUnit)] = [
    (ColumnName.alongTrack.rawValue, "m"), (ColumnName.seaSurface.rawValue, "m"),
    (ColumnName.seaSurfaceUncertainty.rawValue, "m"),
    ("surface_lead_distance_m", "m"),
  ]

  mutating func plan(in context: PlanContext) throws {
    try input.check(numbers: elevation, "elevation")
    try input.checkLengths([elevation])
    _ = try members()
    _ = try stackLimit()
    try input.refuseLowResolution(for: "the sea surface between floes")
    _ = try input.positions()
    var planned = input.planned(adding: Self.columns)
    planned.set(Column(.leadUse, classes: Self.uses, values: .code([], missing: -1)))
    track = planned
  }

  mutating func run(in context: RunContext) async throws {
    let stored = try input.metres(elevation)
    let elevations = stored.map(MissingValue.height)
    context.dropped(MissingValue.countOfNoHeights(stored, input.status), "records", because: MissingValue.noHeight)
    let isLead = try members()
    let position = try input.positions()
    let turned = reversals(latitude: position.lat, longitude: position.lon)
    guard turned * 50 <= elevations.count else {
      throw FloeError(
        """
        the records are not in order along one track: \(turned) of \(elevations.count) steps go back; sort the table \
        by time, and give each beam or pass a table of its own
        """)
    }
    if turned > 0 {
      context.warn(
        """
        \(turned) step\(turned == 1 ? "" : "s") of the track go\(turned == 1 ? "es" : "") back: where passes or beams \
        meet in one table, their leads make one surface; give each a table of its own
        """)
    }
    let along = alongTrackDistance(latitude: position.lat, longitude: position.lon)
    let candidates = elevations.indices.filter {
      isLead[$0] && input.status.isKept($0) && elevations[$0].isFinite && along[$0].isFinite
    }
    let rule = surface
    let limit = try await ownLimit(stackLimit(), candidates, elevations, along, rule, context)
    // A missing deviation is not above the limit.
    let wide = candidates.filter { row in limit.map { $0.values[row] >= $0.looks } ?? false }
    let leads = candidates.filter { row in limit.map { !($0.values[row] >= $0.looks) } ?? true }
    let places = leads.map { along[$0] }
    let heights = leads.map { elevations[$0] }
    let outlier = try await context.rows(leads.count) { rule.outliers(heights, at: places, range: $0) }
    let used = leads.indices.filter { !outlier[$0] }
    let nodes = rule.nodes(used.map { heights[$0] }, at: used.map { places[$0] })
    let values = try await context.rows(along.count) { rows in rule.values(at: rows.map { along[$0] }, nodes) }
    var use = [Int16](repeating: 0, count: elevations.count)
    for (i, row) in leads.enumerated() { use[row] = outlier[i] ? 2 : 1 }
    for row in wide { use[row] = 3 }
    track = table(values, along, use)
    // What the leads tell has many digits.
    let looks = limit.map { ($0.looks * 1000).rounded() / 1000 } ?? .nan
    context.record("lead_deviation_limit", .string(limit.map { "\($0.column) < \(looks)" } ?? "none"))
    if let limit {
      context.dropped(wide.count, "leads", because: "\(limit.column) of \(looks) looks or more: a wide stack")
    }
    report(values, leads: candidates.count, fitting: leads.count, used: used.count, nodes, context)
  }

  private var surface: SeaSurface {
    var surface = SeaSurface()
    surface.window = window
    surface.maximumGap = maxGap
    surface.outlierLimit = outlierLimit
    surface.leastSpread = leastSpread
    surface.growth = growth
    surface.uncertaintyWindow = uncertaintyWindow
    return surface
  }

  /// A column with the stack's deviation in looks, and from where on a lead is left out.
  private typealias StackLimit = (column: String, values: [Double], looks: Double)

  /// A limit, lowered to what the leads tell where none was given.
  private func ownLimit(
    _ limit: StackLimit?, _ candidates: [Int], _ elevations: [Double], _ along: [Double], _ rule: SeaSurface,
    _ context: RunContext
  ) async throws -> StackLimit? {
    guard let stated = limit, leadDeviation == nil else { return limit }
    let leads = candidates.filter { stated.values[$0] < stated.looks }
    let places = leads.map { along[$0] }
    let heights = leads.map { elevations[$0] }
    let standings = try await context.rows(leads.count) { rule.standings(heights, at: places, range: $0) }
    let own = rule.deviationLimit(leads.map { stated.values[$0] }, standings)
    return (stated.column, stated.values, own ?? stated.looks)
  }

  /// The limit of the parameter or, before the leads are looked at, of CPOM; nil where there is no column for it.
  private func stackLimit() throws -> StackLimit? {
    let names = [ColumnName.stackDeviation.rawValue, "stack_std_20_ku"]
    for name in names {
      guard let column = input[name], let values = column.numbers else { continue }
      // Radians, for example, are compared with no limit in looks.
      if let definition = column.attributes["definition"], definition != "looks" { continue }
      return (name, values, leadDeviation ?? (input.radarMode == .sarin ? 4.62 : 6.29))
    }
    guard let leadDeviation else { return nil }
    throw ParameterError(
      "lead_deviation",
      "is \(leadDeviation), but the track has no stack deviation in looks (\(names.joined(separator: ", "))); run "
        + "altimetry.features first, or leave it out")
  }

  private func members() throws -> [Bool] {
    try SurfaceClasses(input, column: classes, parameter: "classes").members(leads, parameter: "leads")
  }

  private func table(_ values: [SeaSurface.Value], _ along: [Double], _ use: [Int16]) -> Table {
    var table = input
    let numbers = [along, values.map(\.height), values.map(\.uncertainty), values.map(\.distance)]
    let summaries = [
      "Distance along the track", "Sea surface from leads, in the datum of the elevations",
      "Uncertainty of the sea surface, one sigma", "Distance to the nearest lead used",
    ]
    for ((column, summary), numbers) in zip(zip(Self.columns, summaries), numbers) {
      table.set(Column(column.name, unit: column.unit, summary: summary, values: .number(numbers)))
    }
    table.set(
      Column(
        .leadUse, summary: "What the record is to the sea surface", classes: Self.uses,
        values: .code(use, missing: -1)))
    return table
  }

  private func report(
    _ values: [SeaSurface.Value], leads: Int, fitting: Int, used: Int, _ nodes: [SeaSurface.Node],
    _ context: RunContext
  ) {
    context.dropped(fitting - used, "leads", because: "outlier in elevation")
    let missing = values.indices.count { values[$0].height.isNaN && input.status.isKept($0) }
    context.dropped(missing, "records", because: "no lead within reach")
    context.record(.leads, .integer(leads))
    context.record("leads_used", .integer(used))
    if used == 0 {
      let which = leads == 0 ? "with an elevation" : "whose stack is narrow enough, but \(leads) with wider ones"
      context.warn("the track has no lead \(which): no sea surface, and so no freeboard")
      return
    }
    let gaps = zip(nodes, nodes.dropFirst()).map { $1.position - $0.position }
    context.record("longest_gap_km", .number(((gaps.max() ?? 0) / 100).rounded() / 10))
    context.record("gaps_not_run_across", .integer(gaps.count { $0 > maxGap }))
    let sigma = values.map(\.uncertainty).filter { !$0.isNaN }
    if !sigma.isEmpty {
      context.record("sea_surface_uncertainty_median_m", .number((median(of: sigma) * 1e4).rounded() / 1e4))
    }
  }
}
