import FloeSDK

/// The physical values of a synthetic product's variables, by name; what is not modelled keeps its fill value.
struct Sentinel3Values: Sendable {
  var values: [String: [Double]] = [:]
  let ku: Int
  /// Record numbers (possibly broken) of the C-band and 1 Hz measurements.
  let cRecords: [Double], hzRecords: [Double]

  /// Everything but echoes and range-integrated power.
  init(_ track: SralTrack, _ model: SralModel, _ records: [SralModel.Record]) {
    let n = track.records
    ku = n
    // C band measures less often, at times of its own; the 1 Hz record has two gaps.
    let cCount = max(1, n * 968 / 1000)
    cRecords = (0..<cCount).map { 7.3 + Double($0) * Double(n - 8) / Double(cCount) }
    hzRecords = (0..<max(2, n / 20)).map { 9.5 + 20 * Double($0) }.filter { r in
      let first = abs(r - 0.31 * Double(n))
      let second = abs(r - 0.62 * Double(n))
      return first >= 20 && second >= min(80, Double(n) / 20)
    }
    addAxes(track)
    addKu(records, track)
    addCorrections(track, seed: model.seed)
  }

  private mutating func addAxes(_ track: SralTrack) {
    for (suffix, records) in [("20_ku", (0..<ku).map(Double.init)), ("20_c", cRecords), ("01", hzRecords)] {
      let times = records.map(track.time2000)
      let places = records.map(track.position)
      values["time_\(suffix)"] = times
      values["UTC_day_\(suffix)"] = times.map { ($0 / 86_400).rounded(.down) }
      values["UTC_sec_\(suffix)"] = times.map { $0 - ($0 / 86_400).rounded(.down) * 86_400 }
      values["lat_\(suffix)"] = places.map(\.lat)
      values["lon_\(suffix)"] = places.map { $0.lon < 0 ? $0.lon + 360 : $0.lon }
      if suffix != "01" { values["UTC_time_1hz_\(suffix)"] = times.map { $0.rounded() } }
    }
    values["echo_sample_ind"] = (0..<128).map { Double($0) }
    values["wf_sample_ind"] = (0..<SralModel.samples).map(Double.init)
    values["max_multi_stack_ind"] = (0..<SralModel.looks).map(Double.init)
    values["index_1hz_meas_20_ku"] = (0..<ku).map { Double(min($0 / 20, hzRecords.count - 1)) }
    values["index_first_20hz_meas_01_ku"] = hzRecords.map { $0 - 9.5 }
    values["num_20hz_meas_01_ku"] = hzRecords.map { _ in 20 }
  }

  private mutating func addKu(_ r: [SralModel.Record], _ track: SralTrack) {
    func set(_ name: String, _ value: (SralModel.Record) -> Double?) { values[name] = r.map { value($0) ?? .nan } }
    set("alt_20_ku", \.altitude)
    set("tracker_range_20_ku", \.tracker)
    set("mean_sea_surf_sol2_20_ku", \.seaSurface)
    set("mean_sea_surf_sol1_20_ku") { $0.seaSurface + 0.05 }
    set("scale_factor_20_ku", \.scale)
    set("sig0_water_20_ku") { $0.sigma0 + 0.4 }
    set("sig0_sea_ice_sheet_20_ku") { $0.sigma0 + ($0.flag == 2 ? 1.5 : -0.5) }
    set("sig0_ocog_20_ku") { $0.sigma0 - 0.8 }
    set("sea_ice_concentration_20_ku", \.concentration)
    set("surf_type_class_20_ku") { $0.flag.map(Double.init) }
    set("nb_stack_20_ku") { Double($0.looks) }
    set("max_stack_20_ku") { $0.power.max() }
    set("beam_form_20_ku") { Double($0.looks) }
    set("peakiness_1_20_ku") { $0.echo.contains { $0 > 0 } ? ($0.echo.max() ?? 0) * 256 / $0.echo.reduce(0, +) : nil }
    set("peakiness_2_20_ku") { $0.echo.contains { $0 > 0 } ? ($0.echo.max() ?? 0) * 31.5 / $0.echo.reduce(0, +) : nil }
    set("range_ocog_20_ku") { record in
      OffsetCentre.edge(record.echo).map { record.tracker + ($0 - SralModel.nominal) * SralModel.gate }
    }
    set("range_sea_ice_20_ku") { $0.tracker + ($0.edge - SralModel.nominal) * SralModel.gate }
    set("sea_ice_ssha_20_ku", \.anomaly)
    set("sea_ice_sea_surf_20_ku") { $0.seaSurface + $0.anomaly }
    set("orb_alt_rate_20_ku") { _ in 12.5 }
    set("agc_20_ku") { _ in 38 }
    values["stdev_stack_20_ku"] = r.map { $0.flag == 2 ? 0.0012 : 0.0049 }
    for name in ["surf_type_20_ku", "surf_class_20_ku"] {
      values[name] = r.map { $0.flag == nil ? (name == "surf_type_20_ku" ? 3 : 1) : 0 }
    }
    values["alt_20_c"] = cRecords.map { interpolated($0, r, \.altitude) }
    values["tracker_range_20_c"] = cRecords.map { interpolated($0, r, \.tracker) }
  }

  private func interpolated(_ record: Double, _ r: [SralModel.Record], _ value: (SralModel.Record) -> Double) -> Double
  {
    let i = min(max(0, Int(record)), r.count - 1)
    let j = min(i + 1, r.count - 1)
    return interpolate(value(r[i]), value(r[j]), at: record - Double(i))
  }

  /// 1 Hz corrections; about one in a hundred high-frequency fluctuations is missing, in long products also a few
  /// others.
  private mutating func addCorrections(_ track: SralTrack, seed: UInt64) {
    var random = SeededGenerator(seed: seed, stream: 21)
    for (name, value) in SralModel.corrections + [("load_tide_sol1_01", SralModel.loadTide)] {
      values[name] = hzRecords.map { value(track.offset($0)) }
      // Readers that let the fill number of a masked correction through get shifts of kilometres; a percentile clips
      // them while they are rare.
      let share =
        name == "hf_fluct_cor_01" ? 0.012 : name == "mod_wet_tropo_cor_zero_altitude_01" && ku >= 10_000 ? 0.001 : 0
      for i in hzRecords.indices where random.uniform() < share { values[name]?[i] = .nan }
    }
  }
}

/// The offset centre of gravity retracker of the product's `range_ocog_20_ku` (Wingham et al. 1986; Bamber 1994).
enum OffsetCentre {
  /// Where an echo first reaches a quarter of sqrt(sum p⁴ / sum p²), in bins, between samples; nil without
  /// power.
  static func edge(_ echo: [Double]) -> Double? {
    let squares = echo.reduce(0) { $0 + $1 * $1 }
    let fourths = echo.reduce(0) { $0 + $1 * $1 * $1 * $1 }
    guard squares > 0, fourths.isFinite else { return nil }
    let level = 0.25 * (fourths / squares).squareRoot()
    guard let i = echo.firstIndex(where: { $0 > level }) else { return nil }
    return i == 0 ? 0 : Double(i - 1) + (level - echo[i - 1]) / (echo[i] - echo[i - 1])
  }
}
