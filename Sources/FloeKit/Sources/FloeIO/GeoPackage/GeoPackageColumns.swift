import FloeCore

/// The schema extension of GeoPackage 1.4: what columns mean, their units and the words of their codes.
///
/// `name` and `title` are the column's name with its unit in brackets, which OGR and QGIS show as the alias;
/// `description` is what it holds, with the definition that its numbers follow, since limits belong to one of several:
/// `Pulse peakiness, definition 'max-mean', radar mode 'sar'`. Codes have an `enum` constraint, which OGR and
/// QGIS take as a value map.
enum GeoPackageColumns {
  /// Where GeoPackage 1.4 defines the extension.
  private static let definition = "http://www.geopackage.org/spec140/#extension_schema"

  /// The statements that make and fill the extension's tables (annex F.9 of the standard).
  static func statements(_ layers: [(name: String, table: Table)]) -> [String] {
    var found = [
      """
      CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, \
      description TEXT, mime_type TEXT, constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), \
      CONSTRAINT gdc_tn UNIQUE (table_name, name))
      """,
      """
      CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, \
      value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT, \
      CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))
      """,
      """
      CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, \
      definition TEXT NOT NULL, scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))
      """,
    ]
    for table in ["gpkg_data_columns", "gpkg_data_column_constraints"] {
      found.append(
        "INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope) VALUES "
          + "('\(table)', NULL, 'gpkg_schema', '\(definition)', 'read-write')")
    }
    for (number, layer) in layers.enumerated() {
      let mode =
        layer.table.tags["radar_mode"] ?? layer.table.columns.lazy.compactMap { $0.waveform?.mode }.first?.rawValue
      var taken: Set<String> = []
      for column in LayerColumns.of(layer.table) {
        let entries = column.classes?.entries ?? []
        let constraint = entries.isEmpty ? nil : "codes_\(number + 1)_\(column.name.lowercased())"
        let title = Self.title(column)
        let name = taken.insert(title).inserted ? TextEscape.sql(title) : "NULL"
        found.append(
          """
          INSERT INTO gpkg_data_columns (table_name, column_name, name, title, description, mime_type, \
          constraint_name) VALUES (\(TextEscape.sql(layer.name)), \(TextEscape.sql(column.name)), \(name), \
          \(TextEscape.sql(title)), \
          \(TextEscape.sql(Self.description(column, mode: mode))), NULL, \(constraint.map(TextEscape.sql) ?? "NULL"))
          """)
        guard let constraint else { continue }
        for entry in entries {
          found.append(
            """
            INSERT INTO gpkg_data_column_constraints (constraint_name, constraint_type, value, description) VALUES \
            (\(TextEscape.sql(constraint)), 'enum', '\(entry.code)', \(TextEscape.sql(entry.label)))
            """)
        }
      }
    }
    return found
  }

  /// `peakiness`, `sigma0_db (dB)`. Times are dates and have no unit.
  static func title(_ column: Column) -> String {
    let unit = column.unit.rawValue
    return column.isTime || column.unit == .dimensionless || unit.isEmpty ? column.name : "\(column.name) (\(unit))"
  }

  /// The summary, and after it the definition that the column's attribute states, with the mode of the radar.
  static func description(_ column: Column, mode: String?) -> String {
    guard let definition = column.definition, isWord(definition) else { return column.summary }
    let told = "definition '\(definition)'"
    var text = column.summary
    if text.isEmpty { text = told } else if !text.hasSuffix(", \(told)") { text += ", \(told)" }
    if let mode, isWord(mode) { text += ", radar mode '\(mode)'" }
    return text
  }

  /// What `description` made a description of; another description is a summary alone.
  static func parts(of description: String) -> (summary: String, definition: String?, mode: String?) {
    var summary = description
    var mode: String?
    if let found = quoted("radar mode", at: description) {
      mode = found
      summary = String(description.dropLast(", radar mode '\(found)'".count))
    }
    guard let definition = quoted("definition", at: summary) else { return (description, nil, nil) }
    return (summary, definition, mode)
  }

  /// The word in quotes after a label at the end of a text; nil where the text does not end so.
  private static func quoted(_ label: String, at text: String) -> String? {
    let parts = text.split(separator: "'", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 3, parts[parts.count - 1].isEmpty, isWord(parts[parts.count - 2]) else { return nil }
    let start = parts[parts.count - 3]
    let isWhole = parts.count == 3 && start == "\(label) "
    return isWhole || start.hasSuffix(", \(label) ") ? parts[parts.count - 2] : nil
  }

  /// Whether a text is one that floe names definitions with, of letters, digits, `-` and `_`.
  static func isWord(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 60
      && text.unicodeScalars.allSatisfy { scalar in
        scalar.isASCII && (scalar.properties.isAlphabetic || (48...57).contains(scalar.value)) || scalar == "-"
          || scalar == "_"
      }
  }

  /// The unit in a title that `title` made; nil for another title.
  static func unit(in title: String, of column: String) -> PhysicalUnit? {
    guard title.hasPrefix("\(column) ("), title.hasSuffix(")") else { return nil }
    return PhysicalUnit(rawValue: String(title.dropFirst(column.count + 2).dropLast()))
  }
}
