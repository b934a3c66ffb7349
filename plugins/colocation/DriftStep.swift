import FloeSDK

/// Searches the translation at which the leads of a track agree best with those of a raster.
public struct DriftStep: ProcessingStep {
  public static let name = "colocate.drift"
  public static let summary =
    "Estimates the shift between the leads of a track and of a scene, and says when the best one is chance."
  public static let discussion = """
    The output is a document. Every shift (east, north) in metres of the raster's map, up to `radius` in steps of
    `step`, moves the records' places on the scene. There a record sees lead where the pixel under it is one, or where
    its footprint of `along` x `across` metres (long side across the track's mean direction) holds at least a share of
    lead: any, 1, 2, 5, 10, 20, 30 or 50 %. The measure is the likelihood ratio of the records' classes given what they
    see (G test: twice the natural logarithm), the largest over these views; footprints are searched in steps of about
    a fifth of their shorter side. Leads are the classes named in `lead`, in the raster and in `column` (which has the
    raster's codes); records and pixels of a class called unclassified take no part. Shifts under which less than half
    of the records see a class have none (null).

    `best` is the mean of the shifts within `exclude` metres of the best one, weighted by their likelihood, and
    `uncertainty` the standard deviation around it (of 40 true shifts on made networks 65 % of the errors lay within it,
    91 % within twice as much); `agreement` is Cohen's kappa at the best shift in the view it was found in
    (dimensionless, 1 is perfect, 0 chance), `surface` the kappas of that view, `second` the highest farther away than
    `exclude`, `sharpness` the peak's height over the median in robust standard deviations.

    **Is it chance?** The best of so many shifts always looks good. So the whole search is repeated for `placements`
    tracks that cannot match: shifted on the scene farther than two searches reach (as on a torus, Lotwick and
    Silverman 1982), every other one also turned by 180°. `p_value` is the share of them, the own one counted, whose
    best shift is at least as good. Since `placements` of one scene are few and not independent, a Gumbel distribution
    (of the largest of many values; Gumbel 1958) is fitted to their best shifts, too. A shift is `significant` with p at
    most 0.01, at most 0.008 by that distribution, at least `crossings` leads crossed (runs of lead records), and no
    other shift as good farther away than `exclude`; else it is meaningless, the reason is given, and no drift follows
    from it. On made networks of curved leads (3 % of the scene, 60 records, shifts of 300 to 2000 m) 58 of 60 true
    shifts and 1 of 180 unrelated pairs were significant. The places follow from the pipeline's seed. With fewer than 10
    records on the scene, or where no shift lays half of them on a class, nothing is searched: `best` is null, with the
    reason.

    Ice seen on the scene at P + s when the altimeter passed P drifted with v = -s / dt; `drift` is given for a
    significant shift when the mean time difference is known and at least a minute. Rows that are marked take no part
    and are counted; so do records outside of the raster. Refused are a raster in degrees (warp it to a map in metres
    first) and more than 1001 shifts a side.
    """
  public static let example = """
    shift: { use: colocate.drift, in: { input: laid.track, raster: groups.classes }, with: { column: class_code } }
    """

  @Input("The track with a column of class codes") var input: Table
  @Input("The class raster") var raster: Raster
  @Param("Column with the track's classes") var column = ColumnName.classCode.rawValue
  @Param("Names of the classes that count as lead") var lead = ["lead"]
  @Param("Largest shift eastward and northward", unit: .metre, in: 1...100_000) var radius = 3000.0
  @Param(
    "Step of the search; one pixel by default, a five-hundredth of radius at least", unit: .metre, in: 0.01...10_000)
  var step: Double?
  @Param("Side of the footprint along the ground track", unit: .metre, in: 1...100_000) var along = 300.0
  @Param("Side of the footprint across the ground track", unit: .metre, in: 1...100_000) var across = 1640.0
  @Param("Distance from the peak beyond which another shift is another one", unit: .metre, in: 0...100_000)
  var exclude = 500.0
  @Param("Tracks laid elsewhere for the distribution of best shifts by chance", in: 99...9999) var placements = 199
  @Param("Least number of leads that the track crosses", in: 1...1000) var crossings = 3
  @Param("Column with the time difference to the scene", unit: .second)
  var dtColumn = ColumnName.timeDifference.rawValue
  @Output("Agreement surface, best shift and what it is worth") var report: Document?

  /// The largest p value of a shift that means something.
  static let level = 0.01
  /// The largest p value by the Gumbel distribution.
  static let fittedLevel = 0.008
  /// The fewest records that a shift is searched for.
  static let leastRecords = 10
  /// One byte each is held: 16 times a full tile of 10 m.
  static let mostPixels = 2_000_000_000

  /// A step with its defaults.
  public init() {}

