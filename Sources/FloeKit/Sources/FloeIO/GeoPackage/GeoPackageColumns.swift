import FloeCore

/// The schema extension of GeoPackage 1.4: what columns mean, their units and the words of their codes.
///
/// `name` and `title` are the column's name with its unit in brackets, which OGR and QGIS show as the alias;
/// `description` is what it holds. Codes have an `enum` constraint, which OGR and QGIS take as a value map.
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
          \(TextEscape.sql(column.summary)), NULL, \(constraint.map(TextEscape.sql) ?? "NULL"))
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

  /// The unit in a title that `title` made; nil for another title.
  static func unit(in title: String, of column: String) -> PhysicalUnit? {
    guard title.hasPrefix("\(column) ("), title.hasSuffix(")") else { return nil }
    return PhysicalUnit(rawValue: String(title.dropFirst(column.count + 2).dropLast()))
  }
}
