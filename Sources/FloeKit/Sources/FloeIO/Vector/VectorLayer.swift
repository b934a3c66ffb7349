internal import CGDAL
import FloeCore

/// Reads layers of GeoPackages, CSV files and whatever else OGR reads as tables.
public enum VectorLayer {
  /// The names of the layers of a file, in order.
  public static func layers(of path: String) throws -> [String] {
    try GDALMessages.collect { _ in
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
    try GDALMessages.collect { messages in
      let reader = try LayerReader(path, open(path), layer)
      let table = try reader.table(messages, rows: false)
      for name in reader.doubledNames {
        warn("'\(path)' gives the column '\(name)' more than once; the later ones are called '\(name)_2' and so on")
      }
      return table
    }
  }

  /// A whole layer.
  ///
  /// Points become two number columns, `x` and `y` unless taken. Polygons become rings; the parts of a multipolygon
  /// follow each other in one list of rings. Dates become seconds since 1970 UTC. A text column `dropped_because`
  /// becomes the status.
  ///
  /// - Parameter layer: the layer's name; nil for the only one, or the first.
  public static func readTable(_ path: String, layer: String? = nil) throws -> Table {
    try GDALMessages.collect { messages in
      try LayerReader(path, open(path), layer).table(messages, rows: true)
    }
  }

  static func open(_ path: String) throws -> GDALDataset {
    // Options that a driver does not know would only cost a warning; CSV needs them to see numbers.
    let isText = path.lowercased().hasSuffix(".csv") || path.lowercased().hasSuffix(".tsv")
    let options = isText ? ["AUTODETECT_TYPE=YES", "AUTODETECT_SIZE_LIMIT=0", "EMPTY_STRING_AS_NULL=YES"] : []
    return try GDALDataset.open(path, flags: GDAL_OF_VECTOR, options: options)
  }
}

/// One layer of an open dataset.
struct LayerReader {
  let path: String
  let dataset: GDALDataset
  let layer: OGRLayerH
  let name: String

  init(_ path: String, _ dataset: GDALDataset, _ wanted: String?) throws {
    let found = wanted.map { GDALDatasetGetLayerByName(dataset.handle, $0) } ?? GDALDatasetGetLayer(dataset.handle, 0)
    guard let found else {
      let all = Self.names(dataset)
      let asked = wanted.map { " '\($0)'" } ?? ""
      throw FloeError("'\(path)' has no layer\(asked); it has \(all.isEmpty ? "none" : all.joined(separator: ", "))")
    }
    self.path = path
    self.dataset = dataset
    layer = found
    name = text(OGR_L_GetName(found)) ?? ""
  }

  static func names(_ dataset: GDALDataset) -> [String] {
    (0..<GDALDatasetGetLayerCount(dataset.handle)).compactMap { i in
      GDALDatasetGetLayer(dataset.handle, i).flatMap { text(OGR_L_GetName($0)) }
    }
  }

  /// The reference system of the layer's geometry.
  var crs: CRS? { OGR_L_GetSpatialRef(layer).flatMap { SpatialReference.value(of: $0) } }

  func table(_ messages: GDALMessages, rows: Bool) throws -> Table {
    guard let definition = OGR_L_GetLayerDefn(layer) else {
      throw FloeError("layer '\(name)' of '\(path)' has no definition")
    }
    var fields = (0..<OGR_FD_GetFieldCount(definition)).compactMap { FieldReader(definition, $0) }
    FieldReader.number(&fields)
    var shapes = try ShapeReader(
      kind: geometryKind(), taken: Set(fields.map(\.name)), place: "layer '\(name)' of '\(path)'")
    var count = 0
    if rows {
      OGR_L_ResetReading(layer)
      while let feature = OGR_L_GetNextFeature(layer) {
        defer { OGR_F_Destroy(feature) }
        for i in fields.indices { fields[i].append(feature) }
        try shapes.append(OGR_F_GetGeometryRef(feature), row: count)
        count += 1
      }
      if let failure = messages.failures.first {
        throw FloeError("layer '\(name)' of '\(path)' cannot be read: \(failure)")
      }
    }
    var table = Table(rowCount: count, crs: shapes.kind == .none ? nil : crs)
    for field in fields {
      if field.name == "dropped_because", case .text(let reasons) = field.values {
        for (row, reason) in reasons.enumerated() { if let reason { table.status.drop(row, because: reason) } }
      } else {
        table.set(
          Column(field.name, unit: field.isTime ? .second : .dimensionless, isTime: field.isTime, values: field.values))
      }
    }
    shapes.finish(&table)
    return table
  }

