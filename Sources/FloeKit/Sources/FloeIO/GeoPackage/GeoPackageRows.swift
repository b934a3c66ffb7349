import FloeCore

/// Fills layers that OGR has made: rows, spatial index and the counts and extents that GeoPackage and OGR keep.
///
/// OGR writes one feature after the other and each one into the R-tree. Here the index is packed at once and rows go
/// into pages of the file directly (`SQLitePages`), in a fraction of the time; layers with rows too large for a page go
/// through a prepared statement.
struct GeoPackageRows {
  let file: SQLiteDatabase
  /// The largest record that pages take; 0 to use statements alone.
  let largest: Int

  /// Rows that remain to be put into pages once the file is closed.
  typealias Rest = (SQLitePages) throws -> Void

  /// Fills one empty layer with the rows of a table, but for what the result does later.
  ///
  /// - Throws: a sentence when polygons and rows differ in number, a coordinate column is missing, or SQLite cannot
  ///   write.
  func fill(_ name: String, with table: Table) throws -> [Rest] {
    // Triggers keep index and counts current for later editors; here they would do row by row what is done at once
    // below.
    let triggers = try file.rows(
      "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = \(literal(name)) ORDER BY rowid")
    for trigger in triggers { if let name = trigger[0] { try file.run("DROP TRIGGER \(identifier(name))") } }
    let rows = try LayerRows(name, table, system: system(of: name))
    let fields = try file.rows("SELECT name FROM pragma_table_info(\(literal(name)))").count
    guard fields == rows.fieldCount else {
      throw FloeError("layer '\(name)' of '\(file.path)' has \(fields) columns for \(rows.fieldCount)")
    }
    var rest: [Rest] = []
    if rows.longest <= largest {
      let root = try self.root(of: name)
      rest.append { pages in try rows.write(to: pages, root: root) }
      try file.run("DELETE FROM sqlite_sequence WHERE name = \(literal(name))")
      if table.rowCount > 0 {
        try file.run("INSERT INTO sqlite_sequence (name, seq) VALUES (\(literal(name)), \(table.rowCount))")
      }
    } else {
      let marks = repeatElement("?", count: fields).joined(separator: ",")
      try rows.insert(with: SQLiteStatement(file, "INSERT INTO \(identifier(name)) VALUES (\(marks))"))
    }
    try file.run("UPDATE gpkg_ogr_contents SET feature_count = \(table.rowCount) WHERE table_name = \(literal(name))")
    let boxes = rows.boxes()
    if !boxes.index.isEmpty {
      let e = boxes.extent
      try file.run(
        """
        UPDATE gpkg_contents SET min_x = \(e.low.x), min_y = \(e.low.y), max_x = \(e.high.x), max_y = \(e.high.y) \
        WHERE table_name = \(literal(name))
        """
      )
      if let more = try fillIndex("rtree_\(name)_\(GeoPackageSchema.geometryColumn)", boxes.index, rows: table.rowCount)
      {
        rest.append(more)
      }
    }
    let again = GeoPackageTriggers.current(
      triggers.compactMap { $0[1] }, layer: name, identifier: GeoPackageWriter.identifierColumn(of: table),
      index: "rtree_\(name)_\(GeoPackageSchema.geometryColumn)")
    for sql in again { try file.run(sql) }
    return rest
  }

  private func root(of name: String) throws -> Int {
    let found = try file.rows("SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = \(literal(name))")
    guard let root = found.first?.first.flatMap({ $0 }).flatMap({ Int($0) }) else {
      throw FloeError("'\(file.path)' has no table '\(name)'")
    }
    return root
  }

  private func system(of name: String) throws -> Int32 {
    let found = try file.rows("SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = \(literal(name))")
    return found.first?.first.flatMap { $0 }.flatMap { Int32($0) } ?? 0
  }

  private func fillIndex(_ name: String, _ entries: [(id: Int, box: RTreeRectangle)], rows: Int) throws -> Rest? {
    let sizes = try file.rows("SELECT length(data) FROM \(identifier(name + "_node")) WHERE nodeno = 1")
    // A layer without index; nothing to fill.
    guard let size = sizes.first?.first.flatMap({ $0 }).flatMap({ Int($0) }) else { return nil }
    let tree = RTreeIndex(entries, capacity: (size - 4) / 24)
    for part in ["_node", "_parent", "_rowid"] { try file.run("DELETE FROM \(identifier(name + part))") }
    let node = try SQLiteStatement(file, "INSERT INTO \(identifier(name + "_node")) VALUES (?, ?)")
    var leaf = [Int](repeating: 0, count: rows + 1)
    var parent = [Int](repeating: 0, count: tree.nodes.count + 1)
    for item in tree.nodes.sorted(by: { $0.number < $1.number }) {
      node.bind(1, item.number)
      try tree.bytes(item, size: size).withUnsafeBytes {
        node.bind(2, blob: $0)
        try node.insert()
      }
      for child in item.children {
        if item.level == 0 { leaf[child.id] = item.number } else { parent[child.id] = item.number }
      }
    }
    try insert(parent, into: name + "_parent")
    guard largest > 0 else {
      try insert(leaf, into: name + "_rowid")
      return nil
    }
    let root = try self.root(of: name + "_rowid")
    let used = entries.map(\.id)
    return { pages in
      try pages.fill(root: root, count: used.count, columns: 2) { i, record in
        record.bindNull(1)
        record.bind(2, leaf[used[i]])
        return used[i]
      }
    }
  }

  /// The numbers above 0 by their places.
  private func insert(_ numbers: [Int], into table: String) throws {
    let statement = try SQLiteStatement(file, "INSERT INTO \(identifier(table)) VALUES (?, ?)")
    for (id, number) in numbers.enumerated() where number > 0 {
      statement.bind(1, id)
      statement.bind(2, number)
      try statement.insert()
    }
  }

