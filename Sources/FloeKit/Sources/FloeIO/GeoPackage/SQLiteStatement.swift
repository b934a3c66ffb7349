internal import CSQLite
import FloeCore

/// A prepared statement; parameters count from 1 and keep their values from row to row.
final class SQLiteStatement {
  private let file: SQLiteDatabase
  private let handle: OpaquePointer
  /// The first status other than SQLITE_OK that a value met.
  private var refusal = SQLITE_OK

  init(_ file: SQLiteDatabase, _ sql: String) throws {
    self.file = file
    handle = try file.prepare(sql)
  }

  deinit { sqlite3_finalize(handle) }

  @inline(__always) func bind(_ index: Int32, _ value: Double) { note(sqlite3_bind_double(handle, index, value)) }
  @inline(__always) func bind(_ index: Int32, _ value: Int) { note(sqlite3_bind_int64(handle, index, Int64(value))) }
  @inline(__always) func bindNull(_ index: Int32) { note(sqlite3_bind_null(handle, index)) }

  func bind(_ index: Int32, _ value: String) {
    var value = value
    value.withUTF8 { utf8 in
      // An empty text may have no address, which SQLite would take for NULL.
      utf8.withMemoryRebound(to: CChar.self) { bytes in
        if let address = bytes.baseAddress {
          note(floe_sqlite_bind_copied_text(handle, index, address, length(bytes.count)))
        } else {
          note(floe_sqlite_bind_copied_text(handle, index, "", 0))
        }
      }
    }
  }

  /// Binds bytes that must stay as they are until the next `insert` has returned.
  @inline(__always) func bind(_ index: Int32, text: UnsafeRawBufferPointer) {
    note(
      sqlite3_bind_text(handle, index, text.baseAddress?.assumingMemoryBound(to: CChar.self), length(text.count), nil))
  }
  @inline(__always) func bind(_ index: Int32, blob: UnsafeRawBufferPointer) {
    note(sqlite3_bind_blob(handle, index, blob.baseAddress, length(blob.count), nil))
  }

  /// Keeps the first refusal of a value, which `insert` and `next` throw: a value that SQLite does not take would be
  /// written as NULL.
  @inline(__always) private func note(_ status: Int32) {
    if status != SQLITE_OK, refusal == SQLITE_OK { refusal = status }
  }

  /// A length for SQLite, which refuses more than about 1 GB; what does not fit its type is noted as refused.
  @inline(__always) private func length(_ count: Int) -> Int32 {
    if let fits = Int32(exactly: count) { return fits }
    note(SQLITE_TOOBIG)
    return 0
  }

  private func checkValues() throws {
    guard refusal != SQLITE_OK else { return }
    let reason = String(cString: sqlite3_errstr(refusal))
    refusal = SQLITE_OK
    throw FloeError("'\(file.path)' cannot be written: a value was refused: \(reason)")
  }

  /// Runs the statement once with what is bound.
  ///
  /// - Throws: a sentence when a value bound before was refused, or the row cannot be written.
  @inline(__always) func insert() throws {
    try checkValues()
    let status = sqlite3_step(handle)
    sqlite3_reset(handle)
    guard status == SQLITE_DONE else { throw file.failure }
  }

  /// Goes to the next row of a query.
  func next() throws -> Bool {
    try checkValues()
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default: throw file.failure
    }
  }

  /// The current row.
  var texts: [String?] {
    (0..<sqlite3_column_count(handle)).map { i in sqlite3_column_text(handle, i).map { String(cString: $0) } }
  }
}

extension SQLiteDatabase {
  /// The rows of a query as texts; nil for NULL.
  func rows(_ sql: String) throws -> [[String?]] {
    let statement = try SQLiteStatement(self, sql)
    var result: [[String?]] = []
    while try statement.next() { result.append(statement.texts) }
    return result
  }
}
