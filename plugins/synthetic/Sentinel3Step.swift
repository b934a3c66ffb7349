import FloeIO
import FloeSDK

/// Makes a Sentinel-3 altimeter product whose truth is known.
struct Sentinel3Step: ProcessingStep {
  static let name = "synthetic.sentinel3"
  static let summary =
    "Makes an officially shaped Sentinel-3 SRAL sea-ice product (SR_2_LAN_SI) of a track with known truth."
  static let discussion = """
    Writes a `.SEN3` folder with `enhanced_measurement.nc` (all variables of the product with its types and packing;
    those that are not modelled hold their fill value, quality flags 0) and `xfdumanifest.xml`. The track passes the
    centre of `truth` at `sensing_time` and takes ice and leads from it; elsewhere, or without it, the surface along the
    track is made up: leads in ice, a stretch of land, open ocean. With `across_lead` it crosses the widest lead of
    `truth` at right angles instead of its centre, so that some footprints hold little else.

    Echoes: specular over leads and diffuse over ice, with speckle, thermal noise and a tracker that guesses anew
    every few dozen records (about 11 bins spread of the peak); the sea's own height varies by about 0.18 m over
    hundreds of kilometres, ice stands 0.18 m above it with 0.06 m from floe to floe, one range errs by 4 cm. Leading
    edges lie where half of the first maximum finds the made surface. Range-integrated power is narrow over leads.
    Defects as in real products: missing heights, corrections and echoes, empty echoes, peaks near both ends of the
    window, two gaps in the 1 Hz times, a C band of another length, a flag that errs in some percent. `surfaces` tells
    the class under each record and, in metres, the sea above the mean sea surface (`true_sea_surface_m`), the ice
    above that (`true_freeboard_m`, missing without ice) and both together (`true_elevation_m`). Everything follows
    from the parameters. Numbers are invented, no measurement.

    **`world: winter`** mixes echoes: ice, leads and smooth new ice add their power by their shares of the ground,
    across 15 km, so that a narrow lead can rule an echo, a lead beside the track comes late and is taken for a low
    surface, and new ice looks like a lead. Peakiness and stack standard deviation overlap as in real products (tuned to
    a CryoSat-2 L2I product). Ice concentration and ESA's class come from a radiometer's coarse view and from the echo's
    peakiness, not from the truth. `surfaces` tells the shares of lead and new ice in the nominal footprint (300 m by
    1640 m) and how far aside lies what returns most; `truth` is lead from a tenth of the footprint on. Leads come from
    `details` where it is connected, else from `truth`; beyond the raster `lead_percent` and `new_ice_percent` of the
    ground.
    """
  static let example = """
    altimeter: { use: synthetic.sentinel3, with: { folder: demo/products, scene_seed: 1 } }
    """

  @Input("Class raster under the track: 1 sea ice, 2 lead") var truth: Raster?
  @Input("Winter: details of the same scene, which tell water from new ice") var details: Raster?
  @Param("Echoes of pure classes, or mixed ones that are about as hard as real ones") var world = SceneWorld.simple
  @Param("Winter: percent of the ground beyond the raster that is open water", in: 0...20) var leadPercent = 2.0
  @Param("Winter: percent of the ground beyond the raster that is smooth new ice", in: 0...20) var newIcePercent = 2.0
  @Param("Winter: exponent of the power law of lead widths beyond the raster", in: 1...4) var widthExponent = 2.0
  @Param("Folder for the product; made if missing") var folder: String
  @Param("Number of 20 Hz records", in: 200...60_000) var records = 1800
  @Param("The number from which the product follows", in: .atLeast(0)) var sceneSeed = 1
  @Param("When the track passes the centre, UTC") var sensingTime = "2019-03-01T23:59:11Z"
  @Param("Direction of the track, clockwise from north", unit: .degree, in: -360...360) var heading = 342.0
  @Param("Cross the widest lead of the truth raster instead of its centre, in the direction that suits")
  var acrossLead = false
  @Param("Longitude and latitude of the centre without a truth raster", unit: .degree, in: -180...180) var centre = [
    177.73, 71.05,
  ]
  @Output("Path of the product and records by surface") var products: Document?
  @Output("The surface under each record") var surfaces: Table?

