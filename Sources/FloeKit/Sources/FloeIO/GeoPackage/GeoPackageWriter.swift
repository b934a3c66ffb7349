internal import CGDAL
import FloeCore
import Glibc

/// Writes GeoPackages with styles and provenance inside.
public enum GeoPackageWriter {
  /// One layer: a table under a name, with the QGIS style that it opens with.
  public typealias Layer = (name: String, table: Table, styleName: String?, qml: String?)

  /// Writes a new file of GeoPackage 1.4; the same tables give the same bytes.
  ///
  /// Time columns become dates and times in UTC, code columns integers, missing values NULL; array columns are left
  /// out. Where rows are marked as left out, a text column `dropped_because` says why and is NULL in the others.
  ///
  /// - Parameters:
  ///   - layers: in the order in which they are to appear.
  ///   - descriptions: of layers by name; QGIS shows them as the layer's abstract, OGR as its metadata item
  ///     DESCRIPTION.
  ///   - metadataJSON: the provenance in floe's own words; goes to `gpkg_metadata` as `application/json`.
  ///   - provJSON: the same as PROV-JSON, in a row of its own.
  public static func write(
    path: String, layers: [Layer], descriptions: [String: String] = [:], metadataJSON: String? = nil,
    provJSON: String? = nil
  ) throws {
    // SQLite knows no file systems of GDAL's.
    let isVirtual = path.hasPrefix("/vsi")
    let local = isVirtual ? try temporaryFile() : path
    defer { if isVirtual { VirtualFile.remove(local) } }
    let metadata = [(MetadataStandard.own, metadataJSON), (MetadataStandard.prov, provJSON)].compactMap { uri, json in
      json.map { (uri: uri, json: $0) }
    }
    for layer in layers { tellInfinite(layer.table, in: layer.name) }
    try create(local, layers, descriptions, metadata)
    do {
      // Closed after the braces, before the file is read.
      let file = try SQLiteDatabase(path: local)
      let rows = GeoPackageRows(file: file)
      try file.run("BEGIN")
      for layer in layers { try rows.fill(layer.name, with: layer.table) }
      try file.run(
        "UPDATE gpkg_extensions SET definition = 'http://www.geopackage.org/spec140/#extension_rtree' "
          + "WHERE extension_name = 'gpkg_rtree_index'")
      try file.run("PRAGMA user_version = \(GeoPackageTriggers.version)")
      try file.run("COMMIT")
    }
    if isVirtual { try VirtualFile.write(VirtualFile.read(local), to: path) }
  }

  /// Says of which columns infinite numbers become NULL.
  private static func tellInfinite(_ table: Table, in layer: String) {
    for column in table.columns {
      guard case .number(let values) = column.values else { continue }
      let count = values.count(where: { $0.isInfinite })
      guard count > 0 else { continue }
      LibraryNotices.add(
        "the column '\(column.name)' of layer '\(layer)' is infinite in \(count) \(count == 1 ? "row" : "rows"), which "
          + "a GeoPackage cannot hold; they are NULL there, as missing values are")
    }
  }

  /// Why a table cannot be a layer; nil when it can. SQLite takes upper and lower case in names of columns for the
  /// same.
  public static func refusal(of table: Table) -> String? {
    var seen: [String: String] = [:]
    for name in LayerColumns.names(of: table) {
      if table.geometry != nil, name.lowercased() == GeoPackageSchema.geometryColumn {
        return
          """
          its column '\(name)' has the name under which a GeoPackage holds the geometry, '\
          \(GeoPackageSchema.geometryColumn)'; give \
          it another name
          """
      }
      if let other = seen.updateValue(name, forKey: name.lowercased()) {
        return
          """
          its columns '\(other)' and '\(name)' differ in upper and lower case alone, which a GeoPackage does not \
          tell apart; give one another name
          """
      }
    }
    return nil
  }

