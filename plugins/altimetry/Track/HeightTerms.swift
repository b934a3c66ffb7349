import FloeSDK

/// The terms that lie between a range and an elevation, each under the names that tracks have it under.
enum HeightTerms {
  /// An effect with the sets of columns that correct it, the preferred first; each set corrects it once.
  struct Correction: Sendable {
    let effect: String
    let alternatives: [[String]]
  }

  /// All effects over sea ice. The order of tides is that of ESA's own sea-ice chain, which takes FES (solution 2):
  /// with it, the mean sea surface of solution 1 and these corrections the product's `sea_ice_ssha_20_ku` comes out to
  /// 2 mm.
  static let corrections = [
    Correction(
      effect: "dry troposphere",
      alternatives: [
        ["mod_dry_tropo_cor_zero_altitude_01"], ["mod_dry_tropo_cor_meas_altitude_01"], ["mod_dry_tropo_cor_01"],
      ]),
    Correction(
      effect: "wet troposphere",
      alternatives: [
        ["mod_wet_tropo_cor_zero_altitude_01"], ["mod_wet_tropo_cor_meas_altitude_01"], ["mod_wet_tropo_cor_01"],
      ]),
    Correction(
      effect: "ionosphere", alternatives: [["iono_cor_gim_01_ku"], ["iono_cor_gim_01"], ["iono_cor_01"]]),
    Correction(
      effect: "ocean tide",
      alternatives: [
        ["ocean_tide_sol2_01"], ["ocean_tide_sol1_01"], ["ocean_tide_01", "ocean_tide_eq_01", "load_tide_01"],
      ]),
    Correction(effect: "solid earth tide", alternatives: [["solid_earth_tide_01"]]),
    Correction(effect: "pole tide", alternatives: [["pole_tide_01"]]),
    Correction(
      effect: "atmospheric pressure and wind",
      alternatives: [["inv_bar_cor_01", "hf_fluct_cor_01"], ["hf_fluct_total_cor_01"], ["inv_bar_cor_01"]]),
  ]

  /// Ranges without corrections of path and tides: the retracker's, then the products' own.
  static let ranges = ["range_tfmra_m", "range_sea_ice_20_ku", "range_1_20_ku"]
  /// Heights above the ellipsoid with all corrections in them.
  static let heights = ["height_1_20_ku"]
  /// Mean sea surfaces above the ellipsoid.
  static let surfaces = [
    "mean_sea_surf_sol1_20_ku", "mean_sea_surf_sol2_20_ku", "mean_sea_surf_sea_ice_20_ku", "mean_sea_surface_m",
  ]

  /// What each column corrects; an effect that a list holds twice counts twice.
  private static let effects: [String: [String]] = [
    "mod_dry_tropo_cor_zero_altitude": ["dry troposphere"], "mod_dry_tropo_cor_meas_altitude": ["dry troposphere"],
    "mod_dry_tropo_cor": ["dry troposphere"],
    "mod_wet_tropo_cor_zero_altitude": ["wet troposphere"], "mod_wet_tropo_cor_meas_altitude": ["wet troposphere"],
    "mod_wet_tropo_cor": ["wet troposphere"], "rad_wet_tropo_cor": ["wet troposphere"],
    "comp_wet_tropo_cor": ["wet troposphere"], "gpd_wet_tropo_cor": ["wet troposphere"],
    "iono_cor_gim": ["ionosphere"], "iono_cor": ["ionosphere"], "iono_cor_alt": ["ionosphere"],
    "iono_cor_alt_filtered": ["ionosphere"],
    "ocean_tide_sol1": ["ocean tide", "equilibrium tide", "load tide"],
    "ocean_tide_sol2": ["ocean tide", "equilibrium tide", "load tide"],
    "ocean_tide": ["ocean tide"], "ocean_tide_eq": ["equilibrium tide"],
    "load_tide": ["load tide"], "load_tide_sol1": ["load tide"], "load_tide_sol2": ["load tide"],
    "solid_earth_tide": ["solid earth tide"], "pole_tide": ["pole tide"],
    "inv_bar_cor": ["inverse barometer"], "hf_fluct_cor": ["high-frequency fluctuations"],
    "hf_fluct_total_cor": ["inverse barometer", "high-frequency fluctuations"],
  ]

  /// The column of a term, at 1 or at 20 Hz; one without any value does not count.
  static func find(_ name: String, in track: Table) -> String? {
    forms(name).first { name in
      guard let values = track[name]?.numbers else { return false }
      return values.isEmpty || values.contains { !$0.isNaN }
    }
  }

  /// The end of a sentence about a correction of which the track has a part: what is there, and what is not.
  private static func halves(of correction: Correction, in track: Table) -> String {
    for names in correction.alternatives {
      let there = names.filter { find($0, in: track) != nil }
      guard !there.isEmpty, there.count < names.count else { continue }
      let absent = names.filter { !there.contains($0) }
      return "; it has \(there.joined(separator: ", ")) without \(absent.joined(separator: ", "))"
    }
    return ""
  }

  /// The end of a sentence about terms that were not found: which of them are there without any value.
  static func emptiness(of names: [String], in track: Table) -> String {
    let empty = Set(names.flatMap(forms)).sorted().filter { name in
      guard let values = track[name]?.numbers else { return false }
      return !values.isEmpty && values.allSatisfy(\.isNaN)
    }
    guard !empty.isEmpty else { return "" }
    return "; \(empty.joined(separator: ", ")) \(empty.count == 1 ? "holds" : "hold") no value"
  }

  /// The names that a term may have, by its rate.
  private static func forms(_ name: String) -> [String] {
    let stem = stem(name)
    return [name, "\(stem)_20_ku", "\(stem)_20", "\(stem)_01_ku", "\(stem)_01"]
  }

  /// The columns that correct every effect once.
  static func chosen(in track: Table) throws(FloeError) -> [String] {
    var result: [String] = []
    for correction in corrections {
      let sets = correction.alternatives.lazy.map { names in names.compactMap { find($0, in: track) } }
      guard let found = zip(sets, correction.alternatives).first(where: { $0.count == $1.count })?.0 else {
        let looked = correction.alternatives.map { $0.joined(separator: " with ") }.joined(separator: ", or ")
        let why =
          halves(of: correction, in: track) + emptiness(of: Array(correction.alternatives.joined()), in: track)
        throw FloeError(
          """
          the track has no correction of the \(correction.effect): looked for \(looked) (also at 20 Hz)\(why); read \
          one, or name the columns in 'corrections'
          """)
      }
      result += found
    }
    return result
  }

  /// Refuses a list that counts an effect twice.
  static func checkOnce(_ names: [String]) throws(ParameterError) {
    var seen: [String: String] = [:]
    for name in names {
      for effect in effects[stem(name)] ?? [name] {
        if let other = seen[effect] {
          throw ParameterError(
            "corrections",
            other == name
              ? "names '\(name)' twice" : "counts the \(effect) twice: it is in '\(other)' and in '\(name)'")
        }
        seen[effect] = name
      }
    }
  }

  private static func stem(_ name: String) -> String {
    for ending in ["_01_ku", "_20_ku", "_01", "_20"] where name.hasSuffix(ending) {
      return String(name.dropLast(ending.count))
    }
    return name
  }
}
