import FloeSDK

/// Searches the translation at which the classes of a track agree best with those of a raster.
public struct DriftStep: ProcessingStep {
  public static let name = "colocate.drift"
  public static let summary =
    "Estimates the shift between the classes of a track and of a scene by searching the best agreement."
  public static let discussion = """
    The output is a document. Every shift (east, north) in metres of the raster's map, up to `radius` in steps of
    `step`, moves the records' places on the scene; the agreement there is Cohen's kappa of both classes over the
    records that fall on a class (dimensionless, 1 is perfect, 0 chance). Kappa and not the plain share, since a track
    that is nearly all sea ice agrees with anything. Shifts under which less than half of the records fall on a class
    have none (null). Refused are a raster in degrees (warp it to a map in metres first) and more than 2001 shifts a
    side.

    `best` is the shift with the highest agreement, of equal ones the shortest. **Sharpness** tells whether it means
    anything: the peak's height over the surface's median in robust standard deviations (1.4826 times the median
    absolute deviation), and `second`, the highest agreement beyond `exclude` metres of the peak. A `sharpness` below 5
    or a second peak as high is reported as not significant.

    Ice seen on the scene at P + s when the altimeter passed P drifted with v = -s / dt; `drift` is given when the mean
    time difference is known and at least a minute. Rows that are marked take no part and are counted. Edge: outside of
    the raster is no class.
    """
  public static let example = """
    shift: { use: colocate.drift, in: { input: laid.track, raster: groups.classes }, with: { column: class_code } }
    """

  @Input("The track with a column of class codes") var input: Table
  @Input("The class raster") var raster: Raster
  @Param("Column with the track's classes") var column = "class_code"
  @Param("Largest shift eastward and northward", unit: .metre, in: 1...100_000) var radius = 3000.0
  @Param("Step of the search; one pixel by default, a thousandth of radius at least", unit: .metre, in: 0.01...10_000)
  var step: Double?
  @Param("Distance from the peak beyond which the second one is looked for", unit: .metre, in: 0...100_000)
  var exclude = 500.0
  @Param("Column with the time difference to the scene", unit: .second) var dtColumn = "dt_s"
  @Output("Agreement surface, best shift and its sharpness") var report: Document?

  /// A step with its defaults.
  public init() {}

  public mutating func plan(in context: PlanContext) throws {
    let scene = try scene()
    _ = try reach(stride(scene.grid))
    _ = try GroundTrack.columns(of: input)
    _ = try input.numbers(column)
    context.needs(scratch: scene.grid.pixelCount)
    context.isBarrier()
    report = Document(title: "Shift between track and scene", body: .null)
  }

