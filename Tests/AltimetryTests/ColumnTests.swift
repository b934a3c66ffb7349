import Altimetry
import FloeIO
import FloeSDK
import FloeTestSupport
import Testing

@Suite struct ColumnTests {
  /// A track without rows, as a plan sees it.
  private var track: Table {
    var table = Table(
      rowCount: 0, geometry: .points(x: "lon", y: "lat"), crs: .wgs84,
      tags: ["range_gate_m": "0.234213", "nominal_bin": "88", "product": "S3A"])
    for name in [
      "lon", "lat", "alt_20_ku", "tracker_range_20_ku", "mean_sea_surf_sol2_20_ku", "scale_factor_20_ku",
      "nb_stack_20_ku", "surf_type_20_ku",
      "sea_ice_concentration_20_ku", "mod_dry_tropo_cor_zero_altitude_01", "mod_wet_tropo_cor_zero_altitude_01",
      "iono_cor_gim_01_ku", "ocean_tide_sol1_01",
      "solid_earth_tide_01", "pole_tide_01", "inv_bar_cor_01", "hf_fluct_cor_01", "esa_class", "ssd",
    ] { table.set(Column(name, values: .number([]))) }
    table.set(Column("note", values: .text([])))
    for name in ["waveform_20_ku", "rip_20_ku", "waveform_aligned"] {
      table.set(Column(name, values: .array([], width: 256)))
    }
    return table
  }

  private func plan(_ step: String, _ parameters: [String: ParameterLiteral], without missing: String? = nil) throws {
    var table = track
    if let missing { table.remove(missing) }
    let factory = try #require(TestRun.factories()[step])
    var bound = try factory.bind(parameters: parameters, ports: ["input": [.table(table)]])
    try bound.plan(in: try StepHarness().plan)
  }

  @Test(arguments: ["align", "features", "retrack", "echoes", "separation"]) func aWholeTrackPlans(step: String) throws
  {
    try plan("altimetry.\(step)", [:])
  }

  @Test(arguments: [
    ("align", "waveform", "wavefrom_20_ku"), ("align", "surface", "mean_sea_surf_sol3_20_ku"),
    ("align", "corrections", "pole_tide"),
    ("features", "waveform", "waveform_20"), ("retrack", "waveform", "waveform_20"),
    ("retrack", "corrections", "pole_tide"),
    ("echoes", "raw", "waveform_20"), ("echoes", "aligned", "wave_aligned"), ("echoes", "classes", "esa_clas"),
    ("separation", "raw", "waveform_20"), ("separation", "aligned", "wave_aligned"),
    ("separation", "classes", "esa_clas"),
  ])
  func plansRefuseColumnsThatAreNotThere(step: String, parameter: String, value: String) {
    let error = #expect(throws: ParameterError.self) { try plan("altimetry.\(step)", [parameter: .text(value)]) }
    #expect(error?.parameter == parameter)
    #expect(
      error?.message.hasPrefix("names '\(value)', which the track of 'S3A' lacks (did you mean '") == true,
      "\(error?.message ?? "")")
  }

  @Test(arguments: [
    ("align", "waveform", "ssd"), ("align", "surface", "note"), ("features", "waveform", "ssd"),
    ("retrack", "waveform", "note"), ("echoes", "classes", "note"),
    ("separation", "unchanged", "note"),
  ])
  func plansRefuseColumnsOfAnotherKind(step: String, parameter: String, value: String) {
    let error = #expect(throws: ParameterError.self) { try plan("altimetry.\(step)", [parameter: .text(value)]) }
    #expect(error?.parameter == parameter && error?.message.hasPrefix("names '\(value)', which is ") == true)
  }

  @Test(arguments: [
    ("features", "rip_20_ku"), ("features", "nb_stack_20_ku"), ("features", "scale_factor_20_ku"),
    ("features", "surf_type_20_ku"),
    ("align", "tracker_range_20_ku"), ("retrack", "alt_20_ku"),
  ])
  func plansRefuseATrackWithoutWhatIsNeeded(step: String, column: String) {
    let error = #expect(throws: FloeError.self) { try plan("altimetry.\(step)", [:], without: column) }
    #expect(error?.message.contains(column) == true)
  }
}
