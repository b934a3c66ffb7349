import FloeSDK

/// Brings altimeter echoes to a common range.
struct AlignStep: ProcessingStep {
  static let name = "altimetry.align"
  static let summary =
    "Shifts altimeter echoes to a common range, by geometry or by their leading edge, with FFT oversampling."
  static let discussion = """
    The track with the array column `waveform_aligned` (each echo divided by its maximum unless `normalise: false`) and
    `shift_m` (m), `shift_bins` (bins; positive: the echo came late), `shift_raw_m` (m; before outliers and mean are
    taken off), `aligned` (0 or 1), `peak_bin`,
    `peak_bin_aligned`. A record that cannot be aligned keeps its echo where it is, has `aligned` 0 and no shift, and is
    counted under the first reason that applies: no echo, samples of the echo missing (both stay missing), a term of the
    shift missing or no leading edge found, outside of the percentiles, beyond `max_shift`.

    - `physical`: altitude - tracker range - corrections - `surface` (AWI style), the mean over the kept records
      removed. Corrections default to dry and wet troposphere, GIM ionosphere, ocean tide (GOT, which already includes
      the load tide: product text), solid earth and pole tide, inverse barometer and high-frequency fluctuations; the
      surface is the one of the product's own sea-ice anomaly.
    - `retracked`: the leading edge of the threshold first-maximum retracker (see `altimetry.retrack`) goes to the
      nominal bin.

    The spectrum of an echo is padded with zeros to `oversampling` times its length, with the value at the Nyquist
    frequency shared between both its signs, and read at bin + shift by linear interpolation; outside of the echo its
    end sample holds.

    Recorded: mean, standard deviation and range of the raw shift, spread of the peak before and after (kept records),
    and spread of the bin where the leading edge crosses half of the first maximum, before and after (kept and aligned
    records).

    The preset `course` is the course notebook's recipe, faults included: the load tide counts twice, inverse barometer
    and high-frequency fluctuations are left out, the surface is solution 1, shifts outside the 1st to 99th percentile
    of the kept records and missing ones become 0 (a note tells how many) and stay 0 when the mean of the others is
    taken off those alone, missing samples of an echo become 0, and a bin is 0.2342 m.
    """
  static let example = """
    aligned: { use: altimetry.align, in: { input: features.track }, with: { method: physical } }
    """
  static let courseCorrections = [
    "mod_dry_tropo_cor_zero_altitude_01", "mod_wet_tropo_cor_zero_altitude_01", "iono_cor_gim_01_ku",
    "ocean_tide_sol1_01",
    "load_tide_sol1_01", "pole_tide_01", "solid_earth_tide_01",
  ]
  static let presets = [
    Preset(
      "course", "The course notebook's recipe, faults included",
      values: [
        "corrections": .list(courseCorrections.map { .text($0) }), "surface": .text("mean_sea_surf_sol1_20_ku"),
        "percentiles": .list([.text("1"), .text("99")]), "missing_as_zero": .text("true"),
        "range_gate": .text("0.2342"),
      ])
  ]

  /// How the shift is found.
  enum Method: String, ChoiceParameter { case physical, retracked }

  @Input("Track with echoes") var input: Table
  @Param("Column with the raw echoes") var waveform = ColumnName.waveform.rawValue
  @Param("How the shift is found") var method = Method.physical
  @Param("Columns that are added to the tracker range", unit: .metre) var corrections = [
    "mod_dry_tropo_cor_zero_altitude_01", "mod_wet_tropo_cor_zero_altitude_01", "iono_cor_gim_01_ku",
    "ocean_tide_sol1_01",
    "solid_earth_tide_01", "pole_tide_01", "inv_bar_cor_01", "hf_fluct_cor_01",
  ]
  @Param("Column with the height of the surface that echoes are brought to", unit: .metre) var surface =
    "mean_sea_surf_sol2_20_ku"
  @Param("Oversampling factor", in: 1...128) var oversampling = 24
  @Param("Percentiles outside of which a shift is an outlier, for example 1, 99", unit: "percent", in: 0...100)
  var percentiles: [Double]?
  @Param("Leave records with outlying or missing shifts where they are, as shift 0, and take missing samples as 0")
  var missingAsZero = false
  @Param("Largest shift; beyond it records stay unaligned; no limit with missing_as_zero", unit: "bins", in: 0...1e9)
  var maxShift = 128.0
  @Param("Distance of two bins; the track's own by default", unit: .metre, in: 1e-3...10) var rangeGate: Double?
  @Param("Divide each echo by its maximum") var normalise = true
  @Output("The track with aligned echoes") var track: Table?

  func validate() throws {
    if let p = percentiles, p.count != 2 || p[0] >= p[1] {
      throw ParameterError(
        "percentiles", "must be two rising numbers, not '\(p.map { "\($0)" }.joined(separator: ","))'")
    }
    if method == .retracked && missingAsZero {
      throw ParameterError("missing_as_zero", "belongs to the method physical")
    }
  }

