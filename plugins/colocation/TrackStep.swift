import FloeSDK

/// Lays the records of a track on rasters.
public struct TrackStep: ProcessingStep {
  public static let name = "colocate.track"
  public static let summary =
    "Gives each record of a track the pixels it saw: value, class, footprint fractions, time difference."
  public static let discussion = """
    The output `track` is the input with new columns; no row is removed. Missing values are NaN, missing codes the class
    table's no data. A track that has a column of such a name already is refused; `prefix` gives the new ones names of
    their own.

    - `s2_class`: class code of the pixel under the point; `s2_value_<band>`: its physical value, in the band's unit;
      with `bilinear` also `s2_bilinear_<band>`, missing where one of the four pixels is. Places go from WGS 84 to the
      raster's system by PROJ, column = floor((x - x0) / dx), row = floor((y0 - y) / dy).
    - The **footprint** is a rectangle of `along` x `across` metres around the point, its long axis across the ground
      track, whose direction comes from the two neighbouring records in the raster's system. A pixel belongs to it when
      its centre lies inside or on the edge. Metres are those of the map (UTM and polar stereographic scales differ from
      the ground's by up to some percent). `fp_valid`: share of all its pixels, beyond the raster's edge too, that hold
      a class; `fp_<class>`: fraction of these that have the class (`fp_class_<class>` for classes called valid, purity
      or majority); `fp_majority`: the most frequent class (the lower code of two equal ones), `fp_purity`: its
      fraction. `fp_mean_<band>` and `fp_std_<band>` (population) are those of the valid pixels. Without a class raster
      there are no class columns.
    - `lead_distance_m`: distance to the centre of the nearest pixel of class `lead`, up to `lead_search`; missing
      beyond.
    - `dt_s`: time of the record minus time of the scene, in seconds.

    **Drift.** Ice that drifts with v is found on the scene at P - v * dt; with `drift` all columns are taken there.
    Moved places use the ellipsoid's local radii, safe at the poles and across 180°.

    **Time.** Records farther away in time than `max_dt_minutes` (half an hour; `none` for any difference) are marked,
    since ice drifts at about 2 % of the wind's speed (Nansen 1902; Thorndike and Colony 1982): 180 m in half an hour
    of a wind of 5 m/s, 540 m in one of 15 m/s. The step says how far ice may have moved. Where scene or track have no
    time it says so and marks none, unless the limit was given; when all records are too far away it fails and tells
    the smallest difference.

    Records beyond the scene, over no data or too far away in time are marked with the reason and counted. When no
    record meets the scene the step fails and tells the distance. `footprints` has one rectangle a sampled record,
    `scene_outline` the raster's extent, both in the raster's system.
    """
  public static let example = """
    laid: { use: colocate.track, in: { input: echoes.track, rasters: [stack.image, groups.classes] }, with: { \
    max_dt_minutes: 30 } }
    """

  @Input("The track, with point coordinates") var input: Table
  @Input("Rasters under the track: values, probabilities, and at most one class raster") var rasters: [Raster]
  @Param("Side of the footprint along the ground track", unit: .metre, in: 1...100_000) var along = 300.0
  @Param("Side of the footprint across the ground track", unit: .metre, in: 1...100_000) var across = 1640.0
  @Param("Look into footprints; without it only the pixel under the point") var footprint = true
  @Param("Mean and standard deviation of each band in the footprint") var statistics = true
  @Param("Also bilinear values") var bilinear = false
  @Param("Largest time difference; none for any", unit: "min", in: .atLeast(0)) var maxDtMinutes = TimeLimit.standard
  @Param("Drift of the ice eastward and northward", unit: "m/s", in: -10...10) var drift: [Double]?
  @Param("Time of the scene, UTC; the raster's own by default") var sceneTime: String?
  @Param("Column with the time of the records") var timeColumn = ColumnName.time.rawValue
  @Param("How far the nearest lead is looked for; 0 leaves the column out", unit: .metre, in: 0...1e6) var leadSearch =
    10_000.0
  @Param("Put before the names of the new columns, for a track that was laid on other rasters before") var prefix = ""
  @Output("The track with the new columns") var track: Table?
  @Output("Rectangles on the ground, one a sampled record", when: "footprint is on") var footprints: Table?
  @Output("Extent of the scene as a polygon") var sceneOutline: Table?

  /// A step with its defaults.
  public init() {}

  public func validate() throws {
    if let drift, drift.count != 2 {
      throw ParameterError("drift", "must be two numbers, eastward and northward m/s, not \(drift.count)")
    }
    if let sceneTime, UTCTime(sceneTime) == nil {
      throw ParameterError("scene_time", "must be a time such as 2019-03-01T23:56:00, not '\(sceneTime)'")
    }
  }

