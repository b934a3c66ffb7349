import FloeIO
import FloeSDK
import Foundation

/// A small picture of a raster: its classes in their colours, else its first band in grey, no data clear.
struct QuickLook {
  /// Pixels of the longer side at most.
  private static let side = 128
  private let block: PixelBlock
  private let spec: RasterSpec
  /// Whether the raster's codes are classes with colours.
  var hasClasses: Bool { spec.classes != nil }
  /// What its colours mean; nil for a picture in grey.
  var classes: ClassTable? { spec.classes }
  /// Whether the raster comes from a made product, which says so in the name of its platform.
  var isSynthetic: Bool { spec.acquisition?.platform?.contains("synthetic") ?? false }

  /// Reads an overview of a written raster.
  init(path: String) throws {
    let full = try RasterFile.open(path)
    let longer = max(full.spec.grid.width, full.spec.grid.height)
    let reductions = try RasterFile.reductions(of: path).sorted()
    let enough = reductions.first { longer / $0 <= Self.side } ?? reductions.last ?? 1
    let file = longer <= Self.side ? full : try RasterFile.open(path, reduction: enough)
    spec = file.spec
    // A raster without overviews that is larger than all of this is no quick look.
    guard spec.grid.pixelCount <= 1 << 22 else { throw FloeError("'\(path)' has no overview for a quick look") }
    block = try file.raster.read(spec.grid.fullWindow, bands: [0])
  }

  /// The picture as PNG (ISO/IEC 15948) with a palette; the last entry is clear.
  func png() throws -> [UInt8] {
    let step = max(1, (max(spec.grid.width, spec.grid.height) + Self.side - 1) / Self.side)
    let width = (spec.grid.width + step - 1) / step
    let height = (spec.grid.height + step - 1) / step
    let values = block.physical(band: 0, as: spec.bands[0])
    func at(_ row: Int, _ column: Int) -> Float {
      values[min(row * step, spec.grid.height - 1) * spec.grid.width + min(column * step, spec.grid.width - 1)]
    }
    var palette = [UInt8](repeating: 0, count: 256 * 3)
    var code: (Float) -> UInt8
    if let classes = spec.classes {
      var known: Set<Int> = []
      for entry in classes.entries where (0..<255).contains(entry.code) {
        known.insert(entry.code)
        let digits = Int(entry.color.hex, radix: 16) ?? 0
        for (i, shift) in [16, 8, 0].enumerated() { palette[entry.code * 3 + i] = UInt8(digits >> shift & 255) }
      }
      code = { value in Int(exactly: value.rounded()).flatMap { known.contains($0) ? UInt8($0) : nil } ?? 255 }
    } else {
      let sorted = values.filter { $0.isFinite }.sorted()
      let low = sorted.isEmpty ? 0 : sorted[sorted.count * 2 / 100]
      let high = sorted.isEmpty ? 1 : sorted[sorted.count * 98 / 100]
      for i in 0..<255 { for j in 0..<3 { palette[i * 3 + j] = UInt8(i) } }
      let span = high > low ? high - low : 1
      code = { value in value.isFinite ? UInt8(max(0, min(254, ((value - low) / span * 254).rounded()))) : 255 }
    }
    var rows: [UInt8] = []
    rows.reserveCapacity((width + 1) * height)
    for row in 0..<height {
      rows.append(0)
      for column in 0..<width { rows.append(code(at(row, column))) }
    }
    var out: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    out += Self.chunk("IHDR", Self.bytes(UInt32(width)) + Self.bytes(UInt32(height)) + [8, 3, 0, 0, 0])
    out += Self.chunk("PLTE", palette)
    out += Self.chunk("tRNS", [UInt8](repeating: 255, count: 255) + [0])
    out += Self.chunk("IDAT", Self.stored(rows))
    return out + Self.chunk("IEND", [])
  }

  private static func bytes(_ n: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: n >> (24 - 8 * $0)) } }

  private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + data
    var crc = ~UInt32(0)
    for byte in body {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
    }
    return bytes(UInt32(data.count)) + body + bytes(~crc)
  }

  /// A zlib stream of stored blocks (RFC 1950, RFC 1951): a picture of so few bytes is not worth a compressor.
  private static func stored(_ data: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [0x78, 0x01]
    var at = 0
    repeat {
      let count = min(65_535, data.count - at)
      let isLast: UInt8 = at + count == data.count ? 1 : 0
      out += [isLast, UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8 & 255)]
      out += data[at..<at + count]
      at += count
    } while at < data.count
    var a: UInt32 = 1
    var b: UInt32 = 0
    for byte in data {
      a = (a + UInt32(byte)) % 65_521
      b = (b + a) % 65_521
    }
    return out + bytes(b << 16 | a)
  }
}
