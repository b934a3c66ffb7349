import Altimetry
import FloeIO
import FloeSDK
import FloeTestSupport
import Synthetic

/// Runs single steps as the host does.
enum TestRun {
  static func factories() -> [String: any StepFactory] {
    let registry = PluginRegistry()
    let registryPointer = Unmanaged.passUnretained(registry).toOpaque()
    Altimetry.floePlugin(registryPointer)
    Synthetic.floePlugin(registryPointer)
    return Dictionary(registry.steps.map { ($0.declaration.name, $0) }) { first, _ in first }
  }

  /// Plans and runs a step; returns its outputs and what it told.
  static func step(
    _ name: String, _ parameters: [String: ParameterLiteral] = [:], ports: [String: [PortData]] = [:], workers: Int = 2
  ) async throws -> (outputs: [String: PortData], messages: StepMessages) {
    guard let factory = factories()[name] else { throw FloeError("no step '\(name)'") }
    return try await StepHarness.outcome(of: factory, parameters: parameters, ports: ports, workers: workers)
  }

  /// Runs a step on a track and returns the track.
  static func track(_ name: String, _ table: Table, _ parameters: [String: ParameterLiteral] = [:], workers: Int = 2)
    async throws -> (track: Table, messages: StepMessages)
  {
    let result = try await step(name, parameters, ports: ["input": [.table(table)]], workers: workers)
    guard case .table(let track)? = result.outputs["track"] else { throw FloeError("\(name) made no track") }
    return (track, result.messages)
  }
}

/// A synthetic product read as a track, with 1 Hz corrections brought to the Ku times.
enum DemoTrack {
  /// Makes a product in a folder and returns the path of its measurement file.
  static func make(
    in folder: String, records: Int, seed: Int = 1, world: String = "simple"
  ) async throws -> String {
    let made = try await TestRun.step(
      "synthetic.sentinel3",
      [
        "folder": .text(folder), "records": .text("\(records)"), "scene_seed": .text("\(seed)"), "world": .text(world),
      ])
    guard case .document(let document)? = made.outputs["products"], let path = document.body["track"]?.stringValue
    else {
      throw FloeError("no product was made")
    }
    return path + "/enhanced_measurement.nc"
  }

  static func read(_ path: String) throws -> Table {
    let file = try NetCDFFile.open(path)
    let time = try file.readPhysical("time_20_ku")
    let hz = try file.readPhysical("time_01")
    var table = Table(
      rowCount: time.count, geometry: .points(x: "lon", y: "lat"), crs: .wgs84,
      tags: ["range_gate_m": "0.234213", "nominal_bin": "88"])
    table.set(Column("record", values: .integer(time.indices.map { $0 })))
    table.set(Column("time", unit: .second, isTime: true, values: .number(time.map { $0 + UTCTime.year2000.seconds })))
    table.set(Column("lat", unit: .degree, values: .number(try file.readPhysical("lat_20_ku"))))
    table.set(Column("lon", unit: .degree, values: .number(try file.readPhysical("lon_20_ku"))))
    for name in [
      "alt_20_ku", "tracker_range_20_ku", "mean_sea_surf_sol1_20_ku", "mean_sea_surf_sol2_20_ku", "scale_factor_20_ku",
      "sig0_water_20_ku", "nb_stack_20_ku",
      "surf_type_20_ku", "sea_ice_concentration_20_ku",
    ] { table.set(Column(name, unit: "m", values: .number(try file.readPhysical(name)))) }
    for name in [
      "mod_dry_tropo_cor_zero_altitude_01", "mod_wet_tropo_cor_zero_altitude_01", "iono_cor_gim_01_ku",
      "ocean_tide_sol1_01", "load_tide_sol1_01",
      "solid_earth_tide_01", "pole_tide_01", "inv_bar_cor_01", "hf_fluct_cor_01",
    ] {
      let values = try file.readPhysical(name)
      let known = values.indices.filter { values[$0].isFinite }
      let xs = known.map { hz[$0] }
      let ys = known.map { values[$0] }
      table.set(
        Column(
          name, unit: .metre,
          values: .number(
            time.map { t in
              let i = xs.firstIndex { $0 >= t } ?? xs.count
              guard i > 0, i < xs.count, xs[i] - xs[i - 1] <= 3 else { return .nan }
              return interpolate(t, xs: xs, ys: ys)
            })))
    }
    let flag = try file.readPhysical("surf_type_class_20_ku")
    table.set(
      Column("esa_class", classes: .seaIce, values: .code(flag.map { $0.isNaN ? 127 : Int16($0) }, missing: 127)))
    table.set(
      Column(
        "waveform_20_ku", unit: "count", dimension: "wf_sample_ind",
        values: .array(try file.readPhysicalFloats("waveform_20_ku"), width: 256)))
    table.set(
      Column(
        "rip_20_ku", unit: "count", dimension: "max_multi_stack_ind",
        values: .array(try file.readPhysicalFloats("rip_20_ku"), width: 256)))
    return table
  }
}
