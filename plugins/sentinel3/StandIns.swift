import FloeIO
import FloeSDK

/// What a product has at 1 Hz alone although a column of 20 Hz asks for it, and 1 Hz blocks without any value.
enum StandIns {
  /// Mean sea surfaces, of which either serves for elevations.
  private static let surfaces = ["mean_sea_surf_sol1_20_ku", "mean_sea_surf_sol2_20_ku"]

  /// One sentence for each column of 20 Hz that is interpolated, with what follows from it.
  static func notices(_ names: [String], in source: SRALFile) throws -> [String] {
    var result: [String] = []
    for name in names where name.hasSuffix("_20_ku") {
      guard let v = try slow(name, in: source) else { continue }
      var sentence =
        "'\(source.product.measurement)' has no values of \(name) at 20 Hz: \(v.name) is interpolated under that name"
      if surfaces.contains(name) {
        sentence += ", which misses the surface between its values and changes freeboard by up to 10 cm"
        for other in surfaces where other != name {
          if try source.find(other) != nil, try slow(other, in: source) == nil {
            sentence += "; \(other) is there at 20 Hz: give surface: \(other) to altimetry.elevation"
          }
        }
      }
      result.append(sentence)
    }
    for name in names where name.hasSuffix("_zero_altitude_01") {
      guard let v = try source.find(name), v.name.contains("_meas_altitude_") else { continue }
      result.append(
        """
        '\(source.product.measurement)' has no values of \(name): \(v.name) stands in, another quantity, the delay \
        down to the height of the surface instead of sea level, which differs over land and ice sheets
        """)
    }
    return result
  }

  /// One sentence for each kind of column that holds no value at all although later steps decide or correct by it.
  static func blanks(_ names: [String], in source: SRALFile, _ track: Table, corrections: Bool) -> [String] {
    let file = source.product.measurement
    func isBlank(_ name: String) -> Bool {
      guard names.contains(name), let values = track[name]?.numbers, !values.isEmpty else { return false }
      return values.allSatisfy(\.isNaN)
    }
    var result: [String] = []
    if corrections {
      // The second ocean tide is asked for where the first is missing.
      let empty = SRALRoles.corrections.filter { name in
        isBlank(name) && (name != "ocean_tide_sol2_01" || isBlank("ocean_tide_sol1_01"))
      }
      if !empty.isEmpty {
        result.append(
          "'\(file)' holds no value of \(empty.joined(separator: ", ")): ranges cannot be corrected for it")
      }
    }
    let effects = [
      ("sea_ice_concentration_20_ku", "open ocean cannot be told from sea ice"),
      (SRALVariables.surfaceType, "land and sea cannot be told apart"),
      (SRALVariables.surfaceClass, "no class of ESA's tells leads from sea ice"),
    ]
    for (name, effect) in effects where isBlank(name) {
      result.append("'\(file)' holds no value of \(name): \(effect)")
    }
    return result
  }

  /// The sentence about 1 Hz variables none of which holds a value; nil where one does.
  static func emptiness(_ names: [String], in source: SRALFile, _ track: Table) throws -> String? {
    var empty: [String] = []
    for name in names where !name.hasSuffix("_20_ku") {
      guard case .elsewhere = try source.shape(source.variable(name)), let values = track[name]?.numbers else {
        continue
      }
      guard values.allSatisfy(\.isNaN) else { return nil }
      empty.append(name)
    }
    guard !empty.isEmpty else { return nil }
    return """
      the 1 Hz variables of '\(source.product.measurement)' hold no value for its records \
      (\(empty.joined(separator: ", "))): ranges cannot be corrected
      """
  }

  /// The variable behind a column of 20 Hz where it lies along another dimension than the records.
  private static func slow(_ name: String, in source: SRALFile) throws -> NetCDFVariable? {
    guard let v = try source.find(name), v.name != name, case .elsewhere = try source.shape(v) else { return nil }
    return v
  }
}
