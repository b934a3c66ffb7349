/// A zip archive whose entries are stored as they are: the same content gives the same bytes, whatever the clock says.
package enum StoredZip {
  /// The archive's bytes (PKWARE's APPNOTE 6.3.3, sections 4.3.7, 4.3.12 and 4.3.16).
  ///
  /// - Parameter entries: names in UTF-8 and contents of less than 4 GB.
  package static func archive(_ entries: [(name: String, content: [UInt8])]) -> [UInt8] {
    var body: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let name = Array(entry.name.utf8)
      let offset = body.count
      // Version 2.0, flag 11 (names in UTF-8), stored; the date is 1980-01-01, the earliest that the format knows.
      let shared =
        bytes16(20, 0x0800, 0, 0, 0x0021) + bytes32(crc32(entry.content), entry.content.count, entry.content.count)
        + bytes16(name.count, 0)
      body += bytes32(0x0403_4b50) + shared + name + entry.content
      directory += bytes32(0x0201_4b50) + bytes16(20) + shared + bytes16(0, 0, 0) + bytes32(0, offset) + name
    }
    return body + directory + bytes32(0x0605_4b50) + bytes16(0, 0, entries.count, entries.count)
      + bytes32(directory.count, body.count) + bytes16(0)
  }

  /// CRC-32 of ISO 3309, bit by bit: project files are small.
  package static func crc32(_ bytes: [UInt8]) -> Int {
    var crc: UInt32 = 0xffff_ffff
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
    }
    return Int(~crc)
  }

  private static func bytes16(_ values: Int...) -> [UInt8] {
    values.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
  }
  private static func bytes32(_ values: Int...) -> [UInt8] {
    values.flatMap { v in (0..<4).map { UInt8(truncatingIfNeeded: v >> ($0 * 8)) } }
  }
}
