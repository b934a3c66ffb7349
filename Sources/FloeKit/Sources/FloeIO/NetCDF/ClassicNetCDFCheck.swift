import FloeCore

/// Looks whether a classic netCDF file holds all values that its header announces.
///
/// The library, and GDAL with it, reads what lies after the end of a file that was cut short as 0, without a word.
/// Files of netCDF-4 are HDF5's, which tells.
///
/// Source: The NetCDF Classic Format Specification (CDF-1, CDF-2 and CDF-5), Unidata.
struct ClassicNetCDFCheck {
  private let bytes: [UInt8]
  private var at = 4
  /// The widths of counts and of offsets, in bytes.
  private let countWidth: Int, offsetWidth: Int
  /// The lengths of the dimensions; 0 is that of the records.
  private var lengths: [Int] = []
  /// The header goes on after the bytes that were read.
  private struct Ended: Error {}

  /// A variable's place: its first byte, and its bytes, or those of one record.
  private struct Place {
    let begin: Int, size: Int
    let isRecord: Bool
  }

  /// - Throws: a sentence for a file that ends before its last value.
  static func check(_ path: String) throws {
    // Here and below: whoever opens the file tells that it cannot be read.
    guard !VirtualFile.isDirectory(path), let size = try? VirtualFile.size(path) else { return }
    // Headers have some kilobytes; those of many attributes have more.
    for limit in [1 << 16, 1 << 22, 1 << 26] {
      guard let head = try? VirtualFile.read(path, limit: limit) else { return }
      guard head.count > 4, head.starts(with: Array("CDF".utf8)), [1, 2, 5].contains(head[3]) else { return }
      do {
        var check = ClassicNetCDFCheck(head)
        let end = try check.end()
        guard end > size else { return }
        throw FloeError(
          "'\(path)' ends after \(size) bytes, but its header describes values up to byte \(end), which would be read "
            + "as 0; the file was cut short, fetch or copy it again")
      } catch is Ended {
        // The library tells what is wrong with a header that is damaged.
        if head.count >= size { return }
      }
    }
  }

  private init(_ head: [UInt8]) {
    bytes = head
    countWidth = head[3] == 5 ? 8 : 4
    offsetWidth = head[3] == 1 ? 4 : 8
  }

  /// The first byte after the last value.
  private mutating func end() throws -> Int {
    let records = try number(countWidth)
    // All bits set: a file that was written as a stream does not know.
    let isStream = records == (countWidth == 8 ? Int.max : 0xffff_ffff)
    try list { check in
      try check.skipName()
      let length = try check.number(check.countWidth)
      check.lengths.append(length)
    }
    try skipAttributes()
    var places: [Place] = []
    try list { check in
      if let place = try check.variable() { places.append(place) }
    }
    let own = places.filter(\.isRecord)
    // One variable alone stands record after record without filling.
    let step = own.count == 1 ? own[0].size : own.reduce(0) { Self.sum($0, Self.padded($1.size)) }
    let ends = places.map { place -> Int in
      guard place.isRecord else { return place.size == 0 ? 0 : Self.sum(place.begin, place.size) }
      guard !isStream, records > 0 else { return 0 }
      return Self.sum(place.begin, Self.sum(Self.product(step, records - 1), place.size))
    }
    return ends.max() ?? 0
  }

  /// Nil for a variable whose dimensions the header lacks.
  private mutating func variable() throws -> Place? {
    try skipName()
    var dimensions: [Int] = []
    let rank = try number(countWidth)
    for _ in 0..<rank {
      let index = try number(countWidth)
      dimensions.append(index)
    }
    try skipAttributes()
    let type = try number(4)
    _ = try number(countWidth)
    let begin = try number(offsetWidth)
    guard dimensions.allSatisfy({ $0 < lengths.count }) else { return nil }
    let isRecord = dimensions.first.map { lengths[$0] == 0 } ?? false
    let size = dimensions.dropFirst(isRecord ? 1 : 0).reduce(Self.width(of: type)) { Self.product($0, lengths[$1]) }
    return Place(begin: begin, size: size, isRecord: isRecord)
  }

  /// Reads the members of a list, after its mark and their number.
  private mutating func list(_ member: (inout ClassicNetCDFCheck) throws -> Void) throws {
    _ = try number(4)
    let count = try number(countWidth)
    for _ in 0..<count { try member(&self) }
  }

  private mutating func skipName() throws {
    let length = try number(countWidth)
    try skip(length)
  }

  private mutating func skipAttributes() throws {
    try list { check in
      try check.skipName()
      let width = Self.width(of: try check.number(4))
      let count = try check.number(check.countWidth)
      try check.skip(Self.product(width, count))
    }
  }

  /// Passes bytes, filled up to a multiple of four.
  private mutating func skip(_ count: Int) throws {
    guard count <= bytes.count - at, Self.padded(count) <= bytes.count - at else { throw Ended() }
    at += Self.padded(count)
  }

  /// A number with the highest byte first; one beyond 63 bits as the largest.
  private mutating func number(_ width: Int) throws -> Int {
    guard at + width <= bytes.count else { throw Ended() }
    let value = bytes[at..<at + width].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    at += width
    return Int(clamping: value)
  }

  /// The bytes of a value; 0 for a type that there is none of.
  private static func width(of type: Int) -> Int {
    switch type {
    case 1, 2, 7: 1
    case 3, 8: 2
    case 4, 5, 9: 4
    case 6, 10, 11: 8
    default: 0
    }
  }

  private static func padded(_ count: Int) -> Int { sum(count, (4 - count % 4) % 4) }

  private static func sum(_ a: Int, _ b: Int) -> Int {
    let (value, isBeyond) = a.addingReportingOverflow(b)
    return isBeyond ? .max : value
  }

  private static func product(_ a: Int, _ b: Int) -> Int {
    let (value, isBeyond) = a.multipliedReportingOverflow(by: b)
    return isBeyond ? .max : value
  }
}
