internal import CGDAL
import FloeCore

/// Reads layers of GeoPackages, CSV files and whatever else OGR reads as tables.
public enum VectorLayer {
  /// The names of the layers of a file, in order.
  public static func layers(of path: String) throws -> [String] {
    // OGR takes no file of one column for a table.
    if isText(path), try CSVCheck(path).columns == 1 { return [OneColumnFile.name(of: path)] }
    return try GDALMessages.collect { _ in
      let dataset = try open(path)
      return withExtendedLifetime(dataset) { LayerReader.names(dataset).filter { $0 != "layer_styles" } }
    }
  }

  /// Columns, kind of geometry and reference system of a layer, as a table without rows.
  ///
  /// - Parameter warn: takes a sentence for each column name that the file gives more than once; `readTable` numbers
  ///   them alike.
  public static func readSchema(_ path: String, layer: String? = nil, warn: (String) -> Void = { _ in }) throws -> Table
  {
    let check = try check(path)
    if let check, check.columns == 1 { return try OneColumnFile(path, check, layer: layer).table(rows: false) }
    return try GDALMessages.collect { messages in
      let reader = try reader(path, check, layer)
      let table = try reader.table(messages, rows: false)
      for name in reader.doubledNames {
        warn("'\(path)' gives the column '\(name)' more than once; the later ones are called '\(name)_2' and so on")
      }
      return table
    }
  }

  /// A whole layer.
  ///
  /// Points become two number columns, `x` and `y` unless taken. Polygons keep their rings and parts. Dates become
  /// seconds since 1970 UTC. A text column `dropped_because` becomes the status.
  ///
  /// - Parameter layer: the layer's name; nil for the only one, or the first.
  public static func readTable(_ path: String, layer: String? = nil) throws -> Table {
    let check = try check(path)
    if let check, check.columns == 1 { return try OneColumnFile(path, check, layer: layer).table(rows: true) }
    return try GDALMessages.collect { messages in try reader(path, check, layer).table(messages, rows: true) }
  }

  /// The number of a layer's rows.
  public static func rowCount(_ path: String, layer: String? = nil) throws -> Int {
    let check = try check(path)
    if let check, check.columns == 1 { return try OneColumnFile(path, check, layer: layer).table(rows: true).rowCount }
    return try GDALMessages.collect { _ in
      let reader = try LayerReader(path, open(path), layer)
      return withExtendedLifetime(reader.dataset) { Int(OGR_L_GetFeatureCount(reader.layer, 1)) }
    }
  }

  /// - Parameter check: what the look through a CSV file found; nil for others.
  private static func reader(_ path: String, _ check: CSVCheck?, _ layer: String?) throws -> LayerReader {
    // Where OGR's guess of the types cannot be trusted, columns are read as texts.
    let typing = check.flatMap { $0.hasOddNumbers ? $0.typing : nil }
    let reader = try LayerReader(path, open(path, isTyped: typing == nil), layer, typing: typing)
    if layer == nil { reader.tellOthers() }
    return reader
  }

  /// Looks through a CSV file; nil for other files.
  ///
  /// - Throws: a sentence for a file that OGR would misread.
  private static func check(_ path: String) throws -> CSVCheck? {
    guard isText(path) else { return nil }
    return try CSVCheck(path)
  }

  private static func isText(_ path: String) -> Bool {
    (path.lowercased().hasSuffix(".csv") || path.lowercased().hasSuffix(".tsv")) && !VirtualFile.isDirectory(path)
  }

  static func open(_ path: String, isTyped: Bool = true) throws -> GDALDataset {
    // Options that a driver does not know would only cost a warning; CSV needs them to see numbers.
    let options =
      isText(path)
      ? ["AUTODETECT_TYPE=\(isTyped ? "YES" : "NO")", "AUTODETECT_SIZE_LIMIT=0", "EMPTY_STRING_AS_NULL=YES"] : []
    return try GDALDataset.open(path, flags: GDAL_OF_VECTOR, drivers: isText(path) ? ["CSV"] : nil, options: options)
  }
}

/// One layer of an open dataset.
struct LayerReader {
  let path: String
  let dataset: GDALDataset
  let layer: OGRLayerH
  let name: String
  /// How text columns become numbers or times where all their texts are some; nil to leave them.
  private let typing: TextTyping?

  /// - Parameters:
  ///   - wanted: the layer's name; nil for the first.
  ///   - polygons: whether without a name the first layer that may hold polygons is meant.
  init(_ path: String, _ dataset: GDALDataset, _ wanted: String?, polygons: Bool = false, typing: TextTyping? = nil)
    throws
  {
    let first = polygons ? Self.firstWithPolygons(dataset) ?? 0 : 0
    let found =
      wanted.map { GDALDatasetGetLayerByName(dataset.handle, $0) } ?? GDALDatasetGetLayer(dataset.handle, first)
    guard let found else {
      let all = Self.names(dataset)
      let asked = wanted.map { " '\($0)'" } ?? ""
      throw FloeError("'\(path)' has no layer\(asked); it has \(all.isEmpty ? "none" : all.joined(separator: ", "))")
    }
    self.path = path
    self.dataset = dataset
    self.typing = typing
    layer = found
    name = text(OGR_L_GetName(found)) ?? ""
  }

