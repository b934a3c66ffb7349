import FloeSDK

/// A table whose values lie in sections of an entry's file.
struct CachedTable: Codable, Sendable {
  struct Field: Codable, Sendable {
    let name: String, unit: PhysicalUnit, summary: String, classes: ClassTable?, isTime: Bool, dimension: String?
    let attributes: [String: String]
    let values: Values
  }
  enum Values: Codable, Sendable {
    case number(CacheSection)
    case integer(CacheSection, present: CacheSection)
    case code(CacheSection, missing: Int16)
    /// Lengths in bytes, -1 for a missing value, and all texts one after the other.
    case text(lengths: CacheSection, CacheSection)
    case array(CacheSection, width: Int)

    var sections: [CacheSection] {
      switch self {
      case .number(let a), .code(let a, _), .array(let a, _): [a]
      case .integer(let a, let b), .text(let a, let b): [a, b]
      }
    }
  }
  enum Geometry: Codable, Sendable {
    case points(x: String, y: String)
    /// Counts of parts, rings and points as they are met, and all points one after the other.
    case polygons(counts: CacheSection, points: CacheSection)
    case multiPolygons(counts: CacheSection, points: CacheSection)

    var sections: [CacheSection] {
      switch self {
      case .points: []
      case .polygons(let a, let b), .multiPolygons(let a, let b): [a, b]
      }
    }
  }
  let rowCount: Int
  let columns: [Field]
  let geometry: Geometry?
  let crs: CRS?
  let status: CacheSection
  let reasons: [String]
  let acquisition: Acquisition?
  let style: String?
  let tags: [String: String]

  var sections: [CacheSection] { columns.flatMap(\.values.sections) + (geometry?.sections ?? []) + [status] }
}

// MARK: - Writing

extension CachedTable {
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

// MARK: - Reading

extension CachedTable {
  private static let damage = FloeError("its description is damaged")

  /// The table, read whole.
  ///
  /// - Throws: where the sections do not hold what the description says.
  func table(_ file: CacheFile) throws -> Table {
    guard rowCount >= 0 else { throw Self.damage }
    var table = Table(rowCount: rowCount, crs: crs, acquisition: acquisition, style: style, tags: tags)
    for column in columns {
      let values = try Self.values(column.values, file)
      guard values.count == rowCount else { throw Self.damage }
      table.set(
        Column(
          column.name, unit: column.unit, summary: column.summary, classes: column.classes, isTime: column.isTime,
          dimension: column.dimension, attributes: column.attributes, values: values))
    }
    table.geometry = try geometry(file)
    table.status = try status(file)
    return table
  }

  /// Marks are put on in the order in which their reasons came up, so that they get the numbers that they had.
  private func status(_ file: CacheFile) throws -> RowStatus {
    let codes = try file.bytes(status)
    guard codes.count == rowCount, codes.allSatisfy({ Int($0) <= reasons.count }) else { throw Self.damage }
    var status = RowStatus(rows: rowCount)
    for (i, reason) in reasons.enumerated() {
      for (row, code) in codes.enumerated() where Int(code) == i + 1 { status.drop(row, because: reason) }
    }
    return status
  }

  private static func values(_ values: Values, _ file: CacheFile) throws -> ColumnValues {
    switch values {
    case .number(let s): return .number(try numbers(s, file))
    case .integer(let s, let present):
      let integers: [Int64] = try numbers(s, file)
      let marks = try file.bytes(present)
      guard marks.count == integers.count else { throw damage }
      return .integer(zip(integers, marks).map { $1 == 0 ? nil : Int($0) })
    case .code(let s, let missing): return .code(try numbers(s, file), missing: missing)
    case .text(let s, let content):
      let lengths: [Int64] = try numbers(s, file)
      var rest = try file.bytes(content)[...]
      return .text(
        try lengths.map { length in
          guard length >= 0 else { return nil }
          guard length <= rest.count else { throw damage }
          defer { rest = rest.dropFirst(Int(length)) }
          return String(decoding: rest.prefix(Int(length)), as: UTF8.self)
        })
    case .array(let s, let width):
      let all: [Float] = try numbers(s, file)
      guard width >= 0, width == 0 || all.count % width == 0 else { throw damage }
      return .array(all, width: width)
    }
  }

  private func geometry(_ file: CacheFile) throws -> TableGeometry? {
    switch geometry {
    case nil: return nil
    case .points(let x, let y): return .points(x: x, y: y)
    case .polygons(let counts, let points):
      var parts = Parts(counts: try Self.numbers(counts, file), points: try Self.numbers(points, file))
      return .polygons(try (0..<rowCount).map { _ in try parts.polygon() })
    case .multiPolygons(let counts, let points):
      var parts = Parts(counts: try Self.numbers(counts, file), points: try Self.numbers(points, file))
      return .multiPolygons(try (0..<rowCount).map { _ in try (0..<parts.next()).map { _ in try parts.polygon() } })
    }
  }

  /// Counts and points on their way back into polygons.
  private struct Parts {
    let counts: [Int64], points: [SIMD2<Double>]
    private var count = 0, point = 0

    init(counts: [Int64], points: [SIMD2<Double>]) {
      self.counts = counts
      self.points = points
    }

    mutating func next() throws -> Int {
      guard count < counts.count, counts[count] >= 0, counts[count] <= counts.count + points.count else {
        throw CachedTable.damage
      }
      defer { count += 1 }
      return Int(counts[count])
    }

    mutating func polygon() throws -> [[SIMD2<Double>]] {
      try (0..<next()).map { _ in
        let length = try next()
        guard length <= points.count - point else { throw CachedTable.damage }
        defer { point += length }
        return Array(points[point..<point + length])
      }
    }
  }

  private static func numbers<T: BitwiseCopyable>(_ section: CacheSection, _ file: CacheFile) throws -> [T] {
    let stride = MemoryLayout<T>.stride
    guard section.count % stride == 0 else { throw damage }
    let count = section.count / stride
    return try [T](unsafeUninitializedCapacity: count) { buffer, filled in
      try file.read(
        UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<section.count]),
        from: section.offset)
      filled = count
    }
  }
}
