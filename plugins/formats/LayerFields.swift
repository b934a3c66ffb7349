import FloeSDK

/// What QGIS shows of a table's columns: names with units, words for codes, and what stands beside the pointer.
enum LayerFields {
  /// A style with the elements of a table's columns after what it draws, in the order in which QGIS writes them.
  ///
  /// - Throws: when the style is no QML whose only category is `Symbology`.
  static func added(to qml: String, of table: Table) throws -> String {
    guard let head = qml.firstRange(of: "styleCategories=\"Symbology\""), let end = qml.ranges(of: "</qgis>").last,
      head.upperBound <= end.lowerBound
    else {
      throw FloeError(
        "the style of a table with the columns \(table.columns.map(\.name).joined(separator: ", ")) is no QML with "
          + "styleCategories=\"Symbology\"; the files of floe's folder 'styles' are")
    }
    // QGIS takes from a style only the categories that it names.
    let drawn = qml[head.upperBound..<end.lowerBound]
    return """
      \(qml[..<head.lowerBound])styleCategories="Symbology|Fields|Forms|MapTips"\(drawn)\(elements(table))
      \(qml[end.lowerBound...])
      """
  }

  private static func elements(_ table: Table) -> String {
    let columns = table.columns.filter { if case .array = $0.values { false } else { true } }
    let aliases = Self.aliases(of: columns)
    let named = zip(columns, aliases).map { column, alias in
      "    <alias index=\"-1\" field=\"\(escaped(column.name))\" name=\"\(escaped(alias))\"/>"
    }
    return """
        <fieldConfiguration>
      \(columns.map(configuration).joined(separator: "\n"))
        </fieldConfiguration>
        <aliases>
      \(named.joined(separator: "\n"))
        </aliases>
        <mapTip enabled="1">\(escaped(tip(columns, aliases)))</mapTip>
        <previewExpression>\(escaped(title(columns)))</previewExpression>
      """
  }

  /// `Width of a pixel (m)`: what each column's description begins with, or its name where that is long.
  ///
  /// In lists of fields QGIS shows the alias alone. Columns that would share one, however it is capitalised, therefore
  /// have their names behind it: `ESA's surface class, esa_class`. No two columns of a layer get the same.
  private static func aliases(of columns: [Column]) -> [String] {
    let labels = columns.map(label)
    let counts = Dictionary(zip(columns, labels).map { (alias($1, $0).lowercased(), 1) }, uniquingKeysWith: +)
    let told = zip(columns, labels).map { column, label in
      let short = alias(label, column)
      return counts[short.lowercased()] == 1 || label == column.name ? short : alias("\(label), \(column.name)", column)
    }
    var taken: Set<String> = []
    return told.map { alias in
      var unique = alias
      var number = 2
      while !taken.insert(unique.lowercased()).inserted {
        unique = "\(alias) \(number)"
        number += 1
      }
      return unique
    }
  }

  private static func label(_ column: Column) -> String {
    let clause = column.summary.prefix { !",;:.(".contains($0) }
    let words = clause.split(separator: " ").joined(separator: " ")
    return words.isEmpty || words.count > 48 ? column.name : words
  }

  /// The label with the column's unit behind it.
  private static func alias(_ label: String, _ column: Column) -> String {
    let unit = column.unit.rawValue
    if column.isTime { return "\(label) (UTC)" }
    return column.unit == .dimensionless || unit.isEmpty ? label : "\(label) (\(unit))"
  }

  /// What a record or region is called in lists: its number or name, since `fid` says nothing.
  private static func title(_ columns: [Column]) -> String {
    let naming = ["lead", "record", "name", "product", "scene", "time", "class_code", "fp_majority"]
    let chosen = naming.compactMap { name in columns.first { $0.name == name } }.first ?? columns.first
    guard let chosen else { return "" }
    let value = self.value(chosen)
    return chosen.name == "lead" || chosen.name == "record" ? "'\(chosen.name) ' || \(value)" : value
  }

  /// A column in QGIS's expressions, codes by their words.
  private static func value(_ column: Column) -> String {
    // Names stand in double quotes in expressions, texts in single ones; a quote in one is doubled, as in SQL.
    let name = TextEscape.sqlName(column.name)
    return column.classes == nil ? name : "represent_value(\(name), \(TextEscape.sql(column.name)))"
  }

  private static func configuration(_ column: Column) -> String {
    let open = "    <field name=\"\(escaped(column.name))\" configurationFlags=\"None\">"
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
  ///
  /// QGIS runs whatever stands between `[%` and `%]`. Per cent signs of names are therefore written as HTML's entity,
  /// and columns in whose names such a mark stands, which an expression would have to hold, are left out.
  private static func tip(_ columns: [Column], _ aliases: [String]) -> String {
    let named = Array(zip(columns, aliases))
    let chosen = telling.compactMap { name in named.first { $0.0.name == name.rawValue } }
    let safe = (chosen.isEmpty ? Array(named.prefix(6)) : chosen).filter { column, _ in
      !column.name.contains("[%") && !column.name.contains("%]")
    }
    let shown = safe.map { column, alias in
      let name = escaped(alias).replacing("%", with: "&#37;")
      return "<b>\(name)</b> [% coalesce(\(value(column)), '–') %]"
    }
    return shown.joined(separator: "<br>")
  }

  private static func escaped(_ text: String) -> String { TextEscape.xml(text) }
}