  public mutating func plan(in context: PlanContext) throws {
    let scenes = try SampledRaster.all(rasters)
    _ = try GroundTrack.columns(of: input)
    if footprint { for scene in scenes { try check(scene.grid) } }
    let hasTime = try clock(scenes) != nil
    if !hasTime { context.warn(timeless(scenes)) }
    context.isBarrier()
    var planned = input.emptied
    let writer = TrackColumns(
      scenes: scenes, footprint: footprint, leadSearch: leadSearch, prefix: prefix)
    let samples = scenes.map { RasterSamples(planned: $0, bilinear: bilinear, statistics: footprint && statistics) }
    try writer.check(planned, samples: samples, dt: hasTime ? [] : nil)
    writer.add(to: &planned, samples: samples, dt: hasTime ? [] : nil, lead: [])
    track = planned
    footprints = footprint ? FootprintTable.make([], of: planned, grid: writer.main.grid, prefix: prefix) : nil
    sceneOutline = FootprintTable.outline(writer.main)
  }

  public mutating func run(in context: RunContext) async throws {
    let scenes = try SampledRaster.all(rasters)
    let writer = TrackColumns(
      scenes: scenes, footprint: footprint, leadSearch: leadSearch, prefix: prefix)
    let grid = writer.main.grid
    var ground = try await GroundTrack(input, timeColumn: timeColumn, in: context)
    let missing = ground.places.reduce(0) { $0 + ($1.x.isFinite && $1.y.isFinite ? 0 : 1) }
    guard missing < ground.places.count else {
      throw FloeError("no record of the track has coordinates (\(missing) records)")
    }
    var dt: [Double]?
    if let scene = try clock(scenes), let times = ground.times {
      dt = times.map { $0 - scene.seconds }
      if let v = drift { ground.move(east: v[0], north: v[1], seconds: dt ?? []) }
    }
    var table = input
    let limit = dt == nil ? nil : maxDtMinutes.minutes
    let status = RecordStatus(maximum: limit.map { $0 * 60 })
    var places: [[SIMD2<Double>]] = []
    var shapes: [[PixelFootprint]] = []
    var samples: [RasterSamples] = []
    for scene in scenes {
      // Rasters on one grid share places and rectangles.
      if let twin = scenes[..<places.count].firstIndex(where: { $0.grid == scene.grid }) {
        places.append(places[twin])
        shapes.append(shapes[twin])
      } else {
        let pixels = try await ground.pixels(of: scene.grid, in: context)
        places.append(pixels)
        shapes.append(
          footprint
            ? try await ground.footprints(pixels, grid: scene.grid, along: along, across: across, in: context) : [])
      }
    }
    let inside = RecordStatus.inside(places[writer.place], grid)
    guard !inside.isEmpty else { throw FloeError(try PixelDistances.sentence(ground.places, grid)) }
    if let dt, let limit { try Self.checkTimes(inside, dt, limit: limit) }
    for (i, scene) in scenes.enumerated() {
      let own = scene.grid == grid ? inside : RecordStatus.inside(places[i], scene.grid)
      samples.append(
        try await scene.sample(
          places[i], inside: own, footprints: footprint ? shapes[i] : nil, statistics: statistics, bilinear: bilinear,
          in: context))
    }
    let lead = try await leadDistances(writer.main, places[writer.place], ground.places, inside, context)
    writer.add(to: &table, samples: samples, dt: dt, lead: lead)
    let left = status.mark(
      &table, inside: inside, places: ground.places, dt: dt,
      hasData: writer.hasData(samples[writer.place], count: table.rowCount))
    for (reason, count) in left.sorted(by: { $0.key < $1.key }) { context.dropped(count, "records", because: reason) }
    recordFacts(table, inside, dt, in: context)
    track = table
    if footprint { footprints = rectangles(shapes[writer.place], inside, of: table, grid: grid, in: context) }
    sceneOutline = FootprintTable.outline(writer.main)
  }

  /// Refuses a track of which no record on the scene is within `limit` minutes of it; `dt` is in seconds.
  private static func checkTimes(_ inside: [Int], _ dt: [Double], limit: Double) throws(FloeError) {
    guard !inside.contains(where: { abs(dt[$0]) <= limit * 60 }) else { return }
    let nearest =
      inside.map { abs(dt[$0]) }.filter(\.isFinite).min().map {
        "the nearest is \(PixelDistances.minutes($0)) min away"
      } ?? "none has a time"
    throw FloeError(
      """
      no common time: none of the \(inside.count) records on the scene lies within \(limit) min of it; \(nearest) \
      (max_dt_minutes: none takes any)
      """
    )
  }

