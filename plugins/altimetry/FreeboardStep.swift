import FloeSDK

/// Freeboard of sea ice.
struct FreeboardStep: ProcessingStep {
  static let name = "altimetry.freeboard"
  static let summary = "Subtracts the sea surface from the elevations of sea ice: radar freeboard with its uncertainty."
  static let discussion = """
    The track with `freeboard_m` (elevation - sea surface, m), `freeboard_uncertainty_m` (one sigma, m) and
    `freeboard_flag`. Records that are not sea ice have neither; records of sea ice without elevation or without a lead
    within reach have none and are counted. A number below -500 m or above 9 km is no elevation. Values outside of
    `plausible` stay and are flagged.

    It is the *radar* freeboard: the height of the surface that the echo comes from. The slower wave in snow and the
    snow's weight are not corrected for (Kurtz et al. 2014; Ricker et al. 2014).

        uncertainty² = noise² + sea surface uncertainty²

    `noise` is the random error of one elevation. By default it comes from the track: 1.4826 x the median difference of
    neighbouring ice records / sqrt 2 (within 1 km), an upper bound where the ice itself is rough over 300 m. A track
    with fewer than 10 such pairs needs `noise`, or has no uncertainty. Not in it: errors common to many records,
    such as a retracker's different bias over leads and floes.

    The mean of the good records is told with its uncertainty, where the track has `along_track_m`:

        uncertainty² = noise² / n + sum over pieces of (sum of the sea surface's uncertainties / n)²

    with pieces of `common_length`, in which the sea surface errs alike. By default that is half of the window of
    altimetry.sea_surface: what a line leaves changes its sign twice in its window at least. A track of 400 records
    (130 km, 52 leads) of `synthetic.sentinel3`'s simple world has a mean 1.6 cm off (root mean square of 24) where 1.8
    cm are told, one of 6000 records 0.3 cm where 0.6 are told.
    """
  static let example = """
    freeboard: { use: altimetry.freeboard, in: { input: surface.track } }
    """

  /// Why a record has a freeboard, or none.
  static let flags = ClassTable(
    [
      ClassEntry(code: 0, name: "good", label: "Freeboard", color: RGB(34, 136, 51)),
      ClassEntry(code: 1, name: "implausible", label: "Outside of the plausible range", color: RGB(204, 187, 68)),
      ClassEntry(code: 2, name: "not_ice", label: "Not sea ice", color: RGB(187, 187, 187)),
      ClassEntry(code: 3, name: "no_elevation", label: "No elevation", color: RGB(238, 102, 119)),
      ClassEntry(code: 4, name: "no_sea_surface", label: "No lead within reach", color: RGB(170, 51, 119)),
      ClassEntry(code: 5, name: "left_out", label: "Left out by an earlier step", color: RGB(120, 120, 120)),
    ], noData: -1)

  @Input("Track with elevations, classes and sea surface") var input: Table
  @Param("Column with the elevation", unit: .metre) var elevation = ColumnName.elevation.rawValue
  @Param("Column with the sea surface", unit: .metre) var surface = ColumnName.seaSurface.rawValue
  @Param("Column with the classes; class_code, else esa_class by default") var classes: String?
  @Param("Classes that are sea ice, by name or code") var ice = ["sea_ice"]
  @Param("Random error of one elevation; from the track by default", unit: .metre, in: 0...10) var noise: Double?
  @Param("Least and largest freeboard that are believed", unit: .metre, in: -10...10) var plausible = [-0.25, 2.25]
  @Param("Length of track over which the sea surface errs alike", unit: .metre, in: 1000...10_000_000)
  var commonLength = 50_000.0
  @Output("The track with freeboard") var track: Table?

  static let columns: [(name: String, unit: PhysicalUnit)] = [
    (ColumnName.freeboard.rawValue, "m"), ("freeboard_uncertainty_m", "m"),
  ]

  func validate() throws {
    if plausible.count != 2 || plausible[0] >= plausible[1] {
      throw ParameterError(
        "plausible", "must be two rising numbers, not '\(plausible.map { "\($0)" }.joined(separator: ", "))'")
    }
  }

  mutating func plan(in context: PlanContext) throws {
    for (name, parameter) in [(elevation, "elevation"), (surface, "surface")] {
      try input.check(numbers: name, parameter)
      try input.checkLengths([name])
    }
    _ = try members()
    try input.refuseLowResolution(for: "freeboard")
    var planned = input.planned(adding: Self.columns)
    planned.set(Column(.freeboardFlag, classes: Self.flags, values: .code([], missing: -1)))
    planned.style = "freeboard"
    track = planned
  }

