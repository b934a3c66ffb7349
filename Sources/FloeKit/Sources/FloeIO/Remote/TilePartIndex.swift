import FloeCore
import Synchronization

/// Where the parts of tiles lie in a JPEG 2000 file on a web server.
///
/// A decoder comes to a tile by the headers of all parts before it: 12 bytes each, hundreds of kilobytes apart. Here
/// they are answered without a request for each, from the TLM marker of the file or as they were met before.
///
/// Source: ITU-T T.800 (ISO/IEC 15444-1), A.4.2 (SOT), A.7.1 (TLM) and I.5 (boxes).
final class TilePartIndex: Sendable {
  /// A part of a tile: its header at `offset`, its end before `end`.
  struct Part: Sendable, Equatable {
    let offset: Int
    let end: Int
    let header: [UInt8]
  }

  /// Bytes of a header of a part.
  static let headerSize = 12

  private struct State {
    var parts: [Part]
    /// Offsets of parts that have not been compared with the file: known by the marker, or by another process.
    var unproven: Set<Int>
  }
  private let state: Mutex<State>
  /// Where the first part begins.
  let first: Int
  /// The end of the codestream.
  private let end: Int
  /// Whether all parts are known by the file's own marker.
  let isListed: Bool

  /// Nil where the bytes at a file's start are not those of JPEG 2000 with its main header among them.
  init?(start: [UInt8], size: Int) {
    guard let (from, end) = Codestream.range(start, size), let header = Codestream(start, from: from) else {
      return nil
    }
    self.end = end
    first = header.firstPart
    let listed = header.parts(end: end)
    isListed = listed != nil
    state = Mutex(State(parts: listed ?? [], unproven: Set((listed ?? []).map(\.offset))))
  }

  /// Parts that are known, in the order of the file.
  var parts: [Part] { state.withLock { $0.parts } }

  /// Takes up parts that another process met; those that do not follow each other are left.
  func recall(_ parts: [Part]) {
    state.withLock { state in
      guard !isListed, parts.count > state.parts.count else { return }
      var next = first
      for part in parts {
        guard part.offset == next, let read = Self.part(part.header, at: part.offset, end: end), read == part else {
          return
        }
        next = part.end
      }
      state.parts = parts
      state.unproven = Set(parts.map(\.offset))
    }
  }

  /// The bytes from an offset on where it lies in a header of a part; nil elsewhere.
  ///
  /// - Parameter fetch: reads so many bytes at an offset of the file.
  func header(at offset: Int, fetch: (Int, Int) throws -> [UInt8]) throws -> [UInt8]? {
    var known = part(at: offset)
    while known == nil, !isListed, offset < end {
      // From part to part up to the one asked for, as a decoder goes.
      let next = state.withLock { $0.parts.last?.end ?? first }
      guard offset >= next, next + Self.headerSize <= end,
        let met = Self.part(try fetch(next, Self.headerSize), at: next, end: end)
      else { return nil }
      state.withLock { if ($0.parts.last?.end ?? first) == next { $0.parts.append(met) } }
      known = part(at: offset)
    }
    guard let known, offset - known.offset < Self.headerSize else { return nil }
    return Array(known.header[(offset - known.offset)...])
  }

  /// The part that an offset lies in.
  func part(at offset: Int) -> Part? {
    state.withLock { state in
      var low = 0
      var high = state.parts.count
      while low < high {
        let middle = (low + high) / 2
        if state.parts[middle].end <= offset { low = middle + 1 } else { high = middle }
      }
      return low < state.parts.count && state.parts[low].offset <= offset ? state.parts[low] : nil
    }
  }

  /// Compares a part that the index describes with the file's own header, once.
  ///
  /// - Throws: where they differ.
  func prove(_ part: Part, of url: String, read: (Int, Int) throws -> [UInt8]) throws {
    guard state.withLock({ $0.unproven.contains(part.offset) }) else { return }
    let real = Self.part(try read(part.offset, Self.headerSize), at: part.offset, end: end)
    guard let real, real.end == part.end, real.header[4..<6] == part.header[4..<6] else {
      throw FloeError(
        "\(url): what is known of the tile at byte \(part.offset) and its header contradict each other; it is damaged")
    }
    state.withLock { _ = $0.unproven.remove(part.offset) }
  }

