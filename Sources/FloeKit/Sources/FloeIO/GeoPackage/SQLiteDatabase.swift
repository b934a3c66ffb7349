internal import CSQLite
import FloeCore

/// An SQLite database opened by one thread for bulk writing.
///
/// Nothing protects the file while it is written: it belongs to outputs that are made aside and thrown away after a
/// failure.
final class SQLiteDatabase {
  let path: String
  private let handle: OpaquePointer

  /// Opens a file that exists.
  init(path: String) throws {
    var opened: OpaquePointer?
    // Without mutexes, since a connection belongs to one thread.
    let status = sqlite3_open_v2(path, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil)
    guard status == SQLITE_OK, let opened else {
      let reason = opened.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(status))
      sqlite3_close(opened)
      throw FloeError("'\(path)' cannot be opened: \(reason)")
    }
    self.path = path
    handle = opened
    do {
      // 8 MB of pages: tables are filled from their ends, which asks for few. A fixed number, so that the order in
      // which pages reach the file does not depend on the machine.
      for pragma in ["locking_mode = EXCLUSIVE", "journal_mode = OFF", "synchronous = OFF", "cache_size = -8192"] {
        try run("PRAGMA \(pragma)")
      }
    } catch {
      sqlite3_close(opened)
      throw error
    }
  }

  deinit { sqlite3_close(handle) }

  /// Runs statements that give no rows, or whose rows do not matter.
  func run(_ sql: String) throws {
    guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw failure }
  }

  /// What went wrong last.
  var failure: FloeError { FloeError("'\(path)' cannot be written: \(String(cString: sqlite3_errmsg(handle)))") }

  /// A compiled statement, which the caller finalizes.
  func prepare(_ sql: String) throws -> OpaquePointer {
    var made: OpaquePointer?
    guard sqlite3_prepare_v2(handle, sql, -1, &made, nil) == SQLITE_OK, let made else { throw failure }
    return made
  }
}