  mutating func plan(in context: PlanContext) throws {
    try input.check(echoes: waveform, "waveform")
    if method == .physical {
      let lacking = (corrections + [surface]).filter { input[$0] == nil }
      if let first = lacking.first, lacking.count > 2, lacking.count > corrections.count / 2 {
        throw ParameterError(
          "method",
          """
          is physical, and the track lacks most columns that it takes by default ('\(first)' and \(lacking.count - 1) \
          more), which are those of Sentinel-3; name its own in 'corrections' and 'surface', or give \
          'method: retracked', which needs the echoes alone
          """)
      }
      for name in corrections { try input.check(numbers: name, "corrections") }
      try input.check(numbers: surface, "surface")
      try input.require(shiftColumns, for: "the shift")
      try input.checkLengths(shiftColumns)
    }
    var width = 256
    if case .array(_, let w)? = input[waveform]?.values { width = w }
    var planned = input.planned(adding: [
      (ColumnName.shift.rawValue, "m"), (ColumnName.shiftBins.rawValue, "1"), ("shift_raw_m", "m"),
      ("peak_bin", "1"), ("peak_bin_aligned", "1"),
    ])
    planned.set(alignedColumn([], width: width))
    planned.set(Column("aligned", values: .integer([])))
    planned.tags["normalised:\(ColumnName.alignedWaveform.rawValue)"] = normalise ? "true" : nil
    track = planned
  }

  mutating func run(in context: RunContext) async throws {
    let echoes = try EchoColumn(input, waveform)
    let gate = try input.rangeGate(rangeGate)
    let members = (0..<input.rowCount).map(input.status.isKept)
    let before = try await context.rows(input.rowCount) { rows in rows.map { EchoFinding(echoes.row($0)) } }
    let edges = before.map(\.edge)
    let peaks = before.map(\.peak)
    let raw = try method == .physical ? physicalShifts(context) : retrackedShifts(edges, gate)
    var rule = ShiftRule()
    rule.percentiles = percentiles.map { ($0[0], $0[1]) }
    rule.missingAsZero = missingAsZero
    rule.removesMean = method == .physical
    rule.limit = maxShift * gate
    let outcome = rule.apply(raw, members: members)
    let aligner = try EchoAligner(samples: echoes.width, factor: oversampling)
    let bins = outcome.shifts.map { $0 / gate }
    let move = EchoMove(aligner: aligner, divides: normalise, fillsGaps: missingAsZero)
    let blocks = try await context.blocks(of: input.rowCount) { move($0, echoes, bins, before) }
    var moved: [EchoFinding] = []
    var samples: [Float] = []
    moved.reserveCapacity(input.rowCount)
    samples.reserveCapacity(echoes.values.count)
    for block in blocks {
      moved += block.found
      samples += block.echoes
    }
    var table = input
    let aligned = zip(outcome.aligned, before).map { $0 && (missingAsZero ? $1.peak.isFinite : $1.isWhole) }
    table.set(alignedColumn(samples, width: echoes.width))
    table.tags["normalised:\(ColumnName.alignedWaveform.rawValue)"] = normalise ? "true" : nil
    func shown(_ v: [Double]) -> [Double] { missingAsZero ? v : zip(v, aligned).map { $1 ? $0 : .nan } }
    table.set(
      Column(
        .shift, unit: .metre, summary: "Shift that the echo was moved by", values: .number(shown(outcome.shifts))))
    table.set(Column(.shiftBins, summary: "Shift that the echo was moved by, in bins", values: .number(shown(bins))))
    table.set(
      Column(
        "shift_raw_m", unit: .metre, summary: "Shift before outliers and the mean are taken off", values: .number(raw)))
    table.set(
      Column(
        "aligned", summary: "1 where the record's own shift was used", values: .integer(aligned.map { $0 ? 1 : 0 })))
    table.set(Column("peak_bin", summary: "Bin of the first largest sample", values: .number(peaks)))
    table.set(
      Column(
        "peak_bin_aligned", summary: "Bin of the first largest sample of the aligned echo",
        values: .number(moved.map(\.peak))))
    table.style = table.style ?? "track"
    report(outcome, raw, members, aligned, before, moved, context)
    try countUnaligned(outcome, raw, members, before, context)
    track = table
  }

  /// The column of the aligned echoes, with the second dimension of the raw ones.
  private func alignedColumn(_ samples: [Float], width: Int) -> Column {
    let raw = input[waveform]
    return Column(
      .alignedWaveform, unit: normalise ? .dimensionless : raw?.unit ?? "count", summary: "Aligned echo",
      dimension: raw?.dimension, values: .array(samples, width: width))
  }

  /// What the shift is computed from, in the order of the sum.
  var shiftColumns: [String] {
    [ColumnName.altitude.rawValue, ColumnName.trackerRange.rawValue] + corrections + [surface]
  }

  private func physicalShifts(_ context: RunContext) throws -> [Double] {
    if corrections.contains("load_tide_sol1_01") && corrections.contains("ocean_tide_sol1_01") {
      context.log(.notice, "ocean_tide_sol1_01 includes the load tide: with load_tide_sol1_01 it counts twice")
    }
    // In the order of the definition: the corrections are added up first.
    var path = [Double](repeating: 0, count: input.rowCount)
    for name in corrections { for (row, v) in try input.metres(name).enumerated() { path[row] += v } }
    let altitude = try input.metres(ColumnName.altitude.rawValue)
    let range = try input.metres(ColumnName.trackerRange.rawValue)
    let height = try input.metres(surface)
    return path.indices.map { altitude[$0] - range[$0] - path[$0] - height[$0] }
  }

  private func retrackedShifts(_ edges: [Double], _ gate: Double) throws -> [Double] {
    let nominal = try input.nominalBin()
    return edges.map { ($0 - nominal) * gate }
  }
}
