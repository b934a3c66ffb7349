import FloeCore

/// Fills layers that OGR has made: rows, spatial index and the counts and extents that GeoPackage and OGR keep.
///
/// OGR writes one feature after the other and each one into the R-tree. Here rows go through prepared statements of
/// several rows and the index is packed at once, in a fraction of the time.
struct GeoPackageRows {
  let file: SQLiteDatabase

  /// Fills one empty layer with the rows of a table.
  ///
  /// - Throws: a sentence when polygons and rows differ in number, a coordinate column is missing, or SQLite cannot
  ///   write.
  func fill(_ name: String, with table: Table) throws {
    // Triggers keep index and counts current for later editors; here they would do row by row what is done at once
    // below.
    let layer = TextEscape.sql(name)
    let triggers = try file.rows(
      "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = \(layer) ORDER BY rowid")
    for trigger in triggers {
      if let name = trigger[0] { try file.run("DROP TRIGGER \(TextEscape.sqlName(name))") }
    }
    let rows = try LayerRows(name, table, system: system(of: name))
    let fields = try file.rows("SELECT name FROM pragma_table_info(\(layer))").count
    guard fields == rows.fieldCount else {
      throw FloeError("layer '\(name)' of '\(file.path)' has \(fields) columns for \(rows.fieldCount)")
    }
    try rows.insert(into: TextEscape.sqlName(name), of: file)
    try file.run("UPDATE gpkg_ogr_contents SET feature_count = \(table.rowCount) WHERE table_name = \(layer)")
    let boxes = rows.boxes()
    let index = "rtree_\(name)_\(GeoPackageSchema.geometryColumn)"
    if !boxes.index.isEmpty {
      let e = boxes.extent
      try file.run(
        """
        UPDATE gpkg_contents SET min_x = \(e.low.x), min_y = \(e.low.y), max_x = \(e.high.x), max_y = \(e.high.y) \
        WHERE table_name = \(layer)
        """
      )
      try fillIndex(index, boxes.index, rows: table.rowCount)
    }
    let again = GeoPackageTriggers.current(
      triggers.compactMap { $0[1] }, layer: name, identifier: LayerColumns.identifier(of: table), index: index)
    for sql in again { try file.run(sql) }
  }

  private func system(of name: String) throws -> Int32 {
    let found = try file.rows(
      "SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = \(TextEscape.sql(name))")
    return found.first?.first.flatMap { $0 }.flatMap { Int32($0) } ?? 0
  }

  private func fillIndex(_ name: String, _ entries: [(id: Int, box: RTreeRectangle)], rows: Int) throws {
    let nodes = TextEscape.sqlName(name + "_node")
    let sizes = try file.rows("SELECT length(data) FROM \(nodes) WHERE nodeno = 1")
    // A layer without index; nothing to fill.
    guard let size = sizes.first?.first.flatMap({ $0 }).flatMap({ Int($0) }) else { return }
    let tree = RTreeIndex(entries, capacity: (size - 4) / 24)
    for part in ["_node", "_parent", "_rowid"] { try file.run("DELETE FROM \(TextEscape.sqlName(name + part))") }
    let node = try SQLiteStatement(file, "INSERT INTO \(nodes) VALUES (?, ?)")
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
    try insert(leaf, into: name + "_rowid")
  }

  /// The numbers above 0 by their places.
  private func insert(_ numbers: [Int], into table: String) throws {
    let places = numbers.indices.filter { numbers[$0] > 0 }
    try SQLiteInsert(file, into: TextEscape.sqlName(table), columns: 2).run(rows: places.count) { rows, statement in
      var index: Int32 = 1
      for place in places[rows] {
        statement.bind(index, place)
        statement.bind(index + 1, numbers[place])
        index += 2
      }
    }
  }
}