  public mutating func plan(in context: PlanContext) throws {
    let (scene, classes) = try scene()
    _ = try leadCodes(classes.table)
    _ = try reach(stride(scene.grid))
    let pixel = pixelMetres(scene.grid).min()
    guard max(radius, along, across) / pixel < 1e7 else {
      throw ParameterError("radius", "or a footprint covers more than ten million pixels of \(pixel) m a side")
    }
    _ = try GroundTrack.columns(of: input)
    _ = try input.numbers(column)
    context.needs(scratch: scene.grid.pixelCount)
    context.isBarrier()
    report = Document(title: "Shift between track and scene", body: .null)
  }

  public mutating func run(in context: RunContext) async throws {
    let (scene, classes) = try scene()
    let grid = scene.grid
    let stride = stride(grid)
    let reach = try reach(stride)
    let ground = try await GroundTrack(input, timeColumn: "", in: context)
    let pixels = try await ground.pixels(of: grid, in: context)
    let rows = try records(ground, pixels, grid, classes.table, context)
    let codes = try input.numbers(column)
    let leads = try leadCodes(classes.table)
    let isLead = rows.map { leads.contains(Int(codes[$0])) }
    guard rows.count >= Self.leastRecords else {
      let places = rows.map { pixels[$0] }
      none(
        ShiftSearch.Records(places: places, isLead: isLead),
        """
        only \(rows.count) records with a class in '\(column)' lie on the scene; at least \(Self.leastRecords) are \
        needed
        """, context)
      return
    }
    let metres = pixelMetres(grid)
    let window = searchWindow(rows.map { pixels[$0] }, grid, metres)
    guard window.pixelCount <= Self.mostPixels else {
      throw FloeError(
        """
        the search looks at \(window.width) x \(window.height) pixels, more than it can hold (\(Self.mostPixels)): \
        make the raster coarser with raster.warp, or 'radius' smaller
        """
      )
    }
    let held = context.scratch.reserve(window.pixelCount)
    defer { withExtendedLifetime(held) {} }
    let origin = SIMD2(Double(window.column), Double(window.row))
    let track = ShiftSearch.Records(places: rows.map { pixels[$0] - origin }, isLead: isLead)
    let map = try await LeadMap.pixels(
      of: raster, band: classes.band, window: window, level: levels(classes.table, classes.noData, leads), in: context)
    var searches = [
      ShiftSearch(
        map: map, step: SIMD2(stride / metres.x, -stride / metres.y), reach: reach, cell: SIMD2(1, 1), metres: stride)
    ]
    if let footprints = try await footprintSearch(map, track.places, metres, stride, context) {
      searches.append(footprints)
    }
    guard
      let finding = try await ShiftFinding(
        searches, track, count: placements, exclude: exclude, seed: context.seed, radius: radius / metres, in: context)
    else {
      none(track, "no shift lets half of the \(rows.count) records fall on a class of the scene", context)
      return
    }
    let times = input[dtColumn]?.numbers.map { all in rows.map { all[$0] }.filter(\.isFinite) } ?? []
    let dt = times.isEmpty ? nil : times.reduce(0, +) / Double(times.count)
    let verdict = finding.verdict(level: Self.level, fittedLevel: Self.fittedLevel, crossings: crossings)
    report = finding.document(verdict, dt: dt)
    if let reason = verdict { context.warn("the best shift is meaningless: \(reason)") }
    context.record("best_shift_east_north_m", [.number(finding.east), .number(finding.north)])
    context.record(.kappa, JSONValue(finite: finding.agreement))
    context.record("p_value", JSONValue(finite: finding.p ?? .nan))
    context.record("leads_crossed", .integer(finding.crossings))
  }

  /// The rows that take part; those that do not are counted with the reason.
  private func records(
    _ ground: GroundTrack, _ pixels: [SIMD2<Double>], _ grid: Grid, _ table: ClassTable, _ context: RunContext
  ) throws -> [Int] {
    guard ground.places.contains(where: { $0.x.isFinite && $0.y.isFinite }) else {
      throw FloeError("no record of the track has coordinates (\(ground.places.count) records)")
    }
    let near = RecordStatus.inside(pixels, grid)
    guard !near.isEmpty else { throw FloeError(try PixelDistances.sentence(ground.places, grid)) }
    let codes = try input.numbers(column)
    let unclassified = table.named(Self.unclassified)?.code
    let kept = near.filter { input.status.isKept($0) }
    let rows = kept.filter { row in
      guard codes[row].isFinite, let code = Int(exactly: codes[row]) else { return false }
      return table[code] != nil && code != unclassified
    }
    context.dropped(input.status.codes.count { $0 != 0 }, "records", because: "marked before")
    context.dropped(
      pixels.indices.count { input.status.isKept($0) } - kept.count, "records", because: "outside the scene")
    context.dropped(kept.count - rows.count, "records", because: "without a class in '\(column)'")
    return rows
  }

  /// A search that could not be made is a result: no shift, and the reason.
  private mutating func none(_ track: ShiftSearch.Records, _ reason: String, _ context: RunContext) {
    context.warn("no shift was searched: \(reason)")
    report = Document(
      title: "Shift between track and scene",
      body: [
        "best": .null, "significant": .bool(false), "p_value": .null, "reason": .string(reason),
        "records": .integer(track.places.count), "lead_records": .integer(track.isLead.count { $0 }),
      ], renderings: ["txt": "No shift: \(reason)\n"])
  }