  private func literal(_ text: String) -> String { TextEscape.sql(text) }
  private func identifier(_ name: String) -> String {
    "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}

/// The rows of one layer on their way into the file: identifiers from 1, geometry, columns in order.
private struct LayerRows {
  private let columns: [Column], count: Int, hasGeometry: Bool, shapes: GeometryBlob
  /// Identifier, geometry if there is one, and columns.
  var fieldCount: Int { columns.count + (hasGeometry ? 2 : 1) }

  init(_ name: String, _ table: Table, system: Int32) throws {
    columns = LayerColumns.of(table)
    count = table.rowCount
    hasGeometry = table.geometry != nil
    shapes = try GeometryBlob(table, name: name, system: system)
  }

  /// The most bytes that a record takes.
  var longest: Int {
    let texts = columns.reduce(0) { sum, column in
      guard case .text(let v) = column.values else { return sum + 24 }
      return sum + v.reduce(0) { max($0, $1?.utf8.count ?? 0) }
    }
    return 9 * (fieldCount + 1) + texts + shapes.longest
  }

  func write(to pages: SQLitePages, root: Int) throws {
    try Cells.withColumns(columns) { cells in
      try pages.fill(root: root, count: count, columns: fieldCount) { row, record in
        // The identifier is the row's own number and stands in no column.
        record.bindNull(1)
        bind(row, cells, to: record)
        return row + 1
      }
    }
  }

  func insert(with statement: SQLiteStatement) throws {
    try Cells.withColumns(columns) { cells in
      for row in 0..<count {
        statement.bind(1, row + 1)
        bind(row, cells, to: statement)
        try statement.insert()
      }
    }
  }

  @inline(__always) private func bind(_ row: Int, _ cells: [Cells], to sink: some RowSink) {
    var index: Int32 = 2
    if hasGeometry {
      if shapes.encode(row) != nil { sink.bind(index, blob: shapes.blob) } else { sink.bindNull(index) }
      index += 1
    }
    for cell in cells {
      cell.bind(row, to: sink, index)
      index += 1
    }
  }

  /// Rectangles of the rows that have a geometry, and the extent of all of them.
  func boxes() -> (index: [(id: Int, box: RTreeRectangle)], extent: (low: SIMD2<Double>, high: SIMD2<Double>)) {
    var index: [(id: Int, box: RTreeRectangle)] = []
    var low = SIMD2(Double.infinity, .infinity)
    var high = -low
    guard hasGeometry else { return (index, (low, high)) }
    index.reserveCapacity(count)
    for row in 0..<count {
      guard let box = shapes.extent(row) else { continue }
      index.append((row + 1, RTreeRectangle(minX: box.low.x, maxX: box.high.x, minY: box.low.y, maxY: box.high.y)))
      low = pointwiseMin(low, box.low)
      high = pointwiseMax(high, box.high)
    }
    return (index, (low, high))
  }
}

/// The values of one column, borrowed while rows are written.
private enum Cells {
  case number(UnsafePointer<Double>)
  case time(UnsafePointer<Double>, UnsafeMutableRawBufferPointer)
  case integer(UnsafePointer<Int?>)
  case code(UnsafePointer<Int16>, missing: Int16)
  case text(UnsafePointer<String?>)

  /// Passes the columns' memory, alive until `body` returns.
  static func withColumns(_ columns: [Column], _ body: ([Cells]) throws -> Void) throws {
    try withColumns(columns[...], [], body)
  }

  private static func withColumns(_ rest: ArraySlice<Column>, _ done: [Cells], _ body: ([Cells]) throws -> Void) throws
  {
    guard let column = rest.first, column.values.count > 0 else { return try rest.isEmpty ? body(done) : body([]) }
    func more(_ cell: Cells?) throws { try withColumns(rest.dropFirst(), cell.map { done + [$0] } ?? done, body) }
    switch column.values {
    case .number(let v):
      try v.withUnsafeBufferPointer { p in
        guard column.isTime else { return try more(p.baseAddress.map { .number($0) }) }
        try withUnsafeTemporaryAllocation(byteCount: 24, alignment: 1) { text in
          try more(p.baseAddress.map { .time($0, text) })
        }
      }
    case .integer(let v): try v.withUnsafeBufferPointer { try more($0.baseAddress.map { .integer($0) }) }
    case .code(let v, let missing):
      try v.withUnsafeBufferPointer { try more($0.baseAddress.map { .code($0, missing: missing) }) }
    case .text(let v): try v.withUnsafeBufferPointer { try more($0.baseAddress.map { .text($0) }) }
    case .array: try more(nil)
    }
  }

  @inline(__always) func bind(_ row: Int, to statement: some RowSink, _ index: Int32) {
    switch self {
    case .number(let p): if p[row].isFinite { statement.bind(index, p[row]) } else { statement.bindNull(index) }
    case .time(let p, let text):
      guard p[row].isFinite else { return statement.bindNull(index) }
      CalendarTime(seconds: p[row]).write(to: text)
      statement.bind(index, text: UnsafeRawBufferPointer(text))
    case .integer(let p): if let v = p[row] { statement.bind(index, v) } else { statement.bindNull(index) }
    case .code(let p, let missing):
      if p[row] != missing { statement.bind(index, Int(p[row])) } else { statement.bindNull(index) }
    case .text(let p): if let v = p[row] { statement.bind(index, v) } else { statement.bindNull(index) }
    }
  }
}

extension CalendarTime {
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
    for (place, mark) in [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"), (19, "."), (23, "Z")]
      as [(Int, Unicode.Scalar)]
    { text[place] = UInt8(ascii: mark) }
  }
}
