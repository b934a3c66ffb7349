import FloeCore

/// The metadata items by which a raster file carries what a `RasterSpec` says and GDAL has no field for.
enum RasterMetadataKeys {
  static let classes = "FLOE_CLASSES"
  static let style = "FLOE_STYLE"
  static let tagPrefix = "FLOE_TAG_"
  static let wavelength = "WAVELENGTH"
  static let wavelengthUnit = "WAVELENGTH_UNITS"
  static let quantity = "QUANTITY"
  static let summary = "SUMMARY"

  /// The items of the whole dataset, sorted by key.
  static func items(of spec: RasterSpec, provenance: [String: String]) throws -> [(String, String)] {
    var items = provenance
    for (key, value) in spec.tags { items[tagPrefix + key] = value }
    if let classes = spec.classes { items[Self.classes] = try JSONText.encode(encodable: classes) }
    if let style = spec.style { items[Self.style] = try JSONText.encode(encodable: style) }
    if let a = spec.acquisition {
      let known: [(String, String?)] = [
        ("ACQUISITION_PRODUCT", a.product), ("ACQUISITION_TIME", a.time?.iso8601), ("PLATFORM", a.platform),
        ("INSTRUMENT", a.instrument), ("PROCESSING_LEVEL", a.level), ("PROCESSING_BASELINE", a.baseline),
        ("SUN_ZENITH", a.sunZenith.map { "\($0)" }), ("SUN_AZIMUTH", a.sunAzimuth.map { "\($0)" }),
      ]
      for case (let key, let value?) in known { items[key] = value }
    }
    return items.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The items of one band.
  static func items(of band: BandSpec) -> [(String, String)] {
    var items = [(quantity, band.quantity)]
    if !band.summary.isEmpty { items.append((summary, band.summary)) }
    if let w = band.wavelength { items += [(wavelength, "\(w)"), (wavelengthUnit, "nm")] }
    return items
  }

  /// What an acquisition is known by; nil when no item says anything.
  static func acquisition(_ items: [String: String]) -> Acquisition? {
    let a = Acquisition(
      product: items["ACQUISITION_PRODUCT"], time: items["ACQUISITION_TIME"].flatMap { UTCTime($0) },
      platform: items["PLATFORM"], instrument: items["INSTRUMENT"], level: items["PROCESSING_LEVEL"],
      baseline: items["PROCESSING_BASELINE"], sunZenith: items["SUN_ZENITH"].flatMap(Double.init),
      sunAzimuth: items["SUN_AZIMUTH"].flatMap(Double.init))
    return a == Acquisition() ? nil : a
  }

  /// A floe tag of JSON; a text that some other program has changed is taken as absent.
  static func decoded<T: Decodable>(_ type: T.Type, _ text: String?) -> T? {
    guard let text else { return nil }
    // Safe because the item only repeats what colour table and names say as well; a spoilt one is no reason to refuse a
    // file.
    return try? JSONText.decode(type, from: Array(text.utf8), name: "a tag")
  }

  /// The central wavelength in nanometres from the items of one band; nil where the unit is none of a wavelength.
  ///
  /// The units are those of ENVI's headers, which others have taken over.
  static func wavelength(_ items: [String: String]) -> Double? {
    func positive(_ text: String?) -> Double? {
      guard let text, let value = Double(text), value > 0, value.isFinite else { return nil }
      return value
    }
    if let um = positive(items["CENTRAL_WAVELENGTH_UM"]) { return um * 1000 }
    guard let value = positive(items[wavelength] ?? items["wavelength"]) else { return nil }
    let given = items[wavelengthUnit] ?? items["wavelength_units"] ?? items["WAVELENGTH_UNIT"] ?? ""
    let unit = given.lowercased().filter { !$0.isWhitespace }
    if unit == "nm" || unit.hasPrefix("nano") { return value }
    // The sign for micro stands in two places of Unicode.
    if unit == "um" || unit == "\u{b5}m" || unit == "\u{3bc}m" || unit.hasPrefix("micro") { return value * 1000 }
    switch unit {
    // Files without a unit: optical bands in micrometres are below 100, in nanometres above.
    case "", "unknown": return value < 100 ? value * 1000 : value
    case "mm", "millimeters", "millimetres": return value * 1e6
    case "cm", "centimeters", "centimetres": return value * 1e7
    case "m", "meters", "metres": return value * 1e9
    case "angstrom", "angstroms", "\u{e5}": return value / 10
    case "wavenumber", "cm-1": return 1e7 / value
    case "ghz": return 299_792_458 / value
    case "mhz": return 299_792_458_000 / value
    default: return nil
    }
  }
}