  mutating func run(in context: RunContext) async throws {
    // Numbers that cannot be heights are the fill of a table without one: such a record has no elevation.
    let elevations = try input.metres(elevation).map(MissingValue.height)
    let sea = try input.metres(surface).map(MissingValue.height)
    let sigma = input[.seaSurfaceUncertainty]?.numbers ?? sea.map { _ in .nan }
    let isIce = try members()
    let noise = try noise ?? estimatedNoise(elevations, isIce)
    if noise == nil {
      context.warn("too few neighbouring ice records to tell the noise of one: no uncertainty; give 'noise'")
    }
    var freeboard = [Double](repeating: .nan, count: elevations.count)
    var uncertainty = freeboard
    var flag = [Int16](repeating: 2, count: elevations.count)
    for i in elevations.indices where isIce[i] {
      guard input.status.isKept(i) else {
        flag[i] = 5
        continue
      }
      freeboard[i] = elevations[i] - sea[i]
      if freeboard[i].isNaN {
        flag[i] = elevations[i].isNaN ? 3 : 4
        continue
      }
      flag[i] = freeboard[i] < plausible[0] || freeboard[i] > plausible[1] ? 1 : 0
      if let noise { uncertainty[i] = (noise * noise + sigma[i] * sigma[i]).squareRoot() }
    }
    var table = input
    table.set(
      Column(
        .freeboard, unit: .metre, summary: "Radar freeboard: elevation of sea ice above the sea surface",
        values: .number(freeboard)))
    table.set(
      Column(
        "freeboard_uncertainty_m", unit: .metre, summary: "Uncertainty of the freeboard, one sigma",
        values: .number(uncertainty)))
    table.set(
      Column(
        .freeboardFlag, summary: "Why the record has a freeboard or none", classes: Self.flags,
        values: .code(flag, missing: -1)))
    table.style = "freeboard"
    report(freeboard, flag, noise, sigma, context)
    track = table
  }

  private func members() throws -> [Bool] {
    try SurfaceClasses(input, column: classes, parameter: "classes").members(ice, parameter: "ice")
  }

  private func estimatedNoise(_ elevations: [Double], _ isIce: [Bool]) throws -> Double? {
    let position = try input.positions()
    let along = alongTrackDistance(latitude: position.lat, longitude: position.lon)
    let rows = elevations.indices.filter {
      isIce[$0] && input.status.isKept($0) && elevations[$0].isFinite && along[$0].isFinite
    }
    return neighbourNoise(rows.map { elevations[$0] }, at: rows.map { along[$0] })
  }

  /// One sigma of the mean of some records, which are in order; nil where a term is missing.
  private func uncertaintyOfMean(_ rows: [Int], _ sigma: [Double], _ noise: Double) -> Double? {
    guard let along = input[.alongTrack]?.numbers, !rows.isEmpty else { return nil }
    let n = Double(rows.count)
    var sum = noise * noise / n
    var piece = 0.0
    var part = 0.0
    for row in rows {
      guard along[row].isFinite, sigma[row].isFinite else { return nil }
      let next = (along[row] / commonLength).rounded(.down)
      if next != piece {
        sum += (part / n) * (part / n)
        part = 0
        piece = next
      }
      part += sigma[row]
    }
    return (sum + (part / n) * (part / n)).squareRoot()
  }

  private func report(
    _ freeboard: [Double], _ flag: [Int16], _ noise: Double?, _ sigma: [Double], _ context: RunContext
  ) {
    func count(_ code: Int16) -> Int { flag.count { $0 == code } }
    context.dropped(count(3), "records of sea ice", because: "no freeboard: no elevation")
    context.dropped(count(4), "records of sea ice", because: "no freeboard: no lead within reach")
    func rounded(_ x: Double) -> JSONValue { .number((x * 1e4).rounded() / 1e4) }
    context.record("records_with_freeboard", .integer(count(0) + count(1)))
    context.record("implausible", .integer(count(1)))
    if let noise { context.record("elevation_noise_m", rounded(noise)) }
    let rows = freeboard.indices.filter { flag[$0] == 0 }
    let good = rows.map { freeboard[$0] }
    guard !good.isEmpty else {
      let others = count(1)
      context.warn(
        others == 0
          ? "no record has a freeboard"
          : """
          no record has a freeboard between \(plausible[0]) and \(plausible[1]) m ('plausible'): \(others) \
          lie\(others == 1 ? "s" : "") outside, flagged implausible
          """)
      return
    }
    context.record("mean_freeboard_m", rounded(good.reduce(0, +) / Double(good.count)))
    if let noise, let spread = uncertaintyOfMean(rows, sigma, noise) {
      context.record("mean_freeboard_uncertainty_m", rounded(spread))
    }
    let middle = quantiles([0.05, 0.5, 0.95], of: good)
    context.record(
      "freeboard_m", ["p5": rounded(middle[0]), "median": rounded(middle[1]), "p95": rounded(middle[2])])
  }
}
