import FloeCore

/// The coordinates along one dimension of a netCDF variable, and whether an even grid lies there.
struct NetCDFAxis {
  /// Columns lie along x, rows along y.
  enum Role: Sendable { case x, y }

  private let variable: NetCDFVariable
  private let role: Role
  /// Longitudes follow each other without the leap at the 180° meridian.
  private let values: [Double]
  /// The mean distance, with its sign.
  private let step: Double
  /// How far a pixel may lie from its place.
  private let tolerance: Double

  /// - Parameter values: in physical units, one for each pixel.
  init(_ variable: NetCDFVariable, role: Role, values given: [Double]) {
    self.variable = variable
    self.role = role
    var values = given
    if role == .x, Self.isAngle(variable) {
      for i in values.indices.dropFirst() where values[i].isFinite && values[i - 1].isFinite {
        values[i] -= 360 * ((values[i] - values[i - 1]) / 360).rounded()
      }
    }
    self.values = values
    let first = values.first ?? 0
    step = values.count > 1 ? ((values.last ?? first) - first) / Double(values.count - 1) : 0
    // A hundredth of a pixel, what the type of the numbers cannot hold, and what was rounded off in decimals.
    let largest = given.reduce(0) { max($0, abs($1)) }
    let isSingle = variable.type == .float32 || given.allSatisfy { Double(Float($0)) == $0 }
    let precision = isSingle ? 0x1p-22 : 0x1p-51
    let digits = Self.decimal(given, precision: precision) ?? 0
    tolerance = min(abs(step) / 4, abs(step) / 100 + precision * largest + digits)
  }

  /// The decimal that all numbers are whole multiples of, down to a millionth.
  private static func decimal(_ values: [Double], precision: Double) -> Double? {
    var unit = 1.0
    for _ in 0...6 {
      let isMultiple = values.allSatisfy { value in
        let n = value / unit
        return abs(n - n.rounded()) <= precision * abs(n) + 1e-9
      }
      if isMultiple { return unit }
      unit /= 10
    }
    return nil
  }

  /// Where coordinates lie furthest from an even grid.
  struct Unevenness {
    let index: Int
    let expected: Double
  }

  /// The place furthest from an even grid between the first and the last; nil where all lie on it.
  var unevenness: Unevenness? {
    guard let first = values.first, values.count > 1 else { return nil }
    var worst: (index: Int, distance: Double) = (0, 0)
    for i in values.indices {
      let distance = abs(values[i] - (first + step * Double(i)))
      // A coordinate is missing.
      if !distance.isFinite { return Unevenness(index: i, expected: first + step * Double(i)) }
      if distance > tolerance, distance > worst.distance { worst = (i, distance) }
    }
    if step == 0 { return Unevenness(index: values.count - 1, expected: first) }
    return worst.distance > 0 ? Unevenness(index: worst.index, expected: first + step * Double(worst.index)) : nil
  }

  /// In what the places differ that GDAL gives to the first and the last pixel, as a sentence goes on; nil where they
  /// are the axis' own.
  ///
  /// - Parameters:
  ///   - origin: the edge of GDAL's grid in the west or the north.
  ///   - step: GDAL's distance of pixels, negative along y.
  func misplacement(origin: Double, step: Double) -> String? {
    guard values.count > 1, let first = values.first, let last = values.last else { return nil }
    // GDAL turns rows that begin in the south.
    let own = role == .y && last > first ? (last, first) : (first, last)
    let gdals = (origin + step / 2, origin + step * (Double(values.count) - 0.5))
    for (a, b) in [(own.0, gdals.0), (own.1, gdals.1)] {
      var distance = a - b
      if Self.isAngle(variable), role == .x { distance -= 360 * (distance / 360).rounded() }
      guard abs(distance) > tolerance + abs(step) / 20 else { continue }
      return
        "has its pixels from \(own.0) to \(own.1), but GDAL places them from \(gdals.0) to \(gdals.1), by attributes "
        + "such as GeoTransform, actual_range or scale_factor; remove or mend those that are wrong"
    }
    return nil
  }