  private static func temporaryFile() throws -> String {
    let path = try TemporaryFiles.make("layers.gpkg")
    // OGR makes no GeoPackage where a file lies.
    VirtualFile.remove(path)
    return path
  }

  /// The file with its empty layers, styles and provenance, made by OGR.
  private static func create(
    _ path: String, _ layers: [Layer], _ descriptions: [String: String],
    _ metadata: [(uri: String, json: String)]
  ) throws {
    try GDALMessages.collect { messages in
      // The one time that the file carries is the data's own, never the clock's.
      let date = layers.compactMap { $0.table.acquisition?.time }.first ?? UTCTime(seconds: 0)
      CPLSetThreadLocalConfigOption("OGR_CURRENT_DATE", date.iso8601)
      defer { CPLSetThreadLocalConfigOption("OGR_CURRENT_DATE", nil) }
      guard let driver = GDALGetDriverByName("GPKG") else { throw FloeError("this GDAL has no driver GPKG") }
      let handle = withStringList(["VERSION=1.2", "ADD_GPKG_OGR_CONTENTS=YES"]) {
        GDALCreate(driver, path, 0, 0, 0, GDT_Unknown, $0)
      }
      guard let handle else { throw FloeError("'\(path)' cannot be created: \(messages.reason)") }
      let dataset = GDALDataset(owning: handle)
      let file = GeoPackageFile(path: path, dataset: dataset, messages: messages)
      for layer in layers { try file.add(layer.name, layer.table, description: descriptions[layer.name]) }
      let styled = layers.compactMap { layer in
        layer.qml.map {
          (
            layer.name, layer.table.geometry == nil ? "" : GeoPackageSchema.geometryColumn,
            layer.styleName ?? layer.name, $0
          )
        }
      }
      if !styled.isEmpty { try file.addStyles(styled, date: date.iso8601) }
      for sql in GeoPackageColumns.statements(layers.map { ($0.name, $0.table) }) { try file.run(sql) }
      if !metadata.isEmpty { try file.addMetadata(metadata, date: date.iso8601) }
      let closed = dataset.close()
      if !closed || !messages.failures.isEmpty { throw FloeError("'\(path)' cannot be written: \(messages.reason)") }
    }
  }
}

/// What the rows of `gpkg_metadata` follow.
private enum MetadataStandard {
  /// floe's record of steps, parameters and inputs; a name, since it is described in its documentation alone.
  static let own = "urn:floe:provenance:1"
  /// W3C's member submission on PROV as JSON.
  static let prov = "https://www.w3.org/Submission/2013/SUBM-prov-json-20130424/"
}

/// A GeoPackage being written.
private struct GeoPackageFile {
  let path: String
  let dataset: GDALDataset
  let messages: GDALMessages

  func add(_ name: String, _ table: Table, description: String?) throws {
    if let refusal = GeoPackageWriter.refusal(of: table) {
      throw FloeError("layer '\(name)' of '\(path)' cannot be created: \(refusal)")
    }
    let type: OGRwkbGeometryType
    switch table.geometry {
    case nil: type = wkbNone
    case .points: type = wkbPoint
    case .polygons: type = wkbPolygon
    case .multiPolygons: type = wkbMultiPolygon
    }
    let layer = try SpatialReference.withHandle(optional: table.crs) { reference in
      var options =
        type == wkbNone
        ? ["ASPATIAL_VARIANT=GPKG_ATTRIBUTES"]
        : ["GEOMETRY_NAME=\(GeoPackageSchema.geometryColumn)", "SPATIAL_INDEX=YES"]
      options.append("FID=\(LayerColumns.identifier(of: table))")
      if let description { options.append("DESCRIPTION=\(description)") }
      return withStringList(options) {
        GDALDatasetCreateLayer(dataset.handle, name, type == wkbNone ? nil : reference, type, $0)
      }
    }
    guard let layer else { throw FloeError("layer '\(name)' of '\(path)' cannot be created: \(messages.reason)") }
    for column in LayerColumns.of(table) { try addField(column, to: layer) }
  }

