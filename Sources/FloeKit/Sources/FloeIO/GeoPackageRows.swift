import FloeCore

/// Fills layers that OGR has made: rows, spatial index and the counts and extents that GeoPackage and OGR keep.
///
/// OGR writes one feature after the other and each one into the R-tree; a prepared statement and an R-tree packed at once write
/// the same rows several times faster.
struct GeoPackageRows {
  let file: SQLiteFile

  /// Fills one empty layer with the rows of a table.
  ///
  /// - Throws: a sentence when polygons and rows differ in number, a coordinate column is missing, or SQLite cannot write.
  func fill(_ name: String, with table: Table) throws {
    // Triggers keep index and counts current for later editors; here they would do row by row what is done at once below.
    let triggers = try file.rows("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = \(literal(name)) ORDER BY rowid")
    for trigger in triggers { if let name = trigger[0] { try file.run("DROP TRIGGER \(identifier(name))") } }
    let fields = try file.rows("SELECT name FROM pragma_table_info(\(literal(name)))").compactMap { $0[0] }
    let boxes = try insertRows(name, table, fields)
    try file.run("UPDATE gpkg_ogr_contents SET feature_count = \(table.rowCount) WHERE table_name = \(literal(name))")
    if !boxes.index.isEmpty {
      let e = boxes.extent
      try file.run(
        "UPDATE gpkg_contents SET min_x = \(e.low.x), min_y = \(e.low.y), max_x = \(e.high.x), max_y = \(e.high.y) WHERE table_name = \(literal(name))")
      try fillIndex("rtree_\(name)_geom", boxes.index, rows: table.rowCount)
    }
    for trigger in triggers { if let sql = trigger[1] { try file.run(sql) } }
  }

  /// Rectangles of the rows that have a geometry, and around all of them.
  private struct Boxes {
    var index: [(id: Int, box: OutwardRectangle)] = []
    var extent = (low: SIMD2(Double.infinity, .infinity), high: SIMD2(-Double.infinity, -.infinity))
  }

  /// The columns in the layer's order; identifiers count from 1.
  private func insertRows(_ name: String, _ table: Table, _ fields: [String]) throws -> Boxes {
    var columns = table.columns.filter { if case .array = $0.values { false } else { true } }
    if !table.status.reasons.isEmpty { columns.append(.droppedBecause(table.status)) }
    let hasGeometry = table.geometry != nil, first: Int32 = hasGeometry ? 3 : 2
    guard fields.count == columns.count + Int(first) - 1 else { throw FloeError("layer '\(name)' of '\(file.path)' has \(fields.count) columns for \(columns.count)") }
    let statement = try SQLiteStatement(
      file, "INSERT INTO \(identifier(name)) VALUES (\(repeatElement("?", count: fields.count).joined(separator: ",")))")
    var shapes = try GeoPackageShapes(table, name: name, system: system(of: name)), boxes = Boxes()
    if hasGeometry { boxes.index.reserveCapacity(table.rowCount) }
    try Cells.lend(columns) { cells in
      for row in 0..<table.rowCount {
        statement.bind(1, row + 1)
        if hasGeometry {
          if let box = shapes.encode(row) {
            statement.bind(2, blob: shapes.blob)
            boxes.index.append((row + 1, OutwardRectangle(minX: box.low.x, maxX: box.high.x, minY: box.low.y, maxY: box.high.y)))
            boxes.extent = (pointwiseMin(boxes.extent.low, box.low), pointwiseMax(boxes.extent.high, box.high))
          } else {
            statement.bindNull(2)
          }
        }
        for (i, cell) in cells.enumerated() { cell.bind(row, to: statement, first + Int32(i)) }
        try statement.insert()
      }
    }
    return boxes
  }

  private func system(of name: String) throws -> Int32 {
    let found = try file.rows("SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = \(literal(name))")
    return found.first?.first.flatMap { $0 }.flatMap { Int32($0) } ?? 0
  }

  private func fillIndex(_ name: String, _ entries: [(id: Int, box: OutwardRectangle)], rows: Int) throws {
    let sizes = try file.rows("SELECT length(data) FROM \(identifier(name + "_node")) WHERE nodeno = 1")
    // A layer without index; nothing to fill.
    guard let size = sizes.first?.first.flatMap({ $0 }).flatMap({ Int($0) }) else { return }
    let tree = RectangleTree(entries, capacity: (size - 4) / 24)
    for part in ["_node", "_parent", "_rowid"] { try file.run("DELETE FROM \(identifier(name + part))") }
    let node = try SQLiteStatement(file, "INSERT INTO \(identifier(name + "_node")) VALUES (?, ?)")
    var leaf = [Int](repeating: 0, count: rows + 1), parent = [Int](repeating: 0, count: tree.nodes.count + 1)
    for item in tree.nodes.sorted(by: { $0.number < $1.number }) {
      node.bind(1, item.number)
      try tree.bytes(item, size: size).withUnsafeBytes {
        node.bind(2, blob: $0)
        try node.insert()
      }
      for child in item.children { if item.level == 0 { leaf[child.id] = item.number } else { parent[child.id] = item.number } }
    }
    for (table, numbers) in [("_parent", parent), ("_rowid", leaf)] {
      let statement = try SQLiteStatement(file, "INSERT INTO \(identifier(name + table)) VALUES (?, ?)")
      for (id, number) in numbers.enumerated() where number > 0 {
        statement.bind(1, id)
        statement.bind(2, number)
        try statement.insert()
      }
    }
  }