  /// What a variable's coordinates go along; nil where nothing says.
  static func role(of axis: NetCDFVariable) -> Role? {
    func word(_ name: String) -> String { (axis.attributes[name]?.text ?? "").lowercased() }
    switch word("standard_name") {
    case "longitude", "grid_longitude", "projection_x_coordinate", "projection_x_angular_coordinate": return .x
    case "latitude", "grid_latitude", "projection_y_coordinate", "projection_y_angular_coordinate": return .y
    default: break
    }
    switch word("axis") {
    case "x": return .x
    case "y": return .y
    case "z", "t": return nil
    default: break
    }
    let unit = word("units")
    for plural in ["degree", "degrees"] {
      if ["_east", "_e", "e"].contains(where: { unit == plural + $0 }) { return .x }
      if ["_north", "_n", "n"].contains(where: { unit == plural + $0 }) { return .y }
    }
    return role(named: axis.name.split(separator: "/").last.map(String.init) ?? axis.name)
  }

  /// What a dimension of that name goes along by custom.
  static func role(named name: String) -> Role? {
    switch name.lowercased() {
    case "x", "xc", "lon", "longitude", "rlon", "easting": .x
    case "y", "yc", "lat", "latitude", "rlat", "northing": .y
    default: nil
    }
  }

  /// Whether coordinates say that they are places, not only by their name.
  static func isDeclared(_ axis: NetCDFVariable) -> Bool {
    isAngle(axis) || axis.attributes["standard_name"] != nil && role(of: axis) != nil
  }

  /// Whether coordinates are longitudes or latitudes.
  static func isAngle(_ axis: NetCDFVariable) -> Bool {
    if let unit = axis.unit, isDegree(unit) { return true }
    return ["longitude", "latitude"].contains(axis.attributes["standard_name"]?.text?.lowercased() ?? "")
  }

  /// Whether a unit is one of degrees.
  static func isDegree(_ unit: String) -> Bool { unit.lowercased().hasPrefix("deg") || unit.hasPrefix("°") }

  /// The metres of a unit of length as UDUNITS writes it, with a factor before it (`100 km`) or without; nil for other
  /// texts.
  static func metres(_ text: String) -> Double? {
    let parts = text.split { $0 == " " || $0 == "*" }.map(String.init)
    guard let name = parts.last, parts.count < 3 else { return nil }
    var factor = 1.0
    if parts.count == 2 {
      guard let number = Double(parts[0]), number.isFinite, number > 0 else { return nil }
      factor = number
    }
    // Signs are told apart by capitals, words are not.
    let signs = ["m": 1.0, "km": 1000, "Km": 1000, "KM": 1000, "cm": 0.01, "mm": 0.001, "Mm": 1e6, "ft": 0.3048]
    let words: [String: Double] = [
      "metre": 1, "meter": 1, "kilometre": 1000, "kilometer": 1000, "centimetre": 0.01, "centimeter": 0.01,
      "foot": 0.3048, "feet": 0.3048, "us_survey_foot": 1200.0 / 3937, "us_survey_feet": 1200.0 / 3937,
      "us-ft": 1200.0 / 3937, "nautical_mile": 1852, "nmi": 1852,
    ]
    let lower = name.lowercased()
    let single = lower.hasSuffix("s") ? String(lower.dropLast()) : lower
    return (signs[name] ?? words[lower] ?? words[single]).map { factor * $0 }
  }

  /// What is uneven, for a sentence that goes on with what to do.
  func told(_ odd: Unevenness, _ path: String) -> String {
    "the axis '\(variable.name)' of '\(path)' is not even: \(values[odd.index]) stands at place \(odd.index) (from 0), "
      + "where an even grid from \(values.first ?? 0) to \(values.last ?? 0) has \(odd.expected)"
  }
}