  /// Creates a column.
  private func addField(_ column: Column, to layer: OGRLayerH) throws {
    let type: OGRFieldType
    switch column.values {
    case .number: type = column.isTime ? OFTDateTime : OFTReal
    case .integer: type = OFTInteger64
    case .code: type = OFTInteger
    case .text: type = OFTString
    case .array: return
    }
    guard let field = OGR_Fld_Create(column.name, type) else {
      throw FloeError("no memory for column '\(column.name)'")
    }
    defer { OGR_Fld_Destroy(field) }
    guard OGR_L_CreateField(layer, field, 0) == OGRERR_NONE else {
      throw FloeError("column '\(column.name)' cannot be created: \(text(CPLGetLastErrorMsg()) ?? "no reason given")")
    }
  }

  /// The table from which QGIS takes styles: every column, an empty schema and not NULL, registered as attributes.
  func addStyles(_ styles: [(table: String, geometry: String, name: String, qml: String)], date: String) throws {
    try run(
      """
      CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), \
      f_table_schema TEXT(256), \
      f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, \
      useAsDefault BOOLEAN, \
      description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT \
      (strftime('%Y-%m-%dT%H:%M:%fZ','now')))
      """)
    for s in styles {
      try run(
        """
        INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, \
        styleQML, styleSLD, \
        useAsDefault, description, owner, ui, update_time) VALUES ('', '', \(quoted(s.table)), \(quoted(s.geometry)), \
        \(quoted(s.name)), \(quoted(s.qml)), '', 1, '', '', NULL, \(quoted(date)))
        """)
    }
    try run(
      """
      INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id) \
      VALUES ('layer_styles', 'attributes', 'layer_styles', '', \(quoted(date)), 0)
      """)
  }

  /// The tables of the metadata extension as the standard prescribes them.
  func addMetadata(_ metadata: [(uri: String, json: String)], date: String) throws {
    try run(
      """
      CREATE TABLE gpkg_metadata (id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT \
      'dataset', \
      md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT '')
      """)
    try run(
      """
      CREATE TABLE gpkg_metadata_reference (reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, \
      row_id_value INTEGER, \
      timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), md_file_id INTEGER NOT NULL, \
      md_parent_id INTEGER, \
      CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id), \
      CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id))
      """)
    try run(
      """
      CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, \
      definition TEXT NOT NULL, scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))
      """)
    for table in ["gpkg_metadata", "gpkg_metadata_reference"] {
      try run(
        """
        INSERT INTO gpkg_extensions (table_name, column_name, extension_name, definition, scope) VALUES (\
        \(quoted(table)), NULL, \
        'gpkg_metadata', 'http://www.geopackage.org/spec140/#extension_metadata', 'read-write')
        """)
    }
    for (i, part) in metadata.enumerated() {
      try run(
        """
        INSERT INTO gpkg_metadata (id, md_scope, md_standard_uri, mime_type, metadata) VALUES (\(i + 1), 'dataset', \
        \(quoted(part.uri)), 'application/json', \(quoted(part.json)))
        """)
      try run(
        """
        INSERT INTO gpkg_metadata_reference (reference_scope, table_name, column_name, row_id_value, timestamp, \
        md_file_id, md_parent_id) VALUES ('geopackage', NULL, NULL, NULL, \(quoted(date)), \(i + 1), NULL)
        """)
    }
  }

  func run(_ sql: String) throws {
    if let result = GDALDatasetExecuteSQL(dataset.handle, sql, nil, nil) {
      GDALDatasetReleaseResultSet(dataset.handle, result)
    }
    if !messages.failures.isEmpty { throw FloeError("'\(path)' cannot be written: \(messages.reason)") }
  }

  private func quoted(_ text: String) -> String { TextEscape.sql(text) }
}
