internal import CGDAL
import FloeCore

/// Reads a layer of an open dataset as a table.
struct LayerReader {
  private let layer: OpenLayer
  /// How text columns become numbers or times where all their texts are some; nil to leave them.
  private let typing: TextTyping?
  /// What says why columns of a CSV file are text; nil for files that declare their columns.
  private let texts: TextTyping?

  init(_ layer: OpenLayer, typing: TextTyping? = nil, texts: TextTyping? = nil) {
    self.layer = layer
    self.typing = typing
    self.texts = texts
  }

  private var name: String { layer.name }
  private var path: String { layer.path }

  /// The layer's columns, with its rows where they are asked for.
  ///
  /// - Parameter messages: what GDAL says meanwhile, since the layer was opened.
  /// - Throws: a sentence for a layer that cannot be read whole, or whose values would change by being read.
  func table(_ messages: GDALMessages, rows: Bool) throws -> Table {
    guard let definition = OGR_L_GetLayerDefn(layer.handle) else {
      throw FloeError("layer '\(name)' of '\(path)' has no definition")
    }
    let place = "layer '\(name)' of '\(path)'"
    var fields = (0..<OGR_FD_GetFieldCount(definition)).compactMap { FieldReader(definition, $0, place: place) }
    FieldReader.number(&fields)
    try StorageCheck(layer: layer).check(fields.filter(\.isNumber))
    try DBFCheck.check(layer)
    let json = try GeoJSONCheck(layer)
    try json?.check(place)
    if rows {
      tellUnread(definition, place)
      json?.tell(fields, place)
    }
    var shapes = try ShapeReader(kind: geometryKind(), taken: Set(fields.map(\.name)), place: place)
    var count = 0
    if rows || typing != nil {
      OGR_L_ResetReading(layer.handle)
      while let feature = OGR_L_GetNextFeature(layer.handle) {
        defer { OGR_F_Destroy(feature) }
        for i in fields.indices { try fields[i].append(feature, row: count) }
        if rows { try shapes.append(OGR_F_GetGeometryRef(feature), row: count) }
        count += 1
        if count % 4096 == 0 { try checkMemory(fields, shapes, count, place) }
      }
      if let failure = messages.failures.first {
        throw FloeError("layer '\(name)' of '\(path)' cannot be read: \(failure)\(NetworkAccess.hint(failure))")
      }
      if let bad = messages.warnings.first(where: Self.isCut) {
        let isCSV = layer.dataset.driverName == "CSV"
        let types = isCSV ? "; a '.csvt' beside the file gives the types of its columns" : ""
        throw FloeError(
          "\(place) cannot be read: \(bad)\(types). Values that their columns hold are right, or columns of another "
            + "type")
      }
      if let bad = messages.warnings.first(where: Self.isLoss) {
        throw FloeError(
          "\(place) cannot be read: \(bad); a date or time that exists is right, such as 2019-03-01T23:56:11Z, or NULL")
      }
      for i in fields.indices { try fields[i].finish(typing: typing, texts: texts, keepsRows: rows) }
      if rows, layer.dataset.driverName == "GML" { for field in fields { field.tellLarge(place) } }
      TextTyping.Missing.tell(fields.map { ($0.name, $0.missing) }, place)
    }
    var table = Table(rowCount: rows ? count : 0, crs: shapes.kind == .none ? nil : layer.crs)
    let told = columnNotes()
    for field in fields {
      if field.name == "dropped_because", case .text(let reasons) = field.values {
        for (row, reason) in reasons.enumerated() { if let reason { table.status.drop(row, because: reason) } }
      } else {
        let note = told[field.original]
        let parts = GeoPackageColumns.parts(of: note?.summary ?? "")
        if let mode = parts.mode { table.tags["radar_mode"] = mode }
        table.set(
          Column(
            field.name, unit: field.isTime ? .second : note?.unit ?? .dimensionless, summary: parts.summary,
            isTime: field.isTime, attributes: parts.definition.map { ["definition": $0] } ?? [:],
            values: field.values))
      }
    }
    shapes.finish(&table)
    return table
  }

  /// - Throws: a sentence where the rows that were read take more memory than a table may.
  private func checkMemory(_ fields: [FieldReader], _ shapes: ShapeReader, _ rows: Int, _ place: String) throws {
    let texts = fields.reduce(0) { $0 + $1.textBytes }
    try TableMemory.check(rows * fields.count * TableMemory.cell + texts + shapes.bytes, rows: rows, place)
  }