  func validate() throws {
    if folder.isEmpty { throw ParameterError("folder", "must name a folder") }
    if UTCTime(sensingTime) == nil {
      throw ParameterError("sensing_time", "must be a time such as 2019-03-01T23:59:11Z, not '\(sensingTime)'")
    }
    if centre.count != 2 || abs(centre[1]) > 89 {
      throw ParameterError("centre", "must be a longitude and a latitude between -89 and 89")
    }
    guard world == .simple else { return }
    let own = Self()
    for (name, given, usual) in [
      ("lead_percent", leadPercent, own.leadPercent), ("new_ice_percent", newIcePercent, own.newIcePercent),
      ("width_exponent", widthExponent, own.widthExponent),
    ] where given != usual {
      throw ParameterError(name, "is \(given), but the simple world has no such setting; add 'world: winter'")
    }
  }

  mutating func plan(in context: PlanContext) throws {
    products = Document(title: "Synthetic Sentinel-3 product", body: .null)
    surfaces = table([], nil, [], world == .winter ? [] : nil)
  }

  mutating func run(in context: RunContext) async throws {
    guard let time = UTCTime(sensingTime) else { throw ParameterError("sensing_time", "is no time") }
    let sampler = try truth.map(TruthSampler.init)
    let middle = try sampler?.centre() ?? (centre[0], centre[1])
    let seed = UInt64(sceneSeed)
    let crossing = acrossLead ? try sampler?.crossing() : nil
    let track = SralTrack(
      longitude: crossing?.lon ?? middle.0, latitude: crossing?.lat ?? middle.1, heading: crossing?.heading ?? heading,
      records: records, time: time)
    if world == .winter {
      try await runWinter(track, sampler, seed: seed, in: context)
      return
    }
    var under = track.ownSurface(seed: seed)
    var fromTruth = 0
    if let sampler {
      for i in under.indices {
        let p = track.position(Double(i))
        if let found = try sampler.surface(lon: p.lon, lat: p.lat) {
          under[i] = found
          fromTruth += 1
        }
      }
    }
    let model = SralModel(surfaces: under, track: track, seed: seed)
    let blocks = (records + 511) / 512
    let count = records
    let made = try await context.map(blocks, progress: "blocks") { b in
      (b * 512..<min(count, (b + 1) * 512)).map(model.record)
    }
    let all = Array(made.joined())
    try write(model, all, under, fromTruth: fromTruth, in: context)
    surfaces = table(under, track, all, nil)
  }

  /// Mixed footprints: leads of the scene where the track crosses it, invented ones elsewhere.
  private mutating func runWinter(
    _ track: SralTrack, _ sampler: TruthSampler?, seed: UInt64, in context: RunContext
  ) async throws {
    let own = track.ownSurface(seed: seed)
    let leads = TrackLeads(
      records: records, open: leadPercent / 100, new: newIcePercent / 100, exponent: widthExponent, seed: seed)
    let scene = try truth.map { try SceneLeads(truth: $0, details: details) }
    let places = try sampler.map { try track.places(records, on: $0.transform) }
    let base = SralModel(surfaces: [], track: track, seed: seed)
    let inside: @Sendable (Int) -> Footprint? = { i in
      guard let scene, let place = places?[i] else { return nil }
      return scene.footprint(at: place.point, along: place.along)
    }
    let model = SralWinterModel(base: base, seed: seed) { i in
      if let found = inside(i) { return found }
      return own[i] == .land || own[i] == .openOcean ? .plain(own[i]) : leads.footprint(record: i)
    }
    let count = records
    let blocks = try await context.map((count + 127) / 128, progress: "blocks") { b in
      (b * 128..<min(count, (b + 1) * 128)).map(model.make)
    }
    var made = Array(blocks.joined())
    SralWinterModel.flag(&made, seed: seed)
    let fromTruth = (0..<count).count { i in
      scene != nil && (places?[i]).map { scene?.covers($0.point) ?? false } ?? false
    }
    try write(base, made.map(\.record), made.map(\.surface), fromTruth: fromTruth, in: context)
    surfaces = table(made.map(\.surface), track, made.map(\.record), made)
  }