  /// Names that several columns of the file bear, in order.
  var doubledNames: [String] {
    guard let definition = OGR_L_GetLayerDefn(layer) else { return [] }
    var seen: [String: Int] = [:]
    return (0..<OGR_FD_GetFieldCount(definition)).compactMap { FieldReader(definition, $0)?.name }.filter { name in
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
    case wkbPolygon, wkbMultiPolygon, wkbCurvePolygon, wkbMultiSurface: return .polygons
    default:
      let kind = text(OGRGeometryTypeToName(type)) ?? "unknown"
      throw FloeError(
        "layer '\(name)' of '\(path)' holds geometries of type \(kind); points, polygons or none are needed")
    }
  }
}

/// What geometry a layer has.
enum GeometryKind { case none, points, polygons }

/// Gathers the values of one field.
private struct FieldReader {
  private(set) var name: String
  let isTime: Bool
  private(set) var values: ColumnValues
  private let index: Int32

  /// Nil for binary fields, which no column holds.
  init?(_ definition: OGRFeatureDefnH, _ index: Int32) {
    guard let field = OGR_FD_GetFieldDefn(definition, index) else { return nil }
    name = text(OGR_Fld_GetNameRef(field)) ?? "field\(index + 1)"
    self.index = index
    let type = OGR_Fld_GetType(field)
    isTime = type == OFTDateTime || type == OFTDate
    switch type {
    case OFTInteger, OFTInteger64: values = .integer([])
    case OFTReal, OFTDateTime, OFTDate: values = .number([])
    case OFTBinary: return nil
    default: values = .text([])
    }
  }

  /// Numbers the later ones of columns with one name, `a`, `a_2`, `a_3`, past numbers that the file takes itself.
  static func number(_ fields: inout [FieldReader]) {
    let given = Set(fields.map(\.name))
    var taken: Set<String> = []
    for i in fields.indices where !taken.insert(fields[i].name).inserted {
      let name = fields[i].name
      var n = 2
      while given.contains("\(name)_\(n)") || taken.contains("\(name)_\(n)") { n += 1 }
      fields[i].name = "\(name)_\(n)"
      taken.insert(fields[i].name)
    }
  }

  mutating func append(_ feature: OGRFeatureH) {
    let present = OGR_F_IsFieldSetAndNotNull(feature, index) != 0
    // The empty column takes the place of the lent one, so that it grows without a copy.
    switch values {
    case .integer(var list):
      values = .integer([])
      list.append(present ? Int(OGR_F_GetFieldAsInteger64(feature, index)) : nil)
      values = .integer(list)
    case .number(var list):
      values = .number([])
      list.append(!present ? .nan : isTime ? seconds(feature) : OGR_F_GetFieldAsDouble(feature, index))
      values = .number(list)
    case .text(var list):
      values = .text([])
      list.append(present ? text(OGR_F_GetFieldAsString(feature, index)) : nil)
      values = .text(list)
    case .code, .array: break
    }
  }

