import FloeSDK

/// Columns of lengths, in whatever unit a file gives them.
extension Table {
  /// A column of numbers in metres; one without a unit is in metres.
  ///
  /// - Throws: when it is absent, holds no numbers, or its unit is no length.
  func metres(_ name: String) throws(FloeError) -> [Double] {
    if let found = lengths(name) { return found }
    _ = try metresPerUnit(of: name)
    return try numbers(name)
  }

  /// The same; nil where the column is absent, holds no numbers or is no length.
  func lengths(_ name: String) -> [Double]? {
    guard let column = self[name], let values = column.numbers,
      let factor = LengthUnit.metres(column.unit.rawValue)
    else { return nil }
    // A fill of tables without one stays one.
    return factor == 1 ? values : values.map { MissingValue.isFill($0) ? $0 : $0 * factor }
  }

  /// How many metres one unit of a column is.
  func metresPerUnit(of name: String) throws(FloeError) -> Double {
    guard let unit = self[name]?.unit.rawValue else { return 1 }
    if let factor = LengthUnit.metres(unit) { return factor }
    throw FloeError(
      "column '\(name)' is given in '\(unit)'; a length is needed: m, cm, mm or km, or no unit, which is taken for m")
  }

  /// Refuses columns whose unit is no length; absent ones are reported elsewhere.
  func checkLengths(_ names: [String]) throws(FloeError) {
    for name in names { _ = try metresPerUnit(of: name) }
  }
}

/// Units of length by their symbols and names.
enum LengthUnit {
  private static let symbols: [String: Double] = [
    "": 1, "1": 1, "m": 1, "km": 1000, "dm": 0.1, "cm": 0.01, "mm": 0.001,
  ]
  private static let names: [String: Double] = [
    "metre": 1, "meter": 1, "kilometre": 1000, "kilometer": 1000, "decimetre": 0.1, "decimeter": 0.1,
    "centimetre": 0.01, "centimeter": 0.01, "millimetre": 0.001, "millimeter": 0.001,
  ]

  /// How many metres one of a unit is; nil for what is no length.
  ///
  /// What a height counts from may follow the unit: `m above WGS84`.
  static func metres(_ unit: String) -> Double? {
    let words = unit.split(whereSeparator: \.isWhitespace).map(String.init)
    let references = ["above", "over", "relative"]
    if words.count > 1, !words[1].hasPrefix("("), !references.contains(words[1].lowercased()) { return nil }
    let first = words.first ?? ""
    if let factor = symbols[first] { return factor }
    let name = first.lowercased()
    return names[name] ?? (name.hasSuffix("s") ? names[String(name.dropLast())] : nil)
  }
}