  /// Says what a layer holds besides the columns and the geometry that are read.
  private func tellUnread(_ definition: OGRFeatureDefnH, _ place: String) {
    let count = OGR_FD_GetGeomFieldCount(definition)
    if count > 1 {
      let names = (0..<count).map { i in
        OGR_FD_GetGeomFieldDefn(definition, i).flatMap { text(OGR_GFld_GetNameRef($0)) } ?? "geometry \(i + 1)"
      }
      LibraryNotices.add(
        "\(place) has the geometries \(names.joined(separator: ", ")), of which '\(names[0])' is read; for another one "
          + "bring it to a file of its own, for example with 'ogr2ogr -sql'")
    }
    // Columns that number the rows for the format's sake mean nothing, nor does the key of QGIS's table of styles.
    let key = text(OGR_L_GetFIDColumn(layer.handle)) ?? ""
    let isOfFormat = ["fid", "ogc_fid", "ogr_fid", "objectid", "rowid", "_rowid_"].contains(key.lowercased())
    // GeoJSON's is a column besides.
    let isColumn = OGR_FD_GetFieldIndex(definition, key) >= 0
    if !key.isEmpty, !isOfFormat, !isColumn, name != "layer_styles" {
      LibraryNotices.add(
        "\(place) has the key '\(key)', which OGR reads as the number of the row and not as a column; it is left out. "
          + "A copy of it is read, for example by 'ogr2ogr -sql \"SELECT *, \(key) AS \(key)_2 FROM \(name)\"'")
    }
  }

  /// Whether a warning of OGR says that it reads a number as another one, since its column cannot hold it.
  private static func isCut(_ warning: String) -> Bool {
    warning.hasPrefix("Invalid value type found in record ") || warning.contains("parsed incompletely to integer")
      || warning.contains("nteger overflow occurred") || warning.contains("nteger overflow when converting")
  }

  /// Whether a warning of OGR says that it reads a time as missing that is something else.
  private static func isLoss(_ warning: String) -> Bool {
    warning.hasPrefix("Invalid content for record ") || warning.hasPrefix("Unexpected data type for record ")
  }

  /// Units and summaries of columns that a GeoPackage keeps by its schema extension as floe writes it.
  private func columnNotes() -> [String: (unit: PhysicalUnit?, summary: String)] {
    let dataset = layer.dataset
    guard dataset.driverName == "GPKG" else { return [:] }
    return GDALMessages.collect(isTrial: true) { _ in
      // A file without the extension has no such table, which is no fault.
      let sql =
        "SELECT column_name, title, description FROM gpkg_data_columns WHERE table_name = \(TextEscape.sql(name))"
      guard let result = GDALDatasetExecuteSQL(dataset.handle, sql, nil, nil) else { return [:] }
      defer { GDALDatasetReleaseResultSet(dataset.handle, result) }
      var found: [String: (unit: PhysicalUnit?, summary: String)] = [:]
      while let row = OGR_L_GetNextFeature(result) {
        defer { OGR_F_Destroy(row) }
        guard let column = text(OGR_F_GetFieldAsString(row, 0)) else { continue }
        let title = text(OGR_F_GetFieldAsString(row, 1)) ?? ""
        found[column] = (GeoPackageColumns.unit(in: title, of: column), text(OGR_F_GetFieldAsString(row, 2)) ?? "")
      }
      return found
    }
  }

  /// Names that several columns of the file have, in order.
  var doubledNames: [String] {
    guard let definition = OGR_L_GetLayerDefn(layer.handle) else { return [] }
    var seen: [String: Int] = [:]
    return (0..<OGR_FD_GetFieldCount(definition)).compactMap { FieldReader(definition, $0, place: nil)?.name }.filter {
      name in
      seen[name, default: 0] += 1
      return seen[name] == 2
    }
  }

  /// What the layer declares or, where it declares nothing, what its first geometry is.
  private func geometryKind() throws -> GeometryKind {
    var type = OGR_GT_Flatten(OGR_L_GetGeomType(layer.handle))
    if type == wkbUnknown || type == wkbGeometryCollection {
      OGR_L_ResetReading(layer.handle)
      while let feature = OGR_L_GetNextFeature(layer.handle) {
        defer { OGR_F_Destroy(feature) }
        guard let geometry = OGR_F_GetGeometryRef(feature) else { continue }
        type = OGR_GT_Flatten(OGR_G_GetGeometryType(geometry))
        break
      }
      if type == wkbUnknown { return .none }
    }
    switch type {
    case wkbNone: return .none
    case wkbPoint, wkbMultiPoint: return .points
    case wkbPolygon, wkbCurvePolygon: return .polygons
    case wkbMultiPolygon, wkbMultiSurface: return .multiPolygons
    default:
      let kind = text(OGRGeometryTypeToName(type)) ?? "unknown"
      throw FloeError(
        "layer '\(name)' of '\(path)' holds geometries of type \(kind); points, polygons or none are needed")
    }
  }
}
