import FloeIO
import FloeSDK

/// Fills the style files of `styles/` for one raster, so that QGIS draws it without a click.
struct StyleRenderer {
  /// The text of a file of `styles/`.
  let style: (String) throws -> String

  /// The QML of a raster.
  ///
  /// - Parameter limits: the 2nd and 98th percentile of a band by its place, in physical units.
  func qml(for spec: RasterSpec, limits: (Int) throws -> (low: Double, high: Double)) throws -> String {
    switch Self.style(of: spec) {
    case .classes: return try palette("classes.qml", spec.classes)
    case .labels: return try palette("labels.qml", spec.classes)
    case .composite(let red, let green, let blue):
      var fields: [String: String] = [:]
      for (channel, name) in [("red", red), ("green", green), ("blue", blue)] {
        let band = spec.bandIndex(name) ?? 0
        let (low, high) = try limits(band)
        fields[channel + "Band"] = String(band + 1)
        fields[channel + "Low"] = String(low)
        fields[channel + "High"] = String(high)
      }
      return fill(try style("composite.qml"), fields)
    case .ramp(let name, let low, let high):
      let band = spec.bandIndex(name) ?? 0
      let natural = low == nil || high == nil ? try limits(band) : (low: 0, high: 1)
      return try ramp(band: band + 1, low: low ?? natural.low, high: high ?? natural.high)
    }
  }

  /// The QML of a table's layer and its name in a GeoPackage: the style that the table asks for, polygons in colours of
  /// their classes, else one plain symbol; with the names, units and words of its columns.
  func qml(for table: Table) throws -> (name: String, qml: String) {
    let drawn: (name: String, qml: String)
    if let own = table.style {
      drawn = (own, try style(own + ".qml"))
    } else if let classes = try qml(forPolygons: table) {
      drawn = ("classes", classes)
    } else {
      switch table.geometry {
      case .points?: drawn = ("points", try style("points.qml"))
      case .polygons?, .multiPolygons?: drawn = ("outlines", try style("outlines.qml"))
      case nil: drawn = ("columns", try style("columns.qml"))
      }
    }
    return (drawn.name, try LayerFields.added(to: drawn.qml, of: table))
  }

  /// The QML of polygons in the colours of their classes; nil for tables without polygons or without a column of codes.
  private func qml(forPolygons table: Table) throws -> String? {
    switch table.geometry {
    case .polygons?, .multiPolygons?: break
    case .points?, nil: return nil
    }
    let coded =
      table.columns.first { $0.name == ColumnName.classCode.rawValue && $0.classes != nil }
      ?? table.columns.first { $0.classes != nil }
    guard let coded, let known = coded.classes?.entries, !known.isEmpty else { return nil }
    // The legend lists what is there: of leads alone no open ocean.
    let used = Self.codes(coded)
    let there = known.filter { used.contains($0.code) }
    let entries = there.isEmpty ? known : there
    let categories = entries.enumerated().map { i, entry in
      """
            <category render="true" symbol="\(i)" value="\(entry.code)" type="long" label="\
      \(Self.escaped(entry.label))"/>
      """
    }
    let symbols = entries.enumerated().map { i, entry in
      let color = "\(entry.color.red),\(entry.color.green),\(entry.color.blue)"
      return """
              <symbol name="\(i)" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">
                <layer class="SimpleFill" enabled="1" locked="0" pass="0"><Option type="Map">\
        <Option name="color" type="QString" value="\(color),150"/>\
        <Option name="style" type="QString" value="solid"/>\
        <Option name="outline_color" type="QString" value="25,30,36,255"/>\
        <Option name="outline_style" type="QString" value="solid"/>\
        <Option name="outline_width" type="QString" value="0.2"/>\
        <Option name="outline_width_unit" type="QString" value="MM"/></Option></layer>
              </symbol>
        """
    }
    return fill(
      try style("regions.qml"),
      [
        "attribute": Self.escaped(coded.name), "categories": categories.joined(separator: "\n"),
        "symbols": symbols.joined(separator: "\n"),
      ])
  }

  /// The codes that occur in a column.
  private static func codes(_ column: Column) -> Set<Int> {
    guard case .code(let values, let missing) = column.values else { return [] }
    var found: Set<Int16> = []
    for value in values where value != missing { found.insert(value) }
    return Set(found.map { Int($0) })
  }

  /// The style that a raster asks for; where that shows bands which the raster does not have (any more), the one that
  /// it would have by itself, which is reported.
  private static func style(of spec: RasterSpec) -> RasterStyle {
    let shown: [String]
    switch spec.style {
    case .composite(let red, let green, let blue): shown = [red, green, blue]
    case .ramp(let name, _, _): shown = [name]
    case .classes, .labels, nil: shown = []
    }
    guard let absent = shown.first(where: { spec.bandIndex($0) == nil }) else { return spec.style ?? natural(spec) }
    LibraryNotices.add(
      """
      the style shows band '\(absent)', but the raster has \(spec.bands.map(\.name).joined(separator: ", ")): it is \
      drawn 
      """
        + "as a raster without a style is")
    return natural(spec)
  }

  /// The style of a raster that asks for none: classes where it has codes, colour from three bands, else a ramp.
  private static func natural(_ spec: RasterSpec) -> RasterStyle {
    if spec.classes != nil { return .classes }
    if spec.bands.count >= 3 {
      return .composite(red: spec.bands[2].name, green: spec.bands[1].name, blue: spec.bands[0].name)
    }
    return .ramp(band: spec.bands[0].name, low: nil, high: nil)
  }

  private func palette(_ file: String, _ classes: ClassTable?) throws -> String {
    let entries = (classes?.entries ?? []).map {
      """
              <paletteEntry value=\"\($0.code)\" color=\"#\($0.color.hex)\" alpha=\"255\" label=\"\
      \(Self.escaped($0.label))\"/>
      """
    }
    return fill(try style(file), ["entries": entries.joined(separator: "\n")])
  }

  /// Five stops of "cividis" (Nuñez, Anderton, Renslow 2018, PLOS ONE 13(7)), which reads alike for colour-blind eyes.
  private static let stops = ["00224e", "434e6c", "7d7c78", "bcae6c", "fee838"]

  private func ramp(band: Int, low: Double, high: Double) throws -> String {
    let entries = Self.stops.enumerated().map { i, color in
      let value = low + (high - low) * Double(i) / Double(Self.stops.count - 1)
      return
        """
                  <item value=\"\(value)\" color=\"#\(color)\" alpha=\"255\" label=\"\
        \((value * 1000).rounded() / 1000)\"/>
        """
    }
    return fill(
      try style("ramp.qml"),
      ["band": String(band), "low": String(low), "high": String(high), "entries": entries.joined(separator: "\n")])
  }

  private func fill(_ template: String, _ fields: [String: String]) -> String {
    fields.reduce(template) { $0.replacing("{{\($1.key)}}", with: $1.value) }
  }

  static func escaped(_ text: String) -> String { TextEscape.xml(text) }
}
