import FloeCore
import Glibc

/// Takes the values of one row, column by column in ascending order, counted from 1.
protocol RowSink: AnyObject {
  func bind(_ index: Int32, _ value: Double)
  func bind(_ index: Int32, _ value: Int)
  func bind(_ index: Int32, _ value: String)
  func bind(_ index: Int32, text: UnsafeRawBufferPointer)
  func bind(_ index: Int32, blob: UnsafeRawBufferPointer)
  func bindNull(_ index: Int32)
}

extension SQLiteStatement: RowSink {}

/// One row in SQLite's record format: sizes and kinds of the values, then the values, big-endian.
final class SQLiteRecord: RowSink {
  private let kinds: UnsafeMutablePointer<UInt8>, body: UnsafeMutablePointer<UInt8>
  private var kindLength = 0, bodyLength = 0

  /// - Parameter columns: the most columns of a row.
  /// - Parameter capacity: the most bytes that its values take.
  init(columns: Int, capacity: Int) {
    kinds = .allocate(capacity: columns * 9)
    body = .allocate(capacity: capacity + 16)
  }

  deinit {
    kinds.deallocate()
    body.deallocate()
  }

  func clear() { (kindLength, bodyLength) = (0, 0) }

  func bindNull(_ index: Int32) { kind(0) }
  func bind(_ index: Int32, _ value: Double) {
    kind(7)
    put(value.bitPattern, bytes: 8)
  }
  func bind(_ index: Int32, _ value: Int) {
    switch value {
    case -128...127: integer(value, 1, 1)
    case -32_768...32_767: integer(value, 2, 2)
    case -8_388_608...8_388_607: integer(value, 3, 3)
    case -2_147_483_648...2_147_483_647: integer(value, 4, 4)
    default: integer(value, 6, 8)
    }
  }
  func bind(_ index: Int32, _ value: String) {
    var value = value
    value.withUTF8 { bytes(UnsafeRawBufferPointer($0), kind: 13) }
  }
  func bind(_ index: Int32, text: UnsafeRawBufferPointer) { bytes(text, kind: 13) }
  func bind(_ index: Int32, blob: UnsafeRawBufferPointer) { bytes(blob, kind: 12) }

  private func integer(_ value: Int, _ kind: Int, _ bytes: Int) {
    self.kind(kind)
    put(UInt64(bitPattern: Int64(value)), bytes: bytes)
  }
  private func bytes(_ source: UnsafeRawBufferPointer, kind base: Int) {
    kind(base + 2 * source.count)
    if let address = source.baseAddress { memcpy(body + bodyLength, address, source.count) }
    bodyLength += source.count
  }
  private func kind(_ number: Int) { kindLength += SQLiteNumber.put(UInt64(number), at: kinds + kindLength) }
  private func put(_ value: UInt64, bytes: Int) {
    for k in 0..<bytes { body[bodyLength + k] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (bytes - 1 - k))) }
    bodyLength += bytes
  }

  /// The size of the record's head, its own length included.
  private var headLength: Int { kindLength < 127 ? kindLength + 1 : kindLength + 2 }
  /// The size as a cell of a table's leaf.
  func cellLength(rowid: Int) -> Int {
    let payload = headLength + bodyLength
    return SQLiteNumber.length(UInt64(payload)) + SQLiteNumber.length(UInt64(rowid)) + payload
  }

  /// Writes the cell; it must have `cellLength` bytes of room.
  func write(rowid: Int, to target: UnsafeMutablePointer<UInt8>) {
    var p = target
    p += SQLiteNumber.put(UInt64(headLength + bodyLength), at: p)
    p += SQLiteNumber.put(UInt64(rowid), at: p)
    p += SQLiteNumber.put(UInt64(headLength), at: p)
    memcpy(p, kinds, kindLength)
    memcpy(p + kindLength, body, bodyLength)
  }
}

/// SQLite's numbers of variable length: seven bits a byte, the highest first.
enum SQLiteNumber {
  static func length(_ v: UInt64) -> Int { max(1, (70 - v.leadingZeroBitCount) / 7) }

