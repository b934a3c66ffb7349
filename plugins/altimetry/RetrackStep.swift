import FloeSDK

/// Finds the surface in each echo.
struct RetrackStep: ProcessingStep {
  static let name = "altimetry.retrack"
  static let summary =
    "Finds the leading edge of each echo (threshold first-maximum retracker), its range and its elevation."
  static let discussion = """
    The track with `retracked_bin` (bins from the first), `range_tfmra_m` (m: tracker range + (bin - nominal bin) * bin
    distance - `range_bias`) and `elevation_m` (m above the ellipsoid: altitude - range - corrections); NaN where no
    edge is found, counted.

    TFMRA as pysiral has it (Helm et al. 2014; Ricker et al. 2014; Hendricks et al., pysiral, `cTFMRA` in SAR mode): the
    echo oversampled x10 (linear), smoothed with an 11-sample box that counts zeros beyond the ends, and divided by its
    largest smoothed sample; noise is the mean of the smoothed bins 0..<5; the first local maximum from noise + 0.15 on,
    else the largest sample, is the surface's; the leading edge is at the first sample of the echo, from the left, above
    `threshold` of it, interpolated linearly. `range_bias` is what pysiral's settings for Sentinel-3 and CryoSat-2 in
    SAR mode take off the range. pysiral's settings for SARIn differ (a box of 51 samples, a first maximum from 0.45
    on), and so do those for low-resolution mode; echoes of either are measured with those of SAR mode here, their bias
    included, with a warning.

    An echo without power, with missing samples, or above the threshold from its first sample on has no edge; range and
    elevation are also NaN where a term of theirs is missing, counted by the term. Terms that are not finite or beyond
    1e30, and elevations below -500 m or above 9 km, are missing. Without a nominal bin (classic
    128-bin products) only the bin is given.
    """
  static let example = """
    retracked: { use: altimetry.retrack, in: { input: read.track } }
    """

  @Input("Track with echoes") var input: Table
  @Param("Column with the raw echoes") var waveform = ColumnName.waveform.rawValue
  @Param("Share of the first maximum", in: 0.05...0.95) var threshold = 0.5
  @Param("Taken off the range", unit: .metre, in: -10...10) var rangeBias = 0.047
  @Param("Columns that are added to the range", unit: .metre) var corrections = [
    "mod_dry_tropo_cor_zero_altitude_01", "mod_wet_tropo_cor_zero_altitude_01", "iono_cor_gim_01_ku",
    "ocean_tide_sol1_01",
    "solid_earth_tide_01", "pole_tide_01", "inv_bar_cor_01", "hf_fluct_cor_01",
  ]
  @Output("The track with range and elevation") var track: Table?

  mutating func plan(in context: PlanContext) throws {
    try input.check(echoes: waveform, "waveform")
    if input.tags["nominal_bin"] != nil {
      for name in corrections { try input.check(numbers: name, "corrections") }
      try input.require([ColumnName.trackerRange.rawValue, ColumnName.altitude.rawValue], for: "the elevation")
      try input.checkLengths(corrections + [ColumnName.trackerRange.rawValue, ColumnName.altitude.rawValue])
    }
    switch input.radarMode {
    case .sarin?:
      context.warn(
        "the echoes are of SARIn mode and are retracked with pysiral's settings for SAR: a variant, whose ranges differ"
      )
    case .lrm?:
      context.warn(
        """
        the echoes are of low-resolution mode (LRM) and are retracked with pysiral's settings for SAR, the bias of \
        \(rangeBias) m included: a variant, whose ranges differ
        """)
    case .sar?, nil: break
    }
    track = input.planned(adding: [
      ("retracked_bin", "1"), ("range_tfmra_m", "m"), (ColumnName.elevation.rawValue, "m"),
    ])
  }

  mutating func run(in context: RunContext) async throws {
    var table = input
    let echoes = try EchoColumn(table, waveform)
    let retracker = Retracker(threshold: threshold)
    let bins = try await context.rows(table.rowCount) { rows in
      rows.map { retracker.edge(echoes.row($0))?.bin ?? .nan }
    }
    table.set(Column("retracked_bin", summary: "Bin of the leading edge (TFMRA)", values: .number(bins)))
    context.dropped(
      bins.indices.count { bins[$0].isNaN && input.status.isKept($0) }, "records",
      because: "no leading edge found")
    var range = [Double](repeating: .nan, count: bins.count)
    var elevation = range
    if input.tags["nominal_bin"] == nil {
      context.warn("the track does not say to which bin its tracker range belongs: no absolute range and no elevation")
    } else {
      let nominal = try input.nominalBin()
      let gate = try input.rangeGate(nil)
      let tracker = try input.metres(ColumnName.trackerRange.rawValue).map(MissingValue.known)
      range = zip(bins, tracker).map { $1 + ($0 - nominal) * gate - rangeBias }
      var sum = HeightSum(try input.metres(ColumnName.altitude.rawValue), "no \(ColumnName.altitude.rawValue)")
      sum.subtract(range, "no \(ColumnName.trackerRange.rawValue)")
      for name in corrections { sum.subtract(try input.metres(name), "no \(name)") }
      sum.bound()
      elevation = sum.metres
      // Records without an edge are counted above.
      sum.tell(context) { input.status.isKept($0) && !bins[$0].isNaN }
    }
    table.set(Column("range_tfmra_m", unit: .metre, summary: "Range to the surface (TFMRA)", values: .number(range)))
    table.set(
      Column(
        .elevation, unit: .metre, summary: "Height of the surface above the ellipsoid", values: .number(elevation)))
    track = table
  }
}
