extension CRS {
  /// Whether coordinates are longitude and latitude, not lengths on a map.
  ///
  /// The first definition in the text decides, so that systems bound to a datum shift, compound ones and geodetic ones
  /// of WKT 2:2015 (`GEODCRS`) are recognised as plain ones are.
  public var isGeographic: Bool {
    switch firstDefinition {
    case "GEOGCRS", "GEOGCS", "GEOGRAPHICCRS": true
    // Earth-centred systems of the same name have three lengths for axes.
    case "GEODCRS", "GEODETICCRS": wkt.contains("CS[ellipsoidal") || !wkt.contains("CS[Cartesian")
    default: false
    }
  }

  /// The length of one unit of the map in metres; nil where coordinates are degrees. A system that names no unit counts
  /// in metres.
  public var metresPerUnit: Double? {
    guard !isGeographic else { return nil }
    let text = Array(wkt.utf8)
    // WKT 2: the unit stands after the axes, for all of them or in each one.
    if let axes = Self.place(of: "CS[Cartesian", in: text, from: 0),
      let unit = Self.place(of: "LENGTHUNIT[", in: text, from: axes) ?? Self.place(of: "UNIT[", in: text, from: axes)
    {
      return Self.factor(text, at: unit) ?? 1
    }
    // WKT 1: the unit of PROJCS is the one after its projection; those before belong to the geographic system.
    guard let projection = Self.place(of: "PROJECTION[", in: text, from: 0),
      let unit = Self.place(of: "UNIT[", in: text, from: projection)
    else { return 1 }
    return Self.factor(text, at: unit) ?? 1
  }

  /// The unit of the coordinates by its symbol.
  public var coordinateUnit: PhysicalUnit {
    guard let metres = metresPerUnit else { return .degree }
    switch metres {
    case 1: return .metre
    case 1000: return "km"
    case 0.3048: return "ft"
    case _ where abs(metres - 1200.0 / 3937) < 1e-12: return "US_survey_foot"
    default: return PhysicalUnit(rawValue: "\(metres) m")
    }
  }

  /// The first keyword of the text that begins the definition of a system of one kind.
  private var firstDefinition: String {
    let kinds: Set<String> = [
      "GEOGCRS", "GEOGCS", "GEOGRAPHICCRS", "GEODCRS", "GEODETICCRS", "PROJCRS", "PROJCS", "PROJECTEDCRS", "GEOCCS",
      "ENGCRS", "ENGINEERINGCRS", "LOCAL_CS", "VERTCRS", "VERT_CS", "DERIVEDPROJCRS",
    ]
    var word = ""
    var isQuoted = false
    for scalar in wkt.unicodeScalars {
      if scalar == "\"" { isQuoted.toggle() }
      if isQuoted { continue }
      if scalar == "[" || scalar == "(" {
        if kinds.contains(word) { return word }
        word = ""
      } else if scalar.properties.isAlphabetic || scalar == "_" {
        word.unicodeScalars.append(contentsOf: String(scalar).uppercased().unicodeScalars)
      } else {
        word = ""
      }
    }
    return ""
  }

  private static func place(of word: StaticString, in text: [UInt8], from start: Int) -> Int? {
    let count = word.utf8CodeUnitCount
    guard text.count >= start + count else { return nil }
    return word.withUTF8Buffer { word in
      (start...text.count - count).first { at in
        word.indices.allSatisfy { text[at + $0] == word[$0] }
          // `UNIT[` is also the end of `ANGLEUNIT[`.
          && (at == 0 || word[0] == UInt8(ascii: "C") || !(65...90).contains(text[at - 1]))
      }.map { $0 + count }
    }
  }

  /// The number after the name of a unit.
  private static func factor(_ text: [UInt8], at start: Int) -> Double? {
    guard let open = text[start...].firstIndex(of: UInt8(ascii: "\"")),
      let close = text[(open + 1)...].firstIndex(of: UInt8(ascii: "\"")),
      let comma = text[close...].firstIndex(of: UInt8(ascii: ","))
    else { return nil }
    let digits = text[(comma + 1)...].prefix { $0 != UInt8(ascii: "]") && $0 != UInt8(ascii: ",") }
    guard let value = Double(String(decoding: digits.filter { $0 != 32 }, as: UTF8.self)), value.isFinite, value > 0
    else { return nil }
    return value
  }
}

extension Grid {
  /// The length of one unit of the map in metres, 1 for a grid without a system; nil where coordinates are degrees.
  public var metresPerUnit: Double? { crs == nil ? 1 : crs?.metresPerUnit }
  /// Width and height of a pixel in metres of the map; nil where coordinates are degrees.
  public var pixelMetres: SIMD2<Double>? { metresPerUnit.map { SIMD2(pixelWidth, pixelHeight) * $0 } }
  /// The area of one pixel in square metres of the map; nil where coordinates are degrees.
  public var pixelSquareMetres: Double? { pixelMetres.map { $0.x * $0.y } }
}