  /// Local and unknown time zones are taken as UTC.
  private func seconds(_ feature: OGRFeatureH) -> Double {
    var y: Int32 = 0
    var mo: Int32 = 0
    var d: Int32 = 0
    var h: Int32 = 0
    var mi: Int32 = 0
    var s: Float = 0
    var zone: Int32 = 0
    guard OGR_F_GetFieldAsDateTimeEx(feature, index, &y, &mo, &d, &h, &mi, &s, &zone) != 0 else { return .nan }
    // A float holds seconds of a minute to some microseconds; milliseconds is what files carry.
    let second = (Double(s) * 1000).rounded() / 1000
    let time = CalendarTime(year: Int(y), month: Int(mo), day: Int(d), hour: Int(h), minute: Int(mi), second: second)
    // OGR counts zones in quarters of an hour from 100.
    return time.seconds - (zone > 1 ? Double(zone - 100) * 900 : 0)
  }
}

/// Gathers geometries.
private struct ShapeReader {
  let kind: GeometryKind
  private let xName: String, yName: String, place: String
  private var x: [Double] = [], y: [Double] = [], polygons: [[[SIMD2<Double>]]] = []

  init(kind: GeometryKind, taken: Set<String>, place: String) {
    self.kind = kind
    self.place = place
    let free = !taken.contains("x") && !taken.contains("y")
    xName = free ? "x" : "geometry_x"
    yName = free ? "y" : "geometry_y"
  }

  mutating func append(_ geometry: OGRGeometryH?, row: Int) throws {
    switch kind {
    case .none: break
    case .points:
      let point = try geometry.flatMap { try Self.singlePoint($0, place, row) }
      x.append(point?.x ?? .nan)
      y.append(point?.y ?? .nan)
    case .polygons: polygons.append(try geometry.map { try Self.rings($0, place, row) } ?? [])
    }
  }

  func finish(_ table: inout Table) {
    switch kind {
    case .none: break
    case .points:
      let unit: PhysicalUnit = table.crs?.wkt.hasPrefix("GEOG") == true ? .degree : .metre
      table.set(Column(xName, unit: unit, summary: "x of the point", values: .number(x)))
      table.set(Column(yName, unit: unit, summary: "y of the point", values: .number(y)))
      table.geometry = .points(x: xName, y: yName)
    case .polygons: table.geometry = .polygons(polygons)
    }
  }

  private static func singlePoint(_ geometry: OGRGeometryH, _ place: String, _ row: Int) throws -> SIMD2<Double>? {
    if OGR_G_IsEmpty(geometry) != 0 { return nil }
    switch OGR_GT_Flatten(OGR_G_GetGeometryType(geometry)) {
    case wkbPoint: return SIMD2(OGR_G_GetX(geometry, 0), OGR_G_GetY(geometry, 0))
    case wkbMultiPoint:
      guard OGR_G_GetGeometryCount(geometry) == 1, let only = OGR_G_GetGeometryRef(geometry, 0) else {
        throw FloeError("row \(row + 1) of \(place) holds several points; one point a row is needed")
      }
      return SIMD2(OGR_G_GetX(only, 0), OGR_G_GetY(only, 0))
    default: throw mixed(geometry, place, row, "points")
    }
  }

  private static func rings(_ geometry: OGRGeometryH, _ place: String, _ row: Int) throws -> [[SIMD2<Double>]] {
    let type = OGR_GT_Flatten(OGR_G_GetGeometryType(geometry))
    let parts = (0..<OGR_G_GetGeometryCount(geometry)).compactMap { OGR_G_GetGeometryRef(geometry, $0) }
    switch type {
    case wkbMultiPolygon: return try parts.flatMap { try rings($0, place, row) }
    case wkbPolygon:
      return parts.map { ring in
        (0..<OGR_G_GetPointCount(ring)).map { SIMD2(OGR_G_GetX(ring, $0), OGR_G_GetY(ring, $0)) }
      }
    default: throw mixed(geometry, place, row, "polygons with straight sides")
    }
  }

  private static func mixed(_ geometry: OGRGeometryH, _ place: String, _ row: Int, _ needed: String) -> FloeError {
    let kind = text(OGRGeometryTypeToName(OGR_G_GetGeometryType(geometry))) ?? "unknown"
    return FloeError("row \(row + 1) of \(place) holds a geometry of type \(kind); \(needed) are needed")
  }
}
