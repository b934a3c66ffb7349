import FloeSDK

/// What QGIS shows of a table's columns: names with units, words for codes, and what stands beside the pointer.
enum LayerFields {
  /// The elements of a vector layer, in the order in which QGIS writes them.
  static func elements(_ table: Table) -> String {
    let columns = table.columns.filter { if case .array = $0.values { false } else { true } }
    return """
            <fieldConfiguration>
      \(columns.map(configuration).joined(separator: "\n"))
            </fieldConfiguration>
            <aliases>
      \(columns.map { "        <alias index=\"-1\" field=\"\(escaped($0.name))\" name=\"\(escaped(alias($0)))\"/>" }
      .joined(separator: "\n"))
            </aliases>
            <mapTip enabled="1">\(escaped(tip(columns)))</mapTip>
      """
  }

  /// `Peakiness`, `sigma0_db (dB)`.
  private static func alias(_ column: Column) -> String {
    let unit = column.unit.rawValue
    return column.isTime
      ? "\(column.name) (UTC)"
      : column.unit == .dimensionless || unit.isEmpty ? column.name : "\(column.name) (\(unit))"
  }

  private static func configuration(_ column: Column) -> String {
    let open = "        <field name=\"\(escaped(column.name))\" configurationFlags=\"None\">"
    guard let entries = column.classes?.entries, !entries.isEmpty else {
      return "\(open)<editWidget type=\"\"><config><Option/></config></editWidget></field>"
    }
    let map = entries.map {
      "<Option type=\"Map\"><Option name=\"\(escaped($0.label))\" type=\"QString\" value=\"\($0.code)\"/></Option>"
    }
    return """
      \(open)<editWidget type="ValueMap"><config><Option type="Map"><Option name="map" type="List">\(map.joined())\
      </Option></Option></config></editWidget></field>
      """
  }

  /// The columns that say most of a record or region, where a table has them.
  private static let telling: [ColumnName] = [
    .record, .time, .classCode, .cluster, .esaClass, .footprintMajority, .footprintPurity, .peakiness, .backscatter,
    .stackDeviation, .elevation, .freeboard, .className, .area, .length, .meanWidth, ColumnName(rawValue: "width_m"),
    .orientation, .product,
  ]

  /// HTML with QGIS's expressions: each value after its name.
  private static func tip(_ columns: [Column]) -> String {
    let chosen = telling.compactMap { name in columns.first { $0.name == name.rawValue } }
    let shown = (chosen.isEmpty ? Array(columns.prefix(6)) : chosen).map { column -> String in
      // Names stand in double quotes in expressions; a quote in one is doubled.
      let name = column.name.replacing("\"", with: "\"\"")
      let literal = column.name.replacing("'", with: "''")
      let value = column.classes == nil ? "\"\(name)\"" : "represent_value(\"\(name)\", '\(literal)')"
      return "<b>\(escaped(alias(column)))</b> [% coalesce(\(value), '–') %]"
    }
    return shown.joined(separator: "<br>")
  }

  private static func escaped(_ text: String) -> String { TextEscape.xml(text) }
}