  public mutating func run(in context: RunContext) async throws {
    let scene = try scene()
    let grid = scene.grid
    guard let classes = scene.classes else { return }
    let ground = try await GroundTrack(input, timeColumn: "", in: context)
    let pixels = try await ground.pixels(of: grid, in: context)
    let codes = try input.numbers(column)
    let marked = input.status.codes.count { $0 != 0 }
    context.dropped(marked, "records", because: "marked before")
    let stride = stride(grid)
    let reach = try reach(stride)
    let margin = SIMD2(radius / grid.pixelWidth, radius / grid.pixelHeight)
    let rows = pixels.indices.filter { i in
      guard input.status.isMaterialized(i), codes[i].isFinite, (0...255).contains(codes[i]), pixels[i].x.isFinite else {
        return false
      }
      return pixels[i].x > -margin.x && pixels[i].y > -margin.y && pixels[i].x < Double(grid.width) + margin.x
        && pixels[i].y < Double(grid.height) + margin.y
    }
    guard ground.places.contains(where: { $0.x.isFinite && $0.y.isFinite }) else {
      throw FloeError("no record of the track has coordinates (\(ground.places.count) records)")
    }
    let near = RecordStatus.inside(pixels, grid)
    guard !near.isEmpty else { throw FloeError(try PixelDistances.sentence(ground.places, grid)) }
    guard rows.count >= 10 else {
      throw FloeError("only \(rows.count) records with a class in '\(column)' lie on the scene; at least 10 are needed")
    }
    let search = AgreementSearch(
      codes: rows.map { UInt8(codes[$0]) }, places: rows.map { pixels[$0] },
      block: try window(rows.map { pixels[$0] }, margin, grid, classes.band),
      noData: classes.noData, step: SIMD2(stride / grid.pixelWidth, -stride / grid.pixelHeight), reach: reach)
    let lines = try await context.map(2 * reach + 1, progress: "lines of shifts") { search.line($0 - reach) }
    let surface = AgreementSurface(lines: lines, step: stride, exclude: exclude)
    guard let peak = surface.peak else {
      throw FloeError("no shift lets half of the \(rows.count) records fall on a class of the scene")
    }
    let times = input[dtColumn]?.numbers.map { all in rows.map { all[$0] }.filter(\.isFinite) } ?? []
    let dt = times.isEmpty ? nil : times.reduce(0, +) / Double(times.count)
    report = surface.document(peak, records: rows.count, dt: dt)
    if !peak.isSignificant {
      func short(_ v: Double, _ factor: Double) -> Double { (v * factor).rounded() / factor }
      let reason =
        peak.second < peak.agreement
        ? "its sharpness is \(short(peak.sharpness, 10)), below 5"
        : """
        more than \(exclude) m away another agrees as well (kappa \(short(peak.second, 1000)) against \
        \(short(peak.agreement, 1000)))
        """
      context.warn("the best shift is not significant: \(reason)")
    }
    context.record("best shift east, north [m]", [.number(peak.east), .number(peak.north)])
    context.record("agreement (kappa)", .number(peak.agreement))
    context.record("sharpness", JSONValue(finite: peak.sharpness))
  }

  private func stride(_ grid: Grid) -> Double { step ?? grid.pixelWidth }

  /// The shifts from the middle to each side.
  private func reach(_ stride: Double) throws(ParameterError) -> Int {
    let count = (radius / stride).rounded(.down)
    let most = 1000.0
    if count <= most { return Int(count) }
    let least = (radius / most * 100).rounded(.up) / 100
    throw ParameterError(
      "radius",
      """
      of \(radius) m in steps of \(stride) m makes \(Int(min(1e15, 2 * count + 1))) shifts a side, more than 2001: \
      make 'radius' smaller, or 'step' at least \(least) m
      """
    )
  }

  private func scene() throws -> SampledRaster {
    let scene = try SampledRaster.all([raster])[0]
    if let crs = scene.grid.crs, crs.isGeographic {
      throw FloeError(
        """
        the raster is in degrees (\(crs.label)), but shifts are in metres: warp it to a map in metres first, for \
        example with raster.warp and crs: EPSG:3413
        """
      )
    }
    guard scene.classes != nil else {
      throw ParameterError(
        "raster", "is no class raster: its bands are \(raster.spec.bands.map(\.name).joined(separator: ", "))")
    }
    return scene
  }

  /// The part of the raster that shifted records can touch.
  private func window(_ places: [SIMD2<Double>], _ margin: SIMD2<Double>, _ grid: Grid, _ band: Int) throws
    -> PixelBlock
  {
    var low = SIMD2(Double.infinity, .infinity)
    var high = -low
    for p in places {
      low = pointwiseMin(low, p - margin)
      high = pointwiseMax(high, p + margin)
    }
    let c = Int(max(0, low.x.rounded(.down)))
    let r = Int(max(0, low.y.rounded(.down)))
    let w = PixelWindow(
      column: c, row: r, width: Int(min(Double(grid.width), high.x + 1)) - c,
      height: Int(min(Double(grid.height), high.y + 1)) - r)
    return try raster.read(w, bands: [band])
  }
}
