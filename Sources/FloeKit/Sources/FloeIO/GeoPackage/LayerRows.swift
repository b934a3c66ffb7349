import FloeCore

/// The rows of one layer on their way into the file: identifiers from 1, geometry, columns in order.
struct LayerRows {
  private let columns: [Column], count: Int, hasGeometry: Bool, shapes: GeometryBlob
  /// Identifier, geometry if there is one, and columns.
  var fieldCount: Int { columns.count + (hasGeometry ? 2 : 1) }

  /// - Parameters:
  ///   - name: the layer's, for sentences.
  ///   - system: the layer's `srs_id`.
  /// - Throws: a sentence when there are not as many polygons as rows, or a coordinate column is missing.
  init(_ name: String, _ table: Table, system: Int32) throws {
    columns = LayerColumns.of(table)
    count = table.rowCount
    hasGeometry = table.geometry != nil
    shapes = try GeometryBlob(table, name: name, system: system)
  }

  /// Puts all rows into a table.
  ///
  /// - Parameter table: the table's name as an SQL identifier.
  /// - Throws: a sentence where SQLite refuses a value or cannot write.
  func insert(into table: String, of file: SQLiteDatabase) throws {
    try ColumnCells.withColumns(columns) { values in
      var places: [Range<Int>?] = []
      try SQLiteInsert(file, into: table, columns: fieldCount).run(rows: count) { rows, statement in
        // The geometries of all rows first, since their memory moves where it grows.
        shapes.clear()
        places.removeAll(keepingCapacity: true)
        if hasGeometry { for row in rows { places.append(shapes.encode(row)) } }
        var index: Int32 = 1
        for (slot, row) in rows.enumerated() {
          statement.bind(index, row + 1)
          index += 1
          if hasGeometry {
            if let place = places[slot] {
              statement.bind(index, blob: shapes.bytes(place))
            } else {
              statement.bindNull(index)
            }
            index += 1
          }
          for column in values {
            column.bind(row, slot: slot, to: statement, index)
            index += 1
          }
        }
      }
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
