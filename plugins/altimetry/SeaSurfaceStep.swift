import FloeSDK

/// The sea surface along the track.
struct SeaSurfaceStep: ProcessingStep {
  static let name = "altimetry.sea_surface"
  static let summary = "Lays the sea surface along a track through the elevations of its leads, with its uncertainty."
  static let discussion = """
    The track with `sea_surface_m` (m, in the datum of the elevations) and `sea_surface_uncertainty_m` (one sigma), NaN
    without a lead within reach, counted; `surface_lead_distance_m` to the nearest lead used; `lead_use`: 1 used, 2
    outlier, 0 other records; `along_track_m`.

    1. **Outliers.** Over the leads within half of `window`: a lead farther from their median than `outlier_limit` times
       their spread (1.4826 x median deviation, at least `least_spread`) is left out. Counted.
    2. **Nodes.** At each lead the value there of a straight line, fitted by least squares to the leads within half of
       `window`. ESA's Sentinel-3 chain does the same (its `int_sea_ice_ssha_20_ku` comes out to 0.1 mm); pysiral
       averages in windows instead (`SLASmoothedLinear`).
    3. **Surface.** Linear between nodes not farther apart than `max_gap`; elsewhere, and at the track's ends, the
       nearest node's value up to half of `max_gap`.

    **Uncertainty.** At a node s² (1 / n + d² / sum(x - mean)²) of a fitted line, with the variance s² of the leads
    about it, plus what s² has beyond the noise of a single lead (1.4826 x median difference of neighbours / sqrt
    2): the sea's shape that a line does not follow. Away from leads `growth`² * distance / 100 km is added, between
    two leads the product of both distances over their sum. pysiral gives 0.02 m at a lead and 0.10 m at 100 km.
    Within 10 km of leads its root mean square is that of the errors in `synthetic.sentinel3`'s simple world (0.03
    m); since the sea's shape is told from one window at a time, it holds about 60 % of the records there, not 68
    %, and 79 % in the winter world. Beyond 30 km the made sea changes faster than `growth` of 0.1 m allows.

    **Leads aside of the track** come late and look low: in `synthetic.sentinel3`'s winter world, whose leads may lie
    beside the track, the surface is 4 to 6 cm low and freeboard as much high. Stricter limits for leads
    (altimetry.classify) keep more of them out. Records must be in order along one track.

    Only kept records with an elevation are used as leads; a number beyond 12 km is a fill value and no elevation,
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
  @Output("The track with its sea surface") var track: Table?

  static let columns: [(name: String, unit: PhysicalUnit)] = [
    (ColumnName.alongTrack.rawValue, "m"), (ColumnName.seaSurface.rawValue, "m"),
    (ColumnName.seaSurfaceUncertainty.rawValue, "m"),
    ("surface_lead_distance_m", "m"),
  ]

  mutating func plan(in context: PlanContext) throws {
    try input.check(numbers: elevation, "elevation")
    _ = try members()
    try input.refuseLowResolution(for: "the sea surface between floes")
    _ = try input.positions()
    var planned = input.planned(adding: Self.columns)
    planned.set(Column(.leadUse, classes: Self.uses, values: .code([], missing: -1)))
    track = planned
  }

  mutating func run(in context: RunContext) async throws {
    let stored = try input.numbers(elevation)
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
    let along = alongTrackDistance(latitude: position.lat, longitude: position.lon)
    let leads = elevations.indices.filter {
      isLead[$0] && input.status.isKept($0) && elevations[$0].isFinite && along[$0].isFinite
    }
    var surface = SeaSurface()
    surface.window = window
    surface.maximumGap = maxGap
    surface.outlierLimit = outlierLimit
    surface.leastSpread = leastSpread
    surface.growth = growth
    let places = leads.map { along[$0] }
    let heights = leads.map { elevations[$0] }
    let rule = surface
    let outlier = try await context.rows(leads.count) { rule.outliers(heights, at: places, range: $0) }
    let used = leads.indices.filter { !outlier[$0] }
    let nodes = surface.nodes(used.map { heights[$0] }, at: used.map { places[$0] })
    let values = try await context.rows(along.count) { rows in rule.values(at: rows.map { along[$0] }, nodes) }
    var use = [Int16](repeating: 0, count: elevations.count)
    for (i, row) in leads.enumerated() { use[row] = outlier[i] ? 2 : 1 }
    track = table(values, along, use)
    report(values, leads: leads.count, used: used.count, nodes, context)
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
    _ values: [SeaSurface.Value], leads: Int, used: Int, _ nodes: [SeaSurface.Node], _ context: RunContext
  ) {
    context.dropped(leads - used, "leads", because: "outlier in elevation")
    let missing = values.indices.count { values[$0].height.isNaN && input.status.isKept($0) }
    context.dropped(missing, "records", because: "no lead within reach")
    context.record(.leads, .integer(leads))
    context.record("leads_used", .integer(used))
    if used == 0 {
      context.warn("the track has no lead with an elevation: no sea surface, and no freeboard will come of it")
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