  /// Writes a number below 2^56 and returns its length.
  @inline(__always) static func put(_ v: UInt64, at p: UnsafeMutablePointer<UInt8>) -> Int {
    if v < 128 {
      p[0] = UInt8(v)
      return 1
    }
    let n = length(v)
    for k in 0..<n { p[k] = UInt8(truncatingIfNeeded: v >> UInt64(7 * (n - 1 - k))) & 0x7f | (k < n - 1 ? 0x80 : 0) }
    return n
  }
}

/// Appends the rows of empty tables to a closed SQLite file, page by page.
///
/// It relies on these parts of SQLite's documented file format (https://www.sqlite.org/fileformat2.html, sections in
/// numbers):
/// - 1.3, the file's head: page size (bytes 16-17), reserved bytes a page (20), number of pages (28-31) and the
///   counters that say that it
///   holds (24-27, 92-95), no automatic vacuum (52-55), text in UTF-8 (56-59); 1.4, the page of the lock byte stays
///   unused;
/// - 1.6, B-tree pages: leaves of tables (type 13; cells of payload size, rowid and payload) and interior pages of
///   tables (type 5; cells
///   of a left child's number and its largest rowid, and the rightmost child);
/// - 2.1, records: numbers of variable length, kinds and values.
///
/// Nothing else is made: no overflow pages, no indices, no free list. Rows come in ascending order and none overflows
/// its page, so each B-tree is a run of full leaves under levels of interior pages, and the table's own root page
/// becomes the topmost. Tables with a row that would overflow (above `largest` bytes), and files of another layout,
/// are filled by `GeoPackageRows` with prepared statements; tests compare the rows that both ways give and let SQLite
/// check the file's integrity.
final class SQLitePages {
  private let path: String
  private let descriptor: Int32
  private let pageSize: Int, usable: Int
  private var pages: Int
  private let buffer: UnsafeMutablePointer<UInt8>
  private var buffered = 0, firstBuffered = 0
  private var isClosed = false
  private static let capacity = 256

  /// The largest record that stays on its page.
  var largest: Int { usable - 35 }

