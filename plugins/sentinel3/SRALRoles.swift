import FloeSDK

/// The names of a quantity in the generations of SRAL level 2 products.
///
/// A column keeps one name, that of baseline collection 005, so that steps need not know generations; where the product
/// has the quantity under another one, the column's attribute `source_variable` says which. Sources: PDS of baseline
/// collections 004 and 005 (S3IPF PDS 003, EUM/SEN3/SPE/20/1191479), SR_2_LAN_SI of collection 006 as distributed since
/// 2025 (`radar_freeboard_20_ku`, `snow_depth_sol1_20_ku`), and the template of the products' own comments, by which a
/// correction `X_01` is `X_20_ku` where it is given at 20 Hz.
enum SRALRoles {
  /// Further names by column, after its own.
  private static let others: [String: [String]] = [
    "lat_20_ku": ["latitude_20_ku"],
    "lon_20_ku": ["longitude_20_ku"],
    "alt_20_ku": ["altitude_20_ku"],
    "tracker_range_20_ku": ["tracker_range_calibrated_20_ku"],
    "waveform_20_ku": ["power_waveform_20_ku", "pwr_waveform_20_ku"],
    "rip_20_ku": ["range_integrated_power_20_ku"],
    "surf_type_class_20_ku": ["surface_type_class_20_ku", "surf_type_classification_20_ku"],
    "surf_type_20_ku": ["surface_type_20_ku", "surf_type_01"],
    "sea_ice_concentration_20_ku": ["sea_ice_concentration_01"],
    "nb_stack_20_ku": ["num_stack_20_ku", "num_looks_20_ku"],
    "scale_factor_20_ku": ["sig0_scale_factor_20_ku"],
    "range_sea_ice_20_ku": ["range_sea_ice_sheet_20_ku"],
    "freeboard_20_ku": ["radar_freeboard_20_ku"],
    "sea_ice_ssha_20_ku": ["ssha_sea_ice_20_ku"],
    "int_sea_ice_ssha_20_ku": ["sea_ice_int_ssha_20_ku", "interpolated_sea_ice_ssha_20_ku"],
    "mean_sea_surf_sol1_20_ku": ["mean_sea_surface_sol1_20_ku", "mean_sea_surf_sol1_01"],
    "mean_sea_surf_sol2_20_ku": ["mean_sea_surface_sol2_20_ku", "mean_sea_surf_sol2_01"],
    "snow_depth_20_ku": ["snow_depth_sol1_20_ku"],
    "mod_dry_tropo_cor_zero_altitude_01": ["mod_dry_tropo_cor_01", "mod_dry_tropo_cor_meas_altitude_01"],
    "mod_wet_tropo_cor_zero_altitude_01": ["mod_wet_tropo_cor_01", "mod_wet_tropo_cor_meas_altitude_01"],
    "iono_cor_gim_01_ku": ["iono_cor_gim_01"],
    "ocean_tide_sol1_01": ["ocean_tide_got_01"],
    "ocean_tide_sol2_01": ["ocean_tide_fes_01"],
    "load_tide_sol1_01": ["load_tide_got_01"],
    "hf_fluct_cor_01": ["hf_fluctuations_cor_01"],
  ]

  /// Corrections of path and sea height, which older products have at 1 Hz alone.
  static let corrections = [
    "mod_dry_tropo_cor_zero_altitude_01", "mod_wet_tropo_cor_zero_altitude_01", "iono_cor_gim_01_ku",
    "ocean_tide_sol1_01", "ocean_tide_sol2_01", "load_tide_sol1_01", "solid_earth_tide_01", "pole_tide_01",
    "inv_bar_cor_01", "hf_fluct_cor_01",
  ]

  /// All names of a column, the preferred first: of a correction its 20 Hz form, then itself, then other names.
  static func names(of column: String) -> [String] {
    let own = [column] + (others[column] ?? [])
    guard corrections.contains(column) else { return own }
    return own.flatMap { name in
      guard let stem = stem(name) else { return [name] }
      return ["\(stem)_20_ku", "\(stem)_20", name]
    }
  }

  /// The name without its ending `_01` or `_01_ku`; nil for a quantity that is not of 1 Hz.
  private static func stem(_ name: String) -> String? {
    for ending in ["_01_ku", "_01"] where name.hasSuffix(ending) { return String(name.dropLast(ending.count)) }
    return nil
  }

  /// What a sentence says about a quantity that no name leads to.
  static func looked(for column: String) -> String {
    let names = names(of: column)
    return names.count == 1 ? column : "\(column) (looked for \(names.joined(separator: ", ")))"
  }
}