  /// Records how many records were sampled, their time differences, and how far ice may have moved meanwhile.
  private func recordFacts(_ table: Table, _ inside: [Int], _ dt: [Double]?, in context: RunContext) {
    context.record(.recordsOnScene, .integer(inside.count))
    context.record(.recordsKept, .integer(table.status.keptCount))
    guard let dt else { return }
    let range = inside.map { dt[$0] }.filter(\.isFinite)
    if let low = range.min(), let high = range.max() {
      context.record(.timeDifference, [.number(low), .number(high)])
    }
    let kept = inside.filter { table.status.isKept($0) }.map { abs(dt[$0]) }.filter(\.isFinite)
    if let most = kept.max() {
      context.log(.info, IceMotion.sentence(most))
      let moved = IceMotion.distances(after: most)
      context.record("ice_may_have_moved_m", [.number(moved.x), .number(moved.y)])
    }
  }

  /// The footprints of the records on the scene; records without one are counted in a warning.
  private func rectangles(
    _ shapes: [PixelFootprint], _ inside: [Int], of table: Table, grid: Grid, in context: RunContext
  ) -> Table {
    let without = inside.count { shapes[$0].isNone }
    if without > 0 {
      context.warn(
        """
        \(without) of \(inside.count) records on the scene have no footprint, and empty fp_ columns: the records \
        before and after them lie at the same place or nowhere, so that nothing tells the track's direction
        """)
    }
    return FootprintTable.make(
      inside.lazy.map { ($0, shapes[$0]) }.filter { !$0.1.isNone }, of: table, grid: grid, prefix: prefix)
  }

  /// The scene's time; nil where it is not known or the track has no time, which is refused when it is needed.
  private func clock(_ scenes: [SampledRaster]) throws -> UTCTime? {
    let found = sceneTime.flatMap { UTCTime($0) } ?? scenes.lazy.compactMap { $0.raster.spec.acquisition?.time }.first
    let isLimited = maxDtMinutes.isGiven && maxDtMinutes.minutes != nil
    let need = isLimited ? "max_dt_minutes" : drift != nil ? "drift" : nil
    if found == nil, let need {
      throw ParameterError(need, "needs the time of the scene, which no raster has: give scene_time")
    }
    guard let column = input[timeColumn] else {
      if let need {
        throw ParameterError(need, "needs the time of each record, but the track has no column '\(timeColumn)'")
      }
      return nil
    }
    if column.numbers == nil {
      throw ParameterError(
        "time_column",
        "names '\(timeColumn)', which is \(column.values.kind); times such as 2019-03-01T23:56:11Z, or seconds, are "
          + "needed")
    }
    return found
  }

  /// Refuses footprints of more pixels than can be looked at.
  private func check(_ grid: Grid) throws(ParameterError) {
    let degree = 1 / Sphere.degreesPerMetre(latitude: 0).y
    let pixel = (grid.pixelMetres ?? SIMD2(grid.pixelWidth, grid.pixelHeight) * degree).min()
    let side = max(along, across)
    guard side / pixel > 1_000_000 else { return }
    throw ParameterError(
      side == along ? "along" : "across",
      "of \(side) m covers more than a million pixels of \(pixel) m a side; a footprint that fits the raster is needed")
  }

  /// The sentence for a scene or a track without time.
  private func timeless(_ scenes: [SampledRaster]) -> String {
    let product = scenes.lazy.compactMap { $0.raster.spec.acquisition?.product }.first
    let hasScene = sceneTime != nil || scenes.contains { $0.raster.spec.acquisition?.time != nil }
    var missing: [String] = []
    if !hasScene { missing.append("the scene\(product.map { " '\($0)'" } ?? "") has no time (give scene_time)") }
    if input[timeColumn] == nil { missing.append("the track has no column '\(timeColumn)' (give time_column)") }
    let gate = maxDtMinutes.minutes.map { ", and no limit of \($0) min" } ?? ""
    return "no dt_s\(gate): \(missing.joined(separator: ", and "))"
  }

  private func leadDistances(
    _ scene: SampledRaster, _ pixels: [SIMD2<Double>], _ places: [SIMD2<Double>], _ inside: [Int], _ context: RunContext
  ) async throws -> [Double]? {
    guard leadSearch > 0, let lead = scene.classes?.table.named("lead") else { return nil }
    let grid = scene.grid
    let size = SIMD2(grid.pixelWidth, grid.pixelHeight)
    let metres = grid.pixelMetres
    // The size of a pixel in metres; on a raster in degrees that of the record's latitude.
    let pixel = { @Sendable (row: Int) in metres ?? size / Sphere.degreesPerMetre(latitude: places[row].y) }
    let marks = try await scene.marks(
      of: lead.code, pixels, inside: inside, reach: { leadSearch / pixel($0) }, in: context)
    let limit = leadSearch
    let count = 4096
    let starts = Array(stride(from: 0, to: inside.count, by: count))
    let parts = try await context.map(starts.count) { i in
      inside[starts[i]..<min(inside.count, starts[i] + count)].map {
        marks.distance(from: pixels[$0], pixel: pixel($0), limit: limit) ?? .nan
      }
    }
    var result = [Double](repeating: .nan, count: pixels.count)
    for (row, value) in zip(inside, parts.joined()) { result[row] = value }
    return result
  }
}
