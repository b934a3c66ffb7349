import FloeCore
import Glibc
import Synchronization

/// What a table that is read may take of memory. A file of a few megabytes can unpack to any number of rows.
public enum TableMemory {
  /// The least that a number takes.
  static let cell = 8
  private static let most = Atomic<Int>(0)

  /// Sets the bytes that one table may take: what the whole process may.
  public static func allow(_ bytes: Int) { most.store(max(1, bytes), ordering: .relaxed) }

  /// Half of the machine's memory where nobody set another limit.
  static var limit: Int {
    let set = most.load(ordering: .relaxed)
    if set > 0 { return set }
    let (bytes, isBeyond) = sysconf(Int32(_SC_PHYS_PAGES)).multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE)))
    return isBeyond || bytes <= 0 ? .max : bytes / 2
  }

  /// - Throws: a sentence where so many bytes are beyond the limit; `place` is the layer or file.
  static func check(_ bytes: Int, rows: Int, _ place: String) throws {
    let allowed = limit
    guard bytes > allowed else { return }
    throw FloeError(
      "\(place) does not fit into memory: its first \(rows) rows take more than the \(allowed / 1_000_000) MB that "
        + "floe may use; a larger --memory, or fewer rows or columns, are right")
  }

  /// Refuses workbooks and KML that OGR would unpack and build up in memory as a whole.
  static func checkDocument(_ path: String) throws {
    let lower = path.lowercased()
    let size: Int
    if [".xlsx", ".ods", ".kmz"].contains(where: lower.hasSuffix) {
      let archive = VirtualFile.zip(path)
      // Whoever opens the file tells that it is no archive.
      guard let names = try? VirtualFile.list(archive, recursive: true) else { return }
      // An entry that cannot be measured is told when it is read.
      size = names.compactMap { try? VirtualFile.size("\(archive)/\($0)") }.reduce(0) { $0 + min(max(0, $1), 1 << 50) }
    } else if lower.hasSuffix(".kml") {
      // Whoever opens the file tells that it is not there.
      guard let found = try? VirtualFile.size(path) else { return }
      size = found
    } else {
      return
    }
    // A document takes about four times its size.
    guard size > limit / 4 else { return }
    throw FloeError(
      "'\(path)' holds \(size / 1_000_000) MB of XML, which take about four times that to read, more than the "
        + "\(limit / 1_000_000) MB that floe may use; a larger --memory, or the table as CSV or GeoPackage, are right")
  }
}
