import FloeIO
import FloeSDK

/// The names in a zip archive's own list, as they stand there (PKWARE's APPNOTE 6.3, 4.3.12 to 4.3.16).
///
/// GDAL, which reads the files, leaves out names that lead out of the archive without a word.
enum ArchiveIndex {
  /// All names, in order; of folders with a slash at their end.
  ///
  /// - Throws: a sentence where the list is missing or damaged.
  static func names(of path: String) throws -> [String] {
    let damaged = FloeError("\(path) is no zip archive that can be read: its list of files is missing or damaged")
    let size = try VirtualFile.size(path)
    // The end of the list: 22 bytes, and a remark of at most 65,535 after them.
    let length = min(size, 22 + 65_535)
    let tail = try VirtualFile.read(path, at: size - length, count: length)
    guard length >= 22,
      let end = stride(from: length - 22, through: 0, by: -1).first(where: { begins(tail, $0, 5, 6) }),
      var count = number(tail, end + 10, 2), var bytes = number(tail, end + 12, 4),
      var offset = number(tail, end + 16, 4)
    else { throw damaged }
    if count == 0xffff || bytes == 0xffff_ffff || offset == 0xffff_ffff {
      // Large archives have a second end, and before the first one a record that says where.
      guard end >= 20, begins(tail, end - 20, 6, 7), let place = number(tail, end - 12, 8), place <= size - 56 else {
        throw damaged
      }
      let large = try VirtualFile.read(path, at: place, count: 56)
      guard begins(large, 0, 6, 6), let n = number(large, 32, 8), let b = number(large, 40, 8),
        let o = number(large, 48, 8)
      else { throw damaged }
      (count, bytes, offset) = (n, b, o)
    }
    guard bytes <= 256 << 20, offset <= size - bytes, bytes <= size, count <= bytes / 46 else { throw damaged }
    let list = try VirtualFile.read(path, at: offset, count: bytes)
    var names: [String] = []
    var at = 0
    for _ in 0..<count {
      guard begins(list, at, 1, 2), let name = number(list, at + 28, 2), let extra = number(list, at + 30, 2),
        let remark = number(list, at + 32, 2), at + 46 + name <= list.count
      else { throw damaged }
      names.append(String(decoding: list[(at + 46)..<(at + 46 + name)], as: UTF8.self))
      at += 46 + name + extra + remark
    }
    return names
  }

  /// Whether a record with a signature `PK` and two numbers begins at a place.
  private static func begins(_ bytes: [UInt8], _ at: Int, _ a: UInt8, _ b: UInt8) -> Bool {
    at >= 0 && at + 4 <= bytes.count && bytes[at] == 0x50 && bytes[at + 1] == 0x4b && bytes[at + 2] == a
      && bytes[at + 3] == b
  }

  /// An unsigned number of so many bytes, the lowest first; nil where it is not there or too large.
  private static func number(_ bytes: [UInt8], _ at: Int, _ count: Int) -> Int? {
    guard at >= 0, at + count <= bytes.count else { return nil }
    let value = bytes[at..<(at + count)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int(exactly: value)
  }
}
