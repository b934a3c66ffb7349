import FloeCore

/// The head of a cloud optimised TIFF: the note, one directory a level, then the places and sizes of all tiles.
///
/// Its length is known before any tile is, so that tiles follow it as they are made and it is written last.
struct COGHeader {
  /// Size in pixels and number of tiles of each level, the full resolution first.
  let levels: [(width: Int, height: Int, tiles: Int)]
  private let template: TIFFHeader
  private static let tileOffsets: UInt16 = 324, tileByteCounts: UInt16 = 325

  /// - Parameter template: a small file of the same bands and labels, full resolution and one overview, as GDAL writes
  ///   it.
  init?(template: TIFFHeader, levels: [(width: Int, height: Int, tiles: Int)]) {
    guard template.directories.count >= min(2, levels.count) else { return nil }
    for tags in template.directories {
      guard Set([256, 257, Self.tileOffsets, Self.tileByteCounts]).isSubset(of: Set(tags.map(\.id))) else { return nil }
    }
    self.template = template
    self.levels = levels
  }

  /// The head's length in bytes.
  var byteCount: Int {
    let none = levels.map { [Int](repeating: 0, count: $0.tiles) }
    return bytes(offsets: none, sizes: none).count
  }

  /// Whether a tile may begin at an offset.
  func reaches(_ offset: Int) -> Bool { template.isBig || offset < 1 << 32 }

  /// The head with the places and sizes of the tiles of each level.
  func bytes(offsets: [[Int]], sizes: [[Int]]) -> [UInt8] {
    let big = template.isBig
    let word = big ? 8 : 4
    let start = big ? 16 : 8
    var out: [UInt8] = [0x49, 0x49, big ? 43 : 42, 0]
    func put(_ value: Int, _ size: Int) {
      for i in 0..<size { out.append(UInt8(truncatingIfNeeded: value >> (8 * i))) }
    }
    if big {
      put(8, 2)
      put(0, 2)
    }
    put(start + template.note.count, word)
    out += template.note
    // Places of what does not fit into the directories: values first, then the lists of tiles.
    let directories = levels.indices.map { directory($0) }
    let lengths = directories.map { (big ? 8 : 2) + $0.count * (4 + 2 * word) + word }
    func even(_ n: Int) -> Int { n + n % 2 }
    var place = out.count
    var starts: [Int] = []
    var values: [[Int]] = []
    for (tags, length) in zip(directories, lengths) {
      starts.append(place)
      var at = even(place + length)
      values.append(
        tags.map { tag in
          guard tag.value.count > word, !Self.isList(tag) else { return 0 }
          defer { at = even(at + tag.value.count) }
          return at
        })
      place = at
    }
    for (level, tags) in directories.enumerated() {
      for (i, tag) in tags.enumerated() where Self.isList(tag) && tag.count * word > word {
        values[level][i] = place
        place += tag.count * word
      }
    }
    for (level, tags) in directories.enumerated() {
      put(0, starts[level] - out.count)
      put(tags.count, big ? 8 : 2)
      for (i, tag) in tags.enumerated() {
        put(Int(tag.id), 2)
        put(Int(tag.type), 2)
        put(tag.count, word)
        if values[level][i] > 0 {
          put(values[level][i], word)
        } else if Self.isList(tag) {
          put((tag.id == Self.tileOffsets ? offsets : sizes)[level][0], word)
        } else {
          out += tag.value
          put(0, word - tag.value.count)
        }
      }
      put(level + 1 < levels.count ? starts[level + 1] : 0, word)
      for (i, tag) in tags.enumerated() where values[level][i] > 0 && !Self.isList(tag) {
        put(0, values[level][i] - out.count)
        out += tag.value
      }
    }
    for (level, tags) in directories.enumerated() {
      for (i, tag) in tags.enumerated() where Self.isList(tag) && values[level][i] > 0 {
        put(0, values[level][i] - out.count)
        for value in (tag.id == Self.tileOffsets ? offsets : sizes)[level] { put(value, word) }
      }
    }
    return out
  }

  private static func isList(_ tag: TIFFTag) -> Bool { tag.id == tileOffsets || tag.id == tileByteCounts }

  /// The template's tags with the level's own size and lists of the level's own length.
  private func directory(_ level: Int) -> [TIFFTag] {
    let (width, height, tiles) = levels[level]
    return template.directories[min(level, 1)].map { tag in
      switch tag.id {
      case 256: Self.size(256, width)
      case 257: Self.size(257, height)
      case Self.tileOffsets, Self.tileByteCounts:
        TIFFTag(id: tag.id, type: template.isBig ? 16 : 4, count: tiles, value: [])
      default: tag
      }
    }
  }

  private static func size(_ id: UInt16, _ n: Int) -> TIFFTag {
    n <= 0xffff
      ? TIFFTag(id: id, type: 3, count: 1, value: [UInt8(n & 255), UInt8(n >> 8)])
      : TIFFTag(id: id, type: 4, count: 1, value: (0..<4).map { UInt8(n >> (8 * $0) & 255) })
  }
}