  /// The part whose header these bytes are; nil where they are none.
  private static func part(_ header: [UInt8], at offset: Int, end: Int) -> Part? {
    guard header.count == headerSize, header[0] == 0xFF, header[1] == 0x90, header[2] == 0, header[3] == 10 else {
      return nil
    }
    let length = header[6..<10].reduce(0) { $0 << 8 | Int($1) }
    // A length of 0 means up to the end of the codestream, before its EOC marker.
    let stop = length == 0 ? end - 2 : offset + length
    guard stop >= offset + headerSize + 2, stop <= end else { return nil }
    return Part(offset: offset, end: stop, header: header)
  }
}

/// The main header of a JPEG 2000 codestream.
private struct Codestream {
  /// The offset of the first tile part.
  let firstPart: Int
  /// Segments of TLM markers in the order of their index.
  private let lengths: [[UInt8]]

  /// Where the codestream lies in a file that begins with these bytes.
  static func range(_ start: [UInt8], _ size: Int) -> (from: Int, end: Int)? {
    if start.starts(with: [0xFF, 0x4F, 0xFF, 0x51]) { return (0, size) }
    guard start.starts(with: [0, 0, 0, 12, 0x6A, 0x50, 0x20, 0x20]) else { return nil }
    var at = 0
    while let length = number(start, at, 4), let kind = number(start, at + 4, 4) {
      var head = 8
      var box = length
      if length == 1 {
        guard let long = number(start, at + 8, 8) else { return nil }
        box = long
        head = 16
      }
      if box == 0 { box = size - at }
      guard box >= head, box <= size - at else { return nil }
      if kind == 0x6A70_3263 { return (at + head, at + box) }
      at += box
    }
    return nil
  }

  init?(_ start: [UInt8], from: Int) {
    guard Self.number(start, from, 2) == 0xFF4F else { return nil }
    var at = from + 2
    var found: [(Int, [UInt8])] = []
    while let marker = Self.number(start, at, 2), let length = Self.number(start, at + 2, 2) {
      if marker == 0xFF90 {
        firstPart = at
        lengths = found.sorted { $0.0 < $1.0 }.map(\.1)
        return
      }
      guard marker >= 0xFF00, length >= 2, at + 2 + length <= start.count else { return nil }
      if marker == 0xFF55, length > 4 { found.append((Int(start[at + 4]), Array(start[at + 5..<at + 2 + length]))) }
      at += 2 + length
    }
    return nil
  }

  /// The parts that the TLM markers list; nil where there are none or where they do not fill the codestream.
  func parts(end: Int) -> [TilePartIndex.Part]? {
    var entries: [(tile: Int, length: Int)] = []
    for segment in lengths {
      let sizes = Int(segment[0])
      let ofTile = sizes >> 4 & 3
      let ofLength = sizes >> 6 & 1 == 1 ? 4 : 2
      guard ofTile < 3, (segment.count - 1) % (ofTile + ofLength) == 0 else { return nil }
      for at in stride(from: 1, to: segment.count, by: ofTile + ofLength) {
        guard let length = Self.number(segment, at + ofTile, ofLength) else { return nil }
        entries.append((ofTile == 0 ? entries.count : Self.number(segment, at, ofTile) ?? 0, length))
      }
    }
    let counts = Dictionary(entries.map { ($0.tile, 1) }, uniquingKeysWith: +)
    guard !entries.isEmpty, counts.values.allSatisfy({ $0 < 256 }) else { return nil }
    var met: [Int: Int] = [:]
    var at = firstPart
    var parts: [TilePartIndex.Part] = []
    for (tile, length) in entries {
      guard length >= TilePartIndex.headerSize + 2, length <= end - at, tile < 65_535 else { return nil }
      let index = met[tile, default: 0]
      met[tile] = index + 1
      var header: [UInt8] = [0xFF, 0x90, 0, 10]
      for shift in [8, 0] { header.append(UInt8(truncatingIfNeeded: tile >> shift)) }
      for shift in [24, 16, 8, 0] { header.append(UInt8(truncatingIfNeeded: length >> shift)) }
      header += [UInt8(truncatingIfNeeded: index), UInt8(truncatingIfNeeded: counts[tile] ?? 0)]
      parts.append(TilePartIndex.Part(offset: at, end: at + length, header: header))
      at += length
    }
    return end - at == 2 ? parts : nil
  }

  /// A number of so many bytes, the highest first; nil beyond the end or beyond what an Int holds.
  private static func number(_ bytes: [UInt8], _ at: Int, _ count: Int) -> Int? {
    guard at >= 0, at <= bytes.count - count, count < 8 || bytes[at] < 0x80 else { return nil }
    return bytes[at..<at + count].reduce(0) { $0 << 8 | Int($1) }
  }
}
