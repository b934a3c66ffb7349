import FloeSDK

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
