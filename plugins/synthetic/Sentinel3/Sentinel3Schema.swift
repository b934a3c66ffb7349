import FloeIO
import FloeSDK

/// The variables of Sentinel-3's sea-ice product (SR_2_LAN_SI, enhanced measurement): names, dimensions, types,
/// packing, units, flags.
enum Sentinel3Schema {
  struct Variable: Sendable {
    var name: String
    var dimensions: [String]
    var type: NetCDFType
    var scale: Double?
    var offset: Double?
    var fill: Double?
    var unit: String?
    var flags: (first: Int, meanings: String)?
  }

  /// All variables, grouped by dimension and packing.
  static let variables: [Variable] = {
    var meanings: [String: (first: Int, meanings: String)] = [:]
    for group in groups(of: flagText) {
      let words = group.head.split(separator: " ", maxSplits: 1).map(String.init)
      for name in group.names where words.count == 2 { meanings[name] = (Int(words[0]) ?? 0, words[1]) }
    }
    return groups(of: text).flatMap { group -> [Variable] in
      let part = group.head.split(separator: " ", maxSplits: 5).map(String.init)
      guard part.count == 6, let type = types[part[1]] else {
        preconditionFailure("the schema's line '\(group.head)' is broken")
      }
      return group.names.map {
        Variable(
          name: $0, dimensions: part[0].split(separator: ",").map(String.init), type: type, scale: Double(part[2]),
          offset: Double(part[3]),
          fill: Double(part[4]), unit: part[5] == "-" ? nil : part[5], flags: meanings[$0])
      }
    }
  }()

  private static let types: [String: NetCDFType] = [
    "byte": .int8, "short": .int16, "ushort": .uint16, "int": .int32, "uint": .uint32, "double": .float64,
  ]

  private static func groups(of text: String) -> [(head: String, names: [String])] {
    var result: [(head: String, names: [String])] = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix("= ") {
        result.append((String(line.dropFirst(2)), []))
      } else if !result.isEmpty {
        result[result.count - 1].names += line.split(separator: " ").map(String.init)
      }
    }
    return result
  }

  /// `= first code, meanings in rising order of code`, then names.
  private static let flagText = """
    = 0 ocean_or_semi_enclosed_sea enclosed_sea_or_lake continental_ice land
    surf_type_20_ku surf_type_20_c
    = 0 open_ocean land continental_water aquatic_vegetation continental_ice_snow floating_ice salted_basin
    surf_class_01 surf_class_20_ku surf_class_20_c
    = 0 ocean land
    rad_surf_type_01
    = 0 yes no
    agc_qual_20_ku agc_qual_20_c agc_qual_20_plrm_ku range_water_qual_20_ku range_water_qual_20_c \
    range_water_qual_20_plrm_ku
    sig0_water_qual_20_ku sig0_water_qual_20_c sig0_water_qual_20_plrm_ku swh_water_qual_20_ku swh_water_qual_20_c \
    swh_water_qual_20_plrm_ku
    off_nadir_angle_used_20_ku off_nadir_angle_used_20_plrm_ku
    = 0 Good Bad
    sig0_water_qual_01_ku sig0_water_qual_01_c sig0_water_qual_01_plrm_ku
    = 0 open_ocean sea_ice lead unclassified
    surf_type_class_20_ku
    = 0 Valid Invalid
    val_alt_off_nadir_angle_wf_water_01_ku val_alt_off_nadir_angle_wf_water_01_plrm_ku
    = 0 LRM SAR LRM_and_SAR
    instr_op_mode_20_ku instr_op_mode_20_c
    = 0 closed_loop open_loop open_loop_fixed_gain
    mode_id_20_ku mode_id_20_c
    = 0 2_maps_nominal 1_map_extropolated no_map
    meteo_map_avail_01
    = 0 no_rain rain high_rain_probability_from_altimeter high_probability_of_no_rain_from_altimeter \
    ambiguous_situation_possibility_of_ice evaluation_not_possible
    rain_flag_01_ku rain_flag_01_plrm_ku
    = 0 ocean first_year_sea_ice wet_ice multi_year_sea_ice ambiguous_mixture_of_type not_evaluated
    open_sea_ice_flag_01_ku open_sea_ice_flag_01_plrm_ku
    = 0 good bad
    interp_flag_water_tide_sol1_01 interp_flag_water_tide_sol2_01 tb_238_quality_flag_01 tb_365_quality_flag_01 \
    interp_flag_mss_sol1_20_c
    interp_flag_mss_sol1_20_ku interp_flag_mss_sol2_20_c interp_flag_mss_sol2_20_ku
    = 0 good extrapolated degraded fail
    rad_along_track_avg_flag_01
    = 0 climato_not_used climato_used
    climato_use_flag_01_ku climato_use_flag_01_plrm_ku
    = 0 OK KO
    nav_bul_status_20_ku nav_bul_status_20_c
    = 0 gps doris
    nav_bul_source_20_ku nav_bul_source_20_c
    = 0 SRAL_OBT_extrapolated SRAL_OBT_updated_with_SMU_OBT
    isp_time_status_20_ku isp_time_status_20_c
    = 0 A B
    oper_instr_20_ku oper_instr_20_c
    = 0 Nominal_value Nominal_value_with_back_off
    cl_gain_20_ku cl_gain_20_c
    = 0 no_acquisition acquisition
    acq_stat_20_ku acq_stat_20_c
    = 0 enabled disabled
    dem_eeprom_20_ku dem_eeprom_20_c weighting_20_ku weighting_20_c
    = 0 normal loss_of_track
    loss_track_20_ku loss_track_20_c
    = 0 no_manoeuvre ongoing_manoeuvre
    flag_man_pres_20_ku flag_man_pres_20_c
    = 0 no_thrust ongoing_thrust
    flag_man_thrust_20_ku flag_man_thrust_20_c
    = 0 in_plane out_of_plane
    flag_man_plane_20_ku flag_man_plane_20_c
    = 0 osf fos navatt doris_nav gnss_roe pod_moe salp_moe pod_poe salp_poe
    orbit_type_01
    = 0 waveform_ok total_power_test_failed noise_power_test_failed variance_test_failed leading_edge_test_failed \
    low_peakiness_test_failed high_peakiness_test_failed
    waveform_qual_ice_20_ku
    = 1 open_water first_year_ice multi_year_ice ambiguous
    sea_ice_type_auxiliary_01_ku sea_ice_type_auxiliary_20_ku
    """
}
