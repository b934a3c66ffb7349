import FloeSDK

/// Where each column of a track comes from in CryoSat-2's products of baselines D and E.
///
/// A column has the name that steps expect it under, which is that of the same quantity in a Sentinel-3 product; what
/// it is made from is in its attribute `source_variable`.
struct SIRALRole: Sendable {
  /// How the values become a column.
  enum Content: Sendable { case quantity, flag }

  /// The column's name.
  let column: String
  /// The variables that are looked for; the first that the product has is taken.
  let names: [String]
  var content = Content.quantity
  var summary = ""
  /// Whether the product is refused without it.
  var isNeeded = false
  /// What it means that the product has none of the names; empty where nothing worth a word follows.
  var absence = ""
  /// Whether only delay-Doppler modes have it, so that its absence in low-resolution mode is no news.
  var isOfDelayDoppler = false
  /// Of names that are not the quantity itself but stand in for it, what that means.
  var standIns: [String: String] = [:]

  static let position = [
    SIRALRole(column: ColumnName.latitude.rawValue, names: ["lat_20_ku"], isNeeded: true),
    SIRALRole(column: ColumnName.longitude.rawValue, names: ["lon_20_ku"], isNeeded: true),
  ]

  /// Quantities that both levels have.
  static let shared = [
    SIRALRole(column: ColumnName.altitude.rawValue, names: ["alt_20_ku"], isNeeded: true),
    SIRALRole(
      column: "surf_type_20_ku", names: ["surf_type_20_ku", "surf_type_01"], content: .flag, summary: "Surface type",
      absence: "land and sea cannot be told apart, and altimetry.features needs select: none"),
    SIRALRole(
      column: "stack_std_20_ku", names: ["stack_std_20_ku"],
      absence: "altimetry.features cannot be run, and limits of leads on the stack's deviation are left out",
      isOfDelayDoppler: true),
    SIRALRole(column: "stack_skewness_20_ku", names: ["stack_skewness_20_ku"]),
    SIRALRole(column: "stack_kurtosis_20_ku", names: ["stack_kurtosis_20_ku"]),
    SIRALRole(column: "stack_peakiness_20_ku", names: ["stack_peakiness_20_ku"]),
    SIRALRole(column: "stack_number_after_weighting_20_ku", names: ["stack_number_after_weighting_20_ku"]),
  ]

  /// Terms of the range and of the sea's height, brought to the records on time.
  static let corrections = [
    SIRALRole(
      column: "mod_dry_tropo_cor_zero_altitude_01", names: ["mod_dry_tropo_cor_20_ku", "mod_dry_tropo_cor_01"],
      isNeeded: true),
    SIRALRole(
      column: "mod_wet_tropo_cor_zero_altitude_01", names: ["mod_wet_tropo_cor_20_ku", "mod_wet_tropo_cor_01"],
      isNeeded: true),
    SIRALRole(
      column: "iono_cor_gim_01_ku",
      names: ["iono_cor_gim_20_ku", "iono_cor_gim_01", "iono_cor_20_ku", "iono_cor_01"], isNeeded: true,
      standIns: ["iono_cor_20_ku": bent, "iono_cor_01": bent]),
    SIRALRole(
      column: "solid_earth_tide_01", names: ["solid_earth_tide_20_ku", "solid_earth_tide_01"], isNeeded: true),
    SIRALRole(column: "pole_tide_01", names: ["pole_tide_20_ku", "pole_tide_01"], isNeeded: true),
    inverseBarometer, loadTide,
  ]
  private static let bent =
    "Bent's model of the ionosphere, which differs from GIM's maps by some centimetres (2 cm in a real product)"
  static let inverseBarometer = SIRALRole(
    column: "inv_bar_cor_01", names: ["inv_bar_cor_20_ku", "inv_bar_cor_01"], isNeeded: true)
  static let loadTide = SIRALRole(
    column: "load_tide_sol1_01", names: ["load_tide_20_ku", "load_tide_01"], isNeeded: true)

  /// Terms of which a column is the sum or the difference.
  static let oceanTide = SIRALRole(column: "", names: ["ocean_tide_20_ku", "ocean_tide_01"], isNeeded: true)
  static let equilibriumTide = SIRALRole(
    column: "", names: ["ocean_tide_eq_20_ku", "ocean_tide_eq_01"], isNeeded: true)
  static let dynamicAtmosphere = SIRALRole(
    column: "", names: ["hf_fluct_total_cor_20_ku", "hf_fluct_total_cor_01"], isNeeded: true)

  /// What the echoes of level 1B are made of.
  static let windowDelay = SIRALRole(column: "", names: ["window_del_20_ku"], isNeeded: true)
  static let echo = SIRALRole(column: "", names: ["pwr_waveform_20_ku"], isNeeded: true)
  static let echoFactor = SIRALRole(column: "", names: ["echo_scale_factor_20_ku"], isNeeded: true)
  static let echoPower = SIRALRole(column: "", names: ["echo_scale_pwr_20_ku"], isNeeded: true)

  /// ESA's class, as bits of one number.
  static let surfaceClass = SIRALRole(
    column: "", names: ["flag_surf_type_class_20_ku"],
    absence: "no class of ESA's tells leads from sea ice; altimetry.classify does")

  /// Whether a block must not be used.
  static let degraded = SIRALRole(
    column: "", names: ["flag_mcd_20_ku"], absence: "records of degraded blocks cannot be left out")

  /// Peakiness by ESA's own definition, which depends on the mode.
  static let peakiness = SIRALRole(
    column: "peakiness_20_ku", names: ["peakiness_20_ku"],
    absence: "limits of leads, which rest on it, cannot be applied")

  /// The quantities of a kind of product, without corrections.
  static func quantities(of kind: SIRALProduct.Kind) -> [SIRALRole] { kind == .level2I ? shared + level2 : shared }

  /// Quantities of level 2.
  static let level2 = [
    SIRALRole(column: "height_1_20_ku", names: ["height_1_20_ku"], isNeeded: true),
    SIRALRole(column: "range_1_20_ku", names: ["range_1_20_ku"]),
    SIRALRole(
      column: "mean_sea_surf_sea_ice_20_ku", names: ["mean_sea_surf_sea_ice_20_ku", "mean_sea_surf_sea_ice_01"],
      isNeeded: true,
      standIns: [
        "mean_sea_surf_sea_ice_01": "1 Hz values, interpolated, which miss the shape of the surface between them"
      ]),
    SIRALRole(
      column: "sea_ice_concentration_20_ku", names: ["sea_ice_concentration_20_ku", "sea_ice_concentration_01"],
      absence: "open ocean cannot be told from sea ice, and limits of concentration are left out",
      standIns: ["sea_ice_concentration_01": "1 Hz values, interpolated"]),
    peakiness,
    SIRALRole(column: "sig0_1_20_ku", names: ["sig0_1_20_ku"]),
    SIRALRole(column: "ssha_20_ku", names: ["ssha_20_ku"]),
    SIRALRole(column: "ssha_interp_20_ku", names: ["ssha_interp_20_ku"]),
    // Baseline E renamed the freeboard before the correction for the slower wave in snow.
    SIRALRole(column: "freeboard_20_ku", names: ["freeboard_20_ku", "radar_freeboard_20_ku"]),
    SIRALRole(column: "lat_poca_20_ku", names: ["lat_poca_20_ku"]),
    SIRALRole(column: "lon_poca_20_ku", names: ["lon_poca_20_ku"]),
  ]
}