  /// The footprint's view of the scene; nil where the records have no direction or the scene is smaller than one.
  private func footprintSearch(
    _ map: LeadMap, _ places: [SIMD2<Double>], _ metres: SIMD2<Double>, _ stride: Double, _ context: RunContext
  ) async throws -> ShiftSearch? {
    guard let first = places.first, let last = places.last else { return nil }
    // Eastward and southward, as columns and rows run.
    let way = (last - first) * metres
    let length = (way * way).sum().squareRoot()
    guard length > 0, length.isFinite else { return nil }
    let u = way / length
    let shape = PixelFootprint(
      centre: SIMD2(0, 0), along: u / metres * (along / 2), across: SIMD2(-u.y, u.x) / metres * (across / 2))
    let size = max(stride, min(along, across) / 5)
    let side = SIMD2(max(1, Int((size / metres.x).rounded())), max(1, Int((size / metres.y).rounded())))
    let cell = SIMD2(Double(side.x), Double(side.y))
    let footprints = try await map.footprints(shape, stride: side, in: context)
    guard footprints.width > 0 else { return nil }
    let step = cell.x * metres.x
    return ShiftSearch(
      map: footprints, step: SIMD2(1, -step / (cell.y * metres.y)), reach: Int(radius / step), cell: cell, metres: step)
  }

  private static let unclassified = "unclassified"

  private func stride(_ grid: Grid) -> Double { step ?? pixelMetres(grid).x }

  /// The size of a pixel; rasters in degrees are refused before.
  private func pixelMetres(_ grid: Grid) -> SIMD2<Double> {
    grid.pixelMetres ?? SIMD2(grid.pixelWidth, grid.pixelHeight)
  }

  /// The shifts from the middle to each side.
  private func reach(_ stride: Double) throws(ParameterError) -> Int {
    let count = (radius / stride).rounded(.down)
    let most = 500.0
    if count <= most { return Int(count) }
    let least = (radius / most * 100).rounded(.up) / 100
    throw ParameterError(
      "radius",
      """
      of \(radius) m in steps of \(stride) m makes \(Int(min(1e15, 2 * count + 1))) shifts a side, more than 1001: \
      make 'radius' smaller, or 'step' at least \(least) m
      """
    )
  }

  private func scene() throws -> (SampledRaster, SampledRaster.Classes) {
    let scene = try SampledRaster.all([raster])[0]
    if let crs = scene.grid.crs, crs.isGeographic {
      throw FloeError(
        """
        the raster is in degrees (\(crs.label)), but shifts are in metres: warp it to a map in metres first, for \
        example with raster.warp and crs: EPSG:3413
        """
      )
    }
    guard let classes = scene.classes else {
      throw ParameterError(
        "raster", "is no class raster: its bands are \(raster.spec.bands.map(\.name).joined(separator: ", "))")
    }
    return (scene, classes)
  }

  /// The codes of the classes that count as lead.
  private func leadCodes(_ table: ClassTable) throws(ParameterError) -> Set<Int> {
    var codes: Set<Int> = []
    for name in lead {
      guard let entry = table.named(name) else {
        let known = table.entries.map(\.name).joined(separator: ", ")
        throw ParameterError("lead", "names '\(name)', which is no class of the raster; its classes are \(known)")
      }
      codes.insert(entry.code)
    }
    guard !codes.isEmpty else { throw ParameterError("lead", "names no class; give at least one, for example lead") }
    return codes
  }

  /// The level of each code in a `LeadMap`.
  private func levels(_ table: ClassTable, _ noData: Set<Int>, _ leads: Set<Int>) -> [UInt8] {
    var levels = [UInt8](repeating: 0, count: 256)
    for entry in table.entries where (0...255).contains(entry.code) && !noData.contains(entry.code) {
      if entry.name != Self.unclassified { levels[entry.code] = leads.contains(entry.code) ? 2 : 1 }
    }
    return levels
  }

  /// The part of the raster that the search and its null look at: all of it, or the surroundings of the records where
  /// it is huge.
  private func searchWindow(_ places: [SIMD2<Double>], _ grid: Grid, _ metres: SIMD2<Double>) -> PixelWindow {
    var low = SIMD2(Double.infinity, .infinity)
    var high = -low
    for p in places {
      low = pointwiseMin(low, p)
      high = pointwiseMax(high, p)
    }
    let margin = 20 * radius / metres
    let c = Int(max(0, (low.x - margin.x).rounded(.down)))
    let r = Int(max(0, (low.y - margin.y).rounded(.down)))
    return PixelWindow(
      column: c, row: r, width: Int(min(Double(grid.width), high.x + margin.x + 1)) - c,
      height: Int(min(Double(grid.height), high.y + margin.y + 1)) - r)
  }
}
