import FloeCore

/// One tag of a TIFF directory with its value as the file holds it.
struct TIFFTag: Sendable, Equatable {
  let id, type: UInt16
  let count: Int
  let value: [UInt8]
}

/// The tags of a TIFF's directories, and what stands between its signature and the first of them (GDAL's note on the
/// layout).
struct TIFFHeader: Sendable {
  let isBig: Bool
  let note: [UInt8]
  let directories: [[TIFFTag]]

  /// Bytes of one value by TIFF type; 0 for types unknown to TIFF 6 and BigTIFF.
  static let sizes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8]

  /// Reads the directories of a little-endian file; nil for anything else.
  init?(_ file: [UInt8]) {
    func number(_ at: Int, _ size: Int) -> Int? {
      guard at >= 0, at + size <= file.count else { return nil }
      return (0..<size).reduce(0) { $0 | Int(file[at + $1]) << (8 * $1) }
    }
    guard file.starts(with: [0x49, 0x49]), let magic = number(2, 2), magic == 42 || magic == 43 else { return nil }
    let big = magic == 43
    let word = big ? 8 : 4
    let start = big ? 16 : 8
    guard let first = number(start - word, word), first >= start, first <= file.count else { return nil }
    var directories: [[TIFFTag]] = []
    var next = first
    while next != 0 {
      guard directories.count < 64, let count = number(next, big ? 8 : 2), count < 4096 else { return nil }
      var tags: [TIFFTag] = []
      var at = next + (big ? 8 : 2)
      for _ in 0..<count {
        guard let id = number(at, 2), let type = number(at + 2, 2), let n = number(at + 4, word),
          type < Self.sizes.count
        else { return nil }
        let bytes = n * Self.sizes[type]
        guard let place = bytes <= word ? at + 4 + word : number(at + 4 + word, word), place + bytes <= file.count
        else { return nil }
        tags.append(TIFFTag(id: UInt16(id), type: UInt16(type), count: n, value: Array(file[place..<place + bytes])))
        at += 4 + 2 * word
      }
      directories.append(tags)
      guard let following = number(at, word) else { return nil }
      next = following
    }
    isBig = big
    note = Array(file[start..<first])
    self.directories = directories
  }
}
