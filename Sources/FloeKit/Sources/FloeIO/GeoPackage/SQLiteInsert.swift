/// Fills a table through prepared statements of several rows each.
///
/// What SQLite does once a statement costs about as much as a row: keeping the last number of a table with
/// AUTOINCREMENT, beginning, ending. The file's bytes do not depend on the rows of a statement.
struct SQLiteInsert {
  /// The most rows of one statement.
  static let mostRows = 16
  /// The most parameters that every SQLite takes; those before 3.32 take no more.
  private static let mostParameters = 999

  private let file: SQLiteDatabase
  private let table: String
  private let columns: Int

  /// - Parameters:
  ///   - table: the table's name as an SQL identifier.
  ///   - columns: how many columns it has, all of them given values.
  init(_ file: SQLiteDatabase, into table: String, columns: Int) {
    self.file = file
    self.table = table
    self.columns = columns
  }

  /// Inserts rows in order.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - bind: binds the values of some rows, one row's columns after the other's, from parameter 1 on. Bytes that
  ///     are bound without a copy must stay until it is called again, or `run` has returned.
  /// - Throws: a sentence where SQLite refuses a value or cannot write; what `bind` throws.
  func run(rows count: Int, _ bind: (Range<Int>, SQLiteStatement) throws -> Void) throws {
    let most = max(1, min(Self.mostRows, Self.mostParameters / columns))
    let row = "(" + repeatElement("?", count: columns).joined(separator: ",") + ")"
    var next = 0
    for size in most > 1 ? [most, 1] : [1] where count - next >= size {
      let rows = repeatElement(row, count: size).joined(separator: ",")
      let statement = try SQLiteStatement(file, "INSERT INTO \(table) VALUES \(rows)")
      while count - next >= size {
        try bind(next..<next + size, statement)
        try statement.insert()
        next += size
      }
    }
  }
}
