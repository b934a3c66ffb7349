import FloeSDK

extension CachedTable {
  /// Writes a table's values into an entry's file.
  init(_ table: Table, _ writer: CacheWriter) throws {
    rowCount = table.rowCount
    columns = try table.columns.map { column in
      Field(
        name: column.name, unit: column.unit, summary: column.summary, classes: column.classes,
        isTime: column.isTime, dimension: column.dimension, attributes: column.attributes,
        values: try Self.values(column.values, writer))
    }
    geometry = try table.geometry.map { try Self.geometry($0, writer) }
    crs = table.crs
    status = try writer.add(table.status.codes)
    reasons = table.status.reasons
    acquisition = table.acquisition
    style = table.style
    tags = table.tags
  }

  private static func values(_ values: ColumnValues, _ writer: CacheWriter) throws -> Values {
    switch values {
    case .number(let v): return .number(try writer.add(v))
    case .integer(let v):
      return .integer(
        try writer.add(v.map { Int64($0 ?? 0) }), present: try writer.add(v.map { UInt8($0 == nil ? 0 : 1) }))
    case .code(let v, let missing): return .code(try writer.add(v), missing: missing)
    case .text(let v):
      return .text(
        lengths: try writer.add(v.map { Int64($0?.utf8.count ?? -1) }),
        try writer.add(v.flatMap { Array(($0 ?? "").utf8) }))
    case .array(let v, let width): return .array(try writer.add(v), width: width)
    }
  }

  private static func geometry(_ geometry: TableGeometry, _ writer: CacheWriter) throws -> Geometry {
    var counts: [Int64] = []
    var points: [SIMD2<Double>] = []
    func add(_ polygon: [[SIMD2<Double>]]) {
      counts.append(Int64(polygon.count))
      for ring in polygon {
        counts.append(Int64(ring.count))
        points += ring
      }
    }
    switch geometry {
    case .points(let x, let y): return .points(x: x, y: y)
    case .polygons(let rows):
      for polygon in rows { add(polygon) }
      return .polygons(counts: try writer.add(counts), points: try writer.add(points))
    case .multiPolygons(let rows):
      for row in rows {
        counts.append(Int64(row.count))
        for polygon in row { add(polygon) }
      }
      return .multiPolygons(counts: try writer.add(counts), points: try writer.add(points))
    }
  }
}
