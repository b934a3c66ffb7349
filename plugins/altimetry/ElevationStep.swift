import FloeSDK

/// Elevations above the mean sea surface from ranges.
struct ElevationStep: ProcessingStep {
  static let name = "altimetry.elevation"
  static let summary = "Turns ranges into elevations above the mean sea surface, each correction counted once."
  static let discussion = """
    The track with `elevation_m` (m above the mean sea surface) and `height_m` (m above the ellipsoid), NaN where a term
    is missing, counted by the term. Terms that are not finite or beyond 1e30 are fill values; they and heights below
    -500 m or above 9 km, where no surface lies, are missing. A column told in cm, mm or km is brought to m; one in no
    unit of length is refused.

        height_m    = altitude - range - sum of corrections
        elevation_m = height_m - mean sea surface

    **Range.** `range_tfmra_m` of `altimetry.retrack` (its threshold is chosen there) where the track has it, else the
    product's own: `range_sea_ice_20_ku` (Sentinel-3). CryoSat-2 L2I gives `height_1_20_ku`, which is used as it stands,
    since its corrections and the bias between its retrackers are in it. `range` or `height` names another column.

    **Corrections**, the first set that the track has of each effect: dry and wet troposphere, ionosphere (GIM), ocean
    tide (FES, which includes load and equilibrium tide; else GOT; else elastic, equilibrium and load tide), solid earth
    tide, pole tide, inverse barometer with high-frequency fluctuations (or the dynamic atmosphere that includes both).
    1 Hz and 20 Hz columns are known. `corrections` names other columns; a list that counts an effect twice is refused.

    **Surface.** The mean sea surface of solution 1, else 2, else CryoSat-2's; `surface` names another column, or
    `none` for elevations above the ellipsoid (level 1B of CryoSat-2 has no mean sea surface: sample one to the track
    first, since the geoid's shape within a window would pass for the sea's). With these defaults the elevations of a
    real Sentinel-3 product agree with its own `sea_ice_ssha_20_ku` to 2 mm (standard deviation), as its comments say
    they should.
    """
  static let example = """
    elevation: { use: altimetry.elevation, in: { input: retracked.track } }
    """

  @Input("Track with altitude, range, corrections and mean sea surface") var input: Table
  @Param("Column with the range, without corrections of path and tides") var range: String?
  @Param("Column with a height above the ellipsoid that has all corrections in it") var height: String?
  @Param("Columns that are added to the range, instead of the known ones", unit: .metre) var corrections: [String]?
  @Param("Column with the mean sea surface above the ellipsoid, or none") var surface: String?
  @Output("The track with elevations") var track: Table?

  func validate() throws {
    if range != nil && height != nil { throw ParameterError("height", "and range exclude each other") }
    if height != nil && corrections != nil {
      throw ParameterError("corrections", "belong to a range: a height has them in it")
    }
    if let corrections { try HeightTerms.checkOnce(corrections) }
  }

  mutating func plan(in context: PlanContext) throws {
    let terms = try terms()
    try input.checkLengths(terms.source.columns + (terms.surface.map { [$0] } ?? []))
    track = input.planned(adding: [("height_m", "m"), (ColumnName.elevation.rawValue, "m")])
  }

  mutating func run(in context: RunContext) async throws {
    let terms = try terms()
    var sum: HeightSum
    switch terms.source {
    case .height(let name): sum = HeightSum(try input.metres(name), "no \(name)")
    case .range(let name, let corrections):
      sum = HeightSum(try input.metres(ColumnName.altitude.rawValue), "no \(ColumnName.altitude.rawValue)")
      sum.subtract(try input.metres(name), "no range (\(name))")
      for name in corrections { sum.subtract(try input.metres(name), "no \(name)") }
    }
    sum.bound()
    let heights = sum.metres
    if let surface = terms.surface {
      sum.subtract(try input.metres(surface), "no mean sea surface (\(surface))")
      sum.bound()
    }
    let elevations = sum.metres
    sum.tell(context) { input.status.isKept($0) }
    var table = input
    let above = terms.surface.map { "the mean sea surface (\($0))" } ?? "the ellipsoid"
    table.set(
      Column("height_m", unit: .metre, summary: "Height above the ellipsoid", values: .number(heights)))
    table.set(
      Column(.elevation, unit: .metre, summary: "Elevation above \(above)", values: .number(elevations)))
    context.record("range", .string(terms.source.name))
    if case .range(_, let corrections) = terms.source {
      context.record("corrections", .array(corrections.map { .string($0) }))
    }
    context.record("surface", .string(terms.surface ?? "none"))
    track = table
  }

  /// What the elevation is made of.
  private enum Source {
    case range(String, corrections: [String])
    case height(String)
    var name: String {
      switch self {
      case .range(let name, _), .height(let name): name
      }
    }
    /// The columns that are added up.
    var columns: [String] {
      switch self {
      case .range(let name, let corrections): [ColumnName.altitude.rawValue, name] + corrections
      case .height(let name): [name]
      }
    }
  }

  private func terms() throws -> (source: Source, surface: String?) {
    (try source(), try meanSeaSurface())
  }

  private func source() throws -> Source {
    if let height {
      try input.check(numbers: height, "height")
      return .height(height)
    }
    if let range { try input.check(numbers: range, "range") }
    let retracked = HeightTerms.ranges[0]
    let known = range ?? HeightTerms.find(retracked, in: input)
    if known == nil, let ready = HeightTerms.heights.first(where: { HeightTerms.find($0, in: input) != nil }) {
      return .height(ready)
    }
    guard let found = known ?? HeightTerms.ranges.lazy.compactMap({ HeightTerms.find($0, in: input) }).first else {
      let looked = HeightTerms.ranges + HeightTerms.heights
      throw FloeError(
        """
        the track has no range to the surface: looked for \
        \(looked.joined(separator: ", "))\(HeightTerms.emptiness(of: looked, in: input)); run altimetry.retrack first, \
        or name a column in 'range'
        """)
    }
    try input.require([ColumnName.altitude.rawValue], for: "the elevation")
    guard let corrections else { return .range(found, corrections: try HeightTerms.chosen(in: input)) }
    for name in corrections { try input.check(numbers: name, "corrections") }
    return .range(found, corrections: corrections)
  }

  private func meanSeaSurface() throws -> String? {
    if surface == "none" { return nil }
    if let surface {
      try input.check(numbers: surface, "surface")
      return surface
    }
    if let found = HeightTerms.surfaces.lazy.compactMap({ HeightTerms.find($0, in: input) }).first { return found }
    throw FloeError(
      """
      the track has no mean sea surface: looked for \
      \(HeightTerms.surfaces.joined(separator: ", "))\(HeightTerms.emptiness(of: HeightTerms.surfaces, in: input)); \
      sample one to the track and name it in 'surface', or give surface: none for elevations above the ellipsoid
      """)
  }
}