  private func literal(_ text: String) -> String { SQLText.quoted(text) }
  private func identifier(_ name: String) -> String { "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" }
}

extension Column {
  /// Why rows take no part, as a text column.
  static func droppedBecause(_ status: RowStatus) -> Column {
    Column("dropped_because", summary: "Why the row takes no part", values: .text(status.codes.indices.map { status.reason($0) }))
  }
}

/// Texts inside SQL.
enum SQLText {
  /// A text as an SQL literal; a zero character would end the statement and is left out.
  static func quoted(_ text: String) -> String {
    "'" + text.filter { $0 != "\0" }.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }
}

/// The values of one column, borrowed while rows are written.
private enum Cells {
  case number(UnsafePointer<Double>)
  case time(UnsafePointer<Double>, UnsafeMutableRawBufferPointer)
  case integer(UnsafePointer<Int?>)
  case code(UnsafePointer<Int16>, missing: Int16)
  case text(UnsafePointer<String?>)

  /// Lends the columns' memory, alive until `body` returns.
  static func lend(_ columns: [Column], _ body: ([Cells]) throws -> Void) throws { try lend(columns[...], [], body) }

  private static func lend(_ rest: ArraySlice<Column>, _ done: [Cells], _ body: ([Cells]) throws -> Void) throws {
    guard let column = rest.first, column.values.count > 0 else { return try rest.isEmpty ? body(done) : body([]) }
    func more(_ cell: Cells?) throws { try lend(rest.dropFirst(), cell.map { done + [$0] } ?? done, body) }
    switch column.values {
    case .number(let v):
      try v.withUnsafeBufferPointer { p in
        guard column.isTime else { return try more(p.baseAddress.map { .number($0) }) }
        try withUnsafeTemporaryAllocation(byteCount: 24, alignment: 1) { text in try more(p.baseAddress.map { .time($0, text) }) }
      }
    case .integer(let v): try v.withUnsafeBufferPointer { try more($0.baseAddress.map { .integer($0) }) }
    case .code(let v, let missing): try v.withUnsafeBufferPointer { try more($0.baseAddress.map { .code($0, missing: missing) }) }
    case .text(let v): try v.withUnsafeBufferPointer { try more($0.baseAddress.map { .text($0) }) }
    case .array: try more(nil)
    }
  }

  @inline(__always) func bind(_ row: Int, to statement: SQLiteStatement, _ index: Int32) {
    switch self {
    case .number(let p): if p[row].isFinite { statement.bind(index, p[row]) } else { statement.bindNull(index) }
    case .time(let p, let text):
      guard p[row].isFinite else { return statement.bindNull(index) }
      CivilTime(seconds: p[row]).write(to: text)
      statement.bind(index, text: UnsafeRawBufferPointer(text))
    case .integer(let p): if let v = p[row] { statement.bind(index, v) } else { statement.bindNull(index) }
    case .code(let p, let missing): if p[row] != missing { statement.bind(index, Int(p[row])) } else { statement.bindNull(index) }
    case .text(let p): if let v = p[row] { statement.bind(index, v) } else { statement.bindNull(index) }
    }
  }
}

extension CivilTime {
  /// `YYYY-MM-DDThh:mm:ss.fffZ`, the form that GeoPackage prescribes, in 24 bytes.
  func write(to text: UnsafeMutableRawBufferPointer) {
    func put(_ value: Int, _ place: Int, _ digits: Int) {
      var rest = value
      for k in (0..<digits).reversed() {
        text[place + k] = UInt8(48 + abs(rest) % 10)
        rest /= 10
      }
    }
    let millis = Int((second * 1000).rounded())
    put(year, 0, 4)
    put(month, 5, 2)
    put(day, 8, 2)
    put(hour, 11, 2)
    put(minute, 14, 2)
    put(millis / 1000, 17, 2)
    put(millis % 1000, 20, 3)
    for (place, mark) in [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"), (19, "."), (23, "Z")] as [(Int, Unicode.Scalar)] { text[place] = UInt8(ascii: mark) }
  }
}