  private mutating func write(
    _ model: SralModel, _ made: [SralModel.Record], _ under: [SralSurface], fromTruth: Int, in context: RunContext
  ) throws {
    let track = model.track
    let seed = model.seed
    let echoes = Self.withDefects(made, seed: seed)
    let writer = Sentinel3Writer(track: track, folder: folder, seed: seed)
    let cancellation = context.cancellation
    try writer.write(Sentinel3Values(track, model, echoes), echoes) { try cancellation.check() }
    context.record(.settings, ["track": .string(writer.path)])
    let by = Dictionary(grouping: under) { $0 }.mapValues(\.count)
    products = Document(
      title: "Synthetic Sentinel-3 product",
      body: [
        "track": .string(writer.path), "records_over_truth_raster": .integer(fromTruth),
        "records": [
          "open_ocean": .integer(by[.openOcean] ?? 0), "sea_ice": .integer(by[.seaIce] ?? 0),
          "lead": .integer(by[.lead] ?? 0), "land": .integer(by[.land] ?? 0),
        ],
      ])
  }

  /// Records as they come from real products: some without echo, height, ice concentration or looks.
  private static func withDefects(_ records: [SralModel.Record], seed: UInt64) -> [SralModel.Record] {
    var random = SeededGenerator(seed: seed, stream: 31)
    var result = records
    for i in result.indices {
      switch random.uniform() {
      case ..<0.003: result[i].echo = [Double](repeating: 0, count: SralModel.samples)
      case ..<0.005: result[i].echo = [Double](repeating: .nan, count: SralModel.samples)
      case ..<0.008: result[i].seaSurface = .nan
      case ..<0.010: result[i].altitude = .nan
      case ..<0.012: result[i].concentration = nil
      case ..<0.014: result[i].power = [Double](repeating: 0, count: SralModel.looks)
      default: break
      }
    }
    return result
  }

  private func table(
    _ under: [SralSurface], _ track: SralTrack?, _ records: [SralModel.Record], _ winter: [SralWinterModel.Made]?
  ) -> Table {
    var result = Table(
      rowCount: under.count, geometry: .longitudeLatitude, crs: .wgs84,
      acquisition: Acquisition(platform: "Sentinel-3A (synthetic)", instrument: "SRAL"))
    let places = track.map { t in under.indices.map { t.position(Double($0)) } } ?? []
    result.set(Column(.record, values: .integer(under.indices.map { $0 })))
    result.set(
      Column(
        .time, unit: .second, isTime: true,
        values: .number(track.map { t in under.indices.map { t.time.seconds + t.offset(Double($0)) } } ?? [])))
    result.set(Column(.latitude, unit: .degree, values: .number(places.map(\.lat))))
    result.set(Column(.longitude, unit: .degree, values: .number(places.map(\.lon))))
    result.set(
      Column(
        "truth", summary: "Surface under the record", classes: .seaIce,
        values: .code(under.map { $0 == .land ? 255 : Int16($0.rawValue) }, missing: 255)))
    func truth(_ name: String, _ summary: String, _ value: (Int) -> Double) {
      result.set(Column(name, unit: .metre, summary: summary, values: .number(records.indices.map(value))))
    }
    truth("true_sea_surface_m", "The sea above the mean sea surface") {
      under[$0] == .land ? .nan : records[$0].seaLevel
    }
    truth("true_freeboard_m", "Sea ice above the sea; missing where the record is of none") {
      under[$0] == .seaIce ? records[$0].freeboard : .nan
    }
    truth("true_elevation_m", "What the record is of above the mean sea surface") {
      under[$0] == .land ? .nan : records[$0].seaLevel + (under[$0] == .seaIce ? records[$0].freeboard : 0)
    }
    guard let winter else { return result }
    func set(_ name: String, _ unit: PhysicalUnit, _ summary: String, _ value: (SralWinterModel.Made) -> Double) {
      result.set(Column(name, unit: unit, summary: summary, values: .number(winter.map(value))))
    }
    set("lead_fraction", .dimensionless, "Share of the nominal footprint that is open water or smooth new ice") {
      $0.lead
    }
    set("new_ice_fraction", .dimensionless, "Share of the nominal footprint that is smooth new ice") { $0.newIce }
    set("off_nadir_m", .metre, "Distance across the track of the lead that returns most; missing where ice does") {
      $0.offNadir
    }
    return result
  }
}