  /// Opens a file; nil where its layout is not supported here (vacuumed by itself, or not in UTF-8).
  init?(path: String) throws {
    descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw FloeError("'\(path)' cannot be opened: \(String(cString: strerror(errno)))") }
    self.path = path
    var head = [UInt8](repeating: 0, count: 100)
    let got = pread(descriptor, &head, 100, 0)
    func number(_ at: Int, _ bytes: Int) -> Int { head[at..<at + bytes].reduce(0) { $0 << 8 | Int($1) } }
    pageSize = number(16, 2) == 1 ? 65_536 : number(16, 2)
    usable = pageSize - Int(head[20])
    pages = number(28, 4)
    buffer = .allocate(capacity: max(512, pageSize) * Self.capacity)
    guard got == 100, pageSize >= 512, number(52, 4) == 0, number(56, 4) == 1, number(24, 4) == number(92, 4) else {
      return nil
    }
  }

  deinit {
    buffer.deallocate()
    // After `finish` there is nothing to close; before it the file is thrown away.
    if !isClosed { close(descriptor) }
  }

  /// Fills a table.
  ///
  /// - Parameters:
  ///   - root: the table's root page.
  ///   - count: the rows.
  ///   - row: puts the row's values into the record and returns its rowid, which must be above the one before.
  func fill(root: Int, count: Int, columns: Int, _ row: (Int, SQLiteRecord) -> Int) throws {
    guard count > 0 else { return }
    let record = SQLiteRecord(columns: columns, capacity: usable)
    var level: [(page: Int, last: Int)] = []
    let page = UnsafeMutablePointer<UInt8>.allocate(capacity: pageSize)
    defer { page.deallocate() }
    page.initialize(repeating: 0, count: pageSize)
    var cells = 0
    var content = usable
    var last = 0
    func finish(isLast: Bool) throws {
      Self.head(page, kind: 13, cells: cells, content: content)
      // A table that fits one leaf: that leaf is the root.
      if isLast, level.isEmpty { return try write(page, root) }
      level.append((try append(page), last))
      page.update(repeating: 0, count: pageSize)
      (cells, content) = (0, usable)
    }
    for i in 0..<count {
      record.clear()
      let id = row(i, record)
      let length = record.cellLength(rowid: id)
      if content - length < 8 + 2 * (cells + 1) { try finish(isLast: false) }
      content -= length
      record.write(rowid: id, to: page + content)
      page[8 + 2 * cells] = UInt8(content >> 8)
      page[9 + 2 * cells] = UInt8(content & 255)
      cells += 1
      last = id
    }
    try finish(isLast: true)
    while level.count > 1 { level = try interior(level, root: root) }
  }

  /// The level above some pages; the topmost goes to the root.
  private func interior(_ children: [(page: Int, last: Int)], root: Int) throws -> [(page: Int, last: Int)] {
    let most = (usable - 12) / 15
    let count = (children.count + most - 1) / most
    let page = UnsafeMutablePointer<UInt8>.allocate(capacity: pageSize)
    defer { page.deallocate() }
    var result: [(page: Int, last: Int)] = []
    for part in 0..<count {
      let run = children[children.count * part / count..<children.count * (part + 1) / count]
      guard let rightmost = run.last else { continue }
      page.initialize(repeating: 0, count: pageSize)
      var content = usable
      for (k, child) in run.dropLast().enumerated() {
        content -= 4 + SQLiteNumber.length(UInt64(child.last))
        Self.put32(child.page, page + content)
        _ = SQLiteNumber.put(UInt64(child.last), at: page + content + 4)
        page[12 + 2 * k] = UInt8(content >> 8)
        page[13 + 2 * k] = UInt8(content & 255)
      }
      Self.head(page, kind: 5, cells: run.count - 1, content: content)
      Self.put32(rightmost.page, page + 8)
      if count == 1 { try write(page, root) }
      result.append((count == 1 ? root : try append(page), rightmost.last))
    }
    return result
  }

  /// Ends the work: all pages written, their number in the file's head.
  func finish() throws {
    try flush()
    var number = UInt32(pages).bigEndian
    try check(pwrite(descriptor, &number, 4, 28) == 4)
    // The last page may be the one that is never used.
    try check(ftruncate(descriptor, off_t(pages) * off_t(pageSize)) == 0)
    isClosed = true
    // A quota or a disk behind a network may refuse only now.
    try check(close(descriptor) == 0 || errno == EINTR)
  }

  private func append(_ page: UnsafeMutablePointer<UInt8>) throws -> Int {
    // The page with byte 2^30 is kept for locks.
    let next = pages + 1 == (1 << 30) / pageSize + 1 ? pages + 2 : pages + 1
    if buffered == Self.capacity || next != firstBuffered + buffered { try flush() }
    if buffered == 0 { firstBuffered = next }
    memcpy(buffer + buffered * pageSize, page, pageSize)
    buffered += 1
    pages = next
    return next
  }

  private func flush() throws {
    guard buffered > 0 else { return }
    try check(
      pwrite(descriptor, buffer, buffered * pageSize, off_t(firstBuffered - 1) * off_t(pageSize)) == buffered * pageSize
    )
    buffered = 0
  }

  private func write(_ page: UnsafeMutablePointer<UInt8>, _ number: Int) throws {
    try check(pwrite(descriptor, page, pageSize, off_t(number - 1) * off_t(pageSize)) == pageSize)
  }

  private func check(_ isDone: Bool) throws {
    if !isDone {
      throw FloeError("'\(path)' cannot be written: \(String(cString: strerror(errno == 0 ? ENOSPC : errno)))")
    }
  }

  private static func head(_ page: UnsafeMutablePointer<UInt8>, kind: UInt8, cells: Int, content: Int) {
    page[0] = kind
    page[3] = UInt8(cells >> 8)
    page[4] = UInt8(cells & 255)
    // 65536 is written as 0.
    page[5] = UInt8(content >> 8 & 255)
    page[6] = UInt8(content & 255)
  }

  private static func put32(_ value: Int, _ p: UnsafeMutablePointer<UInt8>) {
    for k in 0..<4 { p[k] = UInt8(value >> (24 - 8 * k) & 255) }
  }
}
