import FloeSDK

/// Names of variables of Sentinel-3's SRAL level 2 products.
public enum SRALVariables {
  /// Echoes; the classic products and the sea-ice product both name them so.
  public static let echoes = ColumnName.waveform.rawValue
  /// Range-integrated power; the sea-ice and hydrology products only.
  public static let power = ColumnName.stackPower.rawValue
  /// ESA's surface class.
  public static let surfaceClass = "surf_type_class_20_ku"
  /// ESA's surface type: ocean, enclosed water, continental ice, land.
  public static let surfaceType = "surf_type_20_ku"

  /// What classification and alignment of sea-ice echoes need; a product without one of these is refused by default.
  public static let required = [echoes, power, surfaceClass]

  /// Further variables read by default, where the product has them.
  public static let usual = [
    surfaceType, "sea_ice_concentration_20_ku", "peakiness_1_20_ku", "peakiness_2_20_ku", "nb_stack_20_ku",
    "stdev_stack_20_ku",
    "scale_factor_20_ku", "sig0_water_20_ku", "sig0_sea_ice_sheet_20_ku", "alt_20_ku", "tracker_range_20_ku",
    "range_ocog_20_ku",
    "mean_sea_surf_sol1_20_ku", "mean_sea_surf_sol2_20_ku",
    "mod_dry_tropo_cor_zero_altitude_01", "mod_wet_tropo_cor_zero_altitude_01", "iono_cor_gim_01_ku",
    "ocean_tide_sol1_01", "ocean_tide_sol2_01",
    "load_tide_sol1_01", "solid_earth_tide_01", "pole_tide_01", "inv_bar_cor_01", "hf_fluct_cor_01",
  ]

  /// What elevations cannot do without.
  static let elevationRequired = [surfaceClass, "alt_20_ku", "range_sea_ice_20_ku"]

  /// What elevations, the sea surface and freeboard need beside it, and what ESA made of them.
  static let elevation = [
    surfaceType, "sea_ice_concentration_20_ku",
    "mean_sea_surf_sol1_20_ku", "mean_sea_surf_sol2_20_ku", "sea_ice_ssha_20_ku", "int_sea_ice_ssha_20_ku",
    "freeboard_20_ku", "mod_dry_tropo_cor_zero_altitude_01", "mod_wet_tropo_cor_zero_altitude_01",
    "iono_cor_gim_01_ku", "ocean_tide_sol1_01", "ocean_tide_sol2_01", "solid_earth_tide_01", "pole_tide_01",
    "inv_bar_cor_01", "hf_fluct_cor_01",
  ]
}