  static func names(_ dataset: GDALDataset) -> [String] {
    (0..<GDALDatasetGetLayerCount(dataset.handle)).compactMap { i in
      GDALDatasetGetLayer(dataset.handle, i).flatMap { text(OGR_L_GetName($0)) }
    }
  }

  private static func firstWithPolygons(_ dataset: GDALDataset) -> Int32? {
    let kinds = [wkbPolygon, wkbMultiPolygon, wkbCurvePolygon, wkbMultiSurface]
    let types = (0..<GDALDatasetGetLayerCount(dataset.handle)).map { i in
      GDALDatasetGetLayer(dataset.handle, i).map { OGR_GT_Flatten(OGR_L_GetGeomType($0)) } ?? wkbNone
    }
    let found =
      types.firstIndex { kinds.contains($0) } ?? types.firstIndex { $0 == wkbUnknown || $0 == wkbGeometryCollection }
    return found.map(Int32.init)
  }

  /// Says which of several layers is read when none was named.
  func tellOthers() {
    let all = Self.names(dataset).filter { $0 != "layer_styles" }
    guard all.count > 1 else { return }
    LibraryNotices.add(
      "'\(path)' has the layers \(all.joined(separator: ", ")), of which '\(name)' is read; 'layer' names another")
  }

  /// The reference system of the layer's geometry.
  var crs: CRS? { OGR_L_GetSpatialRef(layer).flatMap { SpatialReference.value(of: $0) } }

  /// The extent of all features in the layer's own system; nil for a layer without geometry.
  var extent: Bounds? {
    OGR_L_SetSpatialFilter(layer, nil)
    var box = OGREnvelope()
    guard OGR_L_GetExtent(layer, &box, 1) == OGRERR_NONE else { return nil }
    return Bounds(minX: box.MinX, minY: box.MinY, maxX: box.MaxX, maxY: box.MaxY)
  }

  func table(_ messages: GDALMessages, rows: Bool) throws -> Table {
    guard let definition = OGR_L_GetLayerDefn(layer) else {
      throw FloeError("layer '\(name)' of '\(path)' has no definition")
    }
    let place = "layer '\(name)' of '\(path)'"
    var fields = (0..<OGR_FD_GetFieldCount(definition)).compactMap { FieldReader(definition, $0, place: place) }
    FieldReader.number(&fields)
    try StorageCheck(reader: self).check(fields.filter(\.isNumber))
    try DBFCheck.check(self)
    var shapes = try ShapeReader(kind: geometryKind(), taken: Set(fields.map(\.name)), place: place)
    var count = 0
    if rows || typing != nil {
      OGR_L_ResetReading(layer)
      while let feature = OGR_L_GetNextFeature(layer) {
        defer { OGR_F_Destroy(feature) }
        for i in fields.indices { try fields[i].append(feature, row: count) }
        if rows { try shapes.append(OGR_F_GetGeometryRef(feature), row: count) }
        count += 1
      }
      if let failure = messages.failures.first {
        throw FloeError("layer '\(name)' of '\(path)' cannot be read: \(failure)\(NetworkAccess.hint(failure))")
      }
      if let bad = messages.warnings.first(where: Self.isLoss) {
        throw FloeError(
          "\(place) cannot be read: \(bad); a date or time that exists is right, such as 2019-03-01T23:56:11Z, or NULL")
      }
      for i in fields.indices { try fields[i].finish(typing: typing, keepsRows: rows) }
    }
    var table = Table(rowCount: rows ? count : 0, crs: shapes.kind == .none ? nil : crs)
    let told = columnNotes()
    for field in fields {
      if field.name == "dropped_because", case .text(let reasons) = field.values {
        for (row, reason) in reasons.enumerated() { if let reason { table.status.drop(row, because: reason) } }
      } else {
        let note = told[field.original]
        table.set(
          Column(
            field.name, unit: field.isTime ? .second : note?.unit ?? .dimensionless, summary: note?.summary ?? "",
            isTime: field.isTime, values: field.values))
      }
    }
    shapes.finish(&table)
    return table
  }

  /// Whether a warning of OGR says that it reads a time as missing that is something else.
  private static func isLoss(_ warning: String) -> Bool {
    warning.hasPrefix("Invalid content for record ") || warning.hasPrefix("Unexpected data type for record ")
  }

  /// Units and summaries of columns that a GeoPackage keeps by its schema extension as floe writes it.
  private func columnNotes() -> [String: (unit: PhysicalUnit?, summary: String)] {
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

  /// Names that several columns of the file bear, in order.
  var doubledNames: [String] {
    guard let definition = OGR_L_GetLayerDefn(layer) else { return [] }
    var seen: [String: Int] = [:]
    return (0..<OGR_FD_GetFieldCount(definition)).compactMap { FieldReader(definition, $0, place: nil)?.name }.filter {
      name in
      seen[name, default: 0] += 1
      return seen[name] == 2
    }
  }

  /// What the layer declares or, where it declares nothing, what its first geometry is.
  private func geometryKind() throws -> GeometryKind {
    var type = OGR_GT_Flatten(OGR_L_GetGeomType(layer))
    if type == wkbUnknown || type == wkbGeometryCollection {
      OGR_L_ResetReading(layer)
      while let feature = OGR_L_GetNextFeature(layer) {
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
