import FloeIO
import FloeSDK

/// Which members of a zip archive are stored without compression, so that any part of them is read at once, and what
/// their checksums are.
///
/// Reads the central directory (PKWARE APPNOTE 6.3.3, sections 4.3.12, 4.3.14 and 4.3.16).
struct ZipIndex {
  /// CRC-32 and whether it is stored, by path inside.
  private let members: [String: (crc: UInt32, isStored: Bool)]

  /// An archive whose directory cannot be read holds nothing that is known to be stored.
  init(_ path: String) { members = Self.read(path) ?? [:] }

  /// Whether a member, named by its path inside of the archive, is stored as it is.
  func isStored(_ member: String) -> Bool { members[member]?.isStored ?? false }

  /// The CRC-32 of a member; nil for one that the directory does not list.
  func checksum(of member: String) -> UInt32? { members[member]?.crc }

  private static func read(_ path: String) -> [String: (crc: UInt32, isStored: Bool)]? {
    // An archive that cannot be read is reported by whoever reads its members.
    guard let size = try? VirtualFile.size(path) else { return nil }
    let tailSize = min(size, 65_557)
    guard let tail = bytes(path, at: size - tailSize, count: tailSize),
      let end = tail.indices.dropLast(21).last(where: { number(tail, $0, 4) == 0x0605_4b50 })
    else { return nil }
    var length = number(tail, end + 12, 4)
    var start = number(tail, end + 16, 4)
    if length == 0xffff_ffff || start == 0xffff_ffff {
      guard end >= 20, number(tail, end - 20, 4) == 0x0706_4b50,
        let record = bytes(path, at: number(tail, end - 12, 8), count: 56), number(record, 0, 4) == 0x0606_4b50
      else { return nil }
      length = number(record, 40, 8)
      start = number(record, 48, 8)
    }
    guard let directory = bytes(path, at: start, count: length) else { return nil }
    var members: [String: (crc: UInt32, isStored: Bool)] = [:]
    var at = 0
    while at + 46 <= directory.count, number(directory, at, 4) == 0x0201_4b50 {
      let method = number(directory, at + 10, 2)
      let name = number(directory, at + 28, 2)
      guard at + 46 + name <= directory.count else { return nil }
      let text = String(decoding: directory[at + 46..<at + 46 + name], as: UTF8.self)
      members[text] = (UInt32(truncatingIfNeeded: number(directory, at + 16, 4)), method == 0)
      at += 46 + name + number(directory, at + 30, 2) + number(directory, at + 32, 2)
    }
    return members
  }

  private static func bytes(_ path: String, at offset: Int, count: Int) -> [UInt8]? {
    guard offset >= 0, count >= 0, count < 1 << 28 else { return nil }
    // An archive whose end cannot be read has no index; GDAL, which opens it, says why.
    return try? VirtualFile.read(path, at: offset, count: count)
  }

  private static func number(_ bytes: [UInt8], _ at: Int, _ count: Int) -> Int {
    (0..<count).reduce(0) { $0 | Int(truncatingIfNeeded: UInt64(bytes[at + $1]) << UInt64(8 * $1)) }
  }
}
