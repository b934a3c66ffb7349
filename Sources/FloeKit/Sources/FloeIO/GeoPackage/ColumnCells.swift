import FloeCore

/// The values of one column, borrowed while rows are written.
enum ColumnCells {
  case number(UnsafePointer<Double>)
  /// With memory for the texts of one statement's rows.
  case time(UnsafePointer<Double>, UnsafeMutableRawBufferPointer)
  case integer(UnsafePointer<Int?>)
  case code(UnsafePointer<Int16>, missing: Int16)
  case text(UnsafePointer<String?>)

  /// Passes the columns' memory, alive until `body` returns.
  static func withColumns(_ columns: [Column], _ body: ([ColumnCells]) throws -> Void) throws {
    try withColumns(columns[...], [], body)
  }

  private static func withColumns(
    _ rest: ArraySlice<Column>, _ done: [ColumnCells], _ body: ([ColumnCells]) throws -> Void
  ) throws {
    guard let column = rest.first, column.values.count > 0 else { return try rest.isEmpty ? body(done) : body([]) }
    func more(_ cells: ColumnCells?) throws {
      try withColumns(rest.dropFirst(), cells.map { done + [$0] } ?? done, body)
    }
    switch column.values {
    case .number(let v):
      try v.withUnsafeBufferPointer { p in
        guard column.isTime else { return try more(p.baseAddress.map { .number($0) }) }
        let room = CalendarTime.textLength * SQLiteInsert.mostRows
        try withUnsafeTemporaryAllocation(byteCount: room, alignment: 1) { texts in
          try more(p.baseAddress.map { .time($0, texts) })
        }
      }
    case .integer(let v): try v.withUnsafeBufferPointer { try more($0.baseAddress.map { .integer($0) }) }
    case .code(let v, let missing):
      try v.withUnsafeBufferPointer { try more($0.baseAddress.map { .code($0, missing: missing) }) }
    case .text(let v): try v.withUnsafeBufferPointer { try more($0.baseAddress.map { .text($0) }) }
    case .array: try more(nil)
    }
  }

  /// Binds the value of one row, a missing one as NULL.
  ///
  /// - Parameters:
  ///   - slot: the row's place among those of the statement, below `SQLiteInsert.mostRows`.
  ///   - index: the parameter, counted from 1.
  @inline(__always) func bind(_ row: Int, slot: Int, to statement: SQLiteStatement, _ index: Int32) {
    switch self {
    case .number(let p): if p[row].isFinite { statement.bind(index, p[row]) } else { statement.bindNull(index) }
    case .time(let p, let texts):
      guard p[row].isFinite else { return statement.bindNull(index) }
      let start = CalendarTime.textLength * slot
      let text = UnsafeMutableRawBufferPointer(rebasing: texts[start..<start + CalendarTime.textLength])
      CalendarTime(seconds: p[row]).write(to: text)
      statement.bind(index, text: UnsafeRawBufferPointer(text))
    case .integer(let p): if let v = p[row] { statement.bind(index, v) } else { statement.bindNull(index) }
    case .code(let p, let missing):
      if p[row] != missing { statement.bind(index, Int(p[row])) } else { statement.bindNull(index) }
    case .text(let p): if let v = p[row] { statement.bind(index, v) } else { statement.bindNull(index) }
    }
  }
}
