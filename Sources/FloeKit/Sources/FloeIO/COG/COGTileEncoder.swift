internal import CGDAL
import FloeCore

/// Makes the stored bytes of one tile of a TIFF: bands interleaved by pixel, differences along rows, compressed.
///
/// Differences are TIFF's predictors 2 (integers) and 3 (floating point, byte planes; Adobe Photoshop TIFF Technical
/// Note 3).
struct COGTileEncoder: Sendable {
  /// The side of a tile in pixels.
  static let side = 512

  let bandCount: Int
  let type: PixelType
  let isPredicted: Bool
  /// GDAL's name of the compressor.
  let compressor: String
  let level: Int

  /// An encoder for a compression as GDAL's creation options name it; nil where GDAL has no compressor for it.
  init?(compression: String, level: Int, isPredicted: Bool, bandCount: Int, type: PixelType) {
    guard let name = ["DEFLATE": "zlib", "ZSTD": "zstd"][compression], floe_has_compressor(name) != 0 else {
      return nil
    }
    compressor = name
    self.level = level
    self.isPredicted = isPredicted
    self.bandCount = bandCount
    self.type = type
  }

  /// Bytes of a tile before compression.
  var tileBytes: Int { Self.side * Self.side * bandCount * type.byteCount }

  /// Memory for one worker, used for tile after tile.
  final class Buffers {
    fileprivate var pixels: [UInt8]
    fileprivate var line: [UInt8]
    fileprivate var stored: [UInt8]
    init(_ encoder: COGTileEncoder) {
      pixels = [UInt8](repeating: 0, count: encoder.tileBytes)
      line = [UInt8](repeating: 0, count: COGTileEncoder.side * encoder.bandCount * encoder.type.byteCount)
      stored = [UInt8](repeating: 0, count: encoder.tileBytes + encoder.tileBytes / 8 + 1024)
    }
  }

  /// The tile that begins at `column` and `row` of a block: its length, the bytes, and its last four bytes again, as
  /// GDAL's layout has it.
  ///
  /// Beyond the block's edge the last column and row are repeated.
  func encode(_ block: PixelBlock, column: Int, row: Int, using buffers: Buffers) throws -> [UInt8] {
    block.values.withBytes { source in
      buffers.pixels.withUnsafeMutableBytes { out in
        switch type {
        case .uint8: integers(UInt8.self, source, out, block.window, column, row)
        case .int16, .uint16: integers(UInt16.self, source, out, block.window, column, row)
        case .int32, .uint32: integers(UInt32.self, source, out, block.window, column, row)
        case .float32: floats(UInt32.self, source, out, block.window, column, row, &buffers.line)
        case .float64: floats(UInt64.self, source, out, block.window, column, row, &buffers.line)
        }
      }
    }
    let length = buffers.pixels.withUnsafeBytes { pixels in
      buffers.stored.withUnsafeMutableBytes { stored in
        Int(floe_compress(compressor, Int32(level), pixels.baseAddress, pixels.count, stored.baseAddress, stored.count))
      }
    }
    guard length >= 4, length < 1 << 32 else {
      throw FloeError("a tile of \(tileBytes) bytes cannot be compressed with \(compressor)")
    }
    return [UInt8](unsafeUninitializedCapacity: length + 8) { out, count in
      for i in 0..<4 { out[i] = UInt8(truncatingIfNeeded: length >> (8 * i)) }
      buffers.stored.withUnsafeBytes { stored in
        UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(out)[4..<4 + length])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: stored[0..<length]))
        for i in 0..<4 { out[4 + length + i] = stored[length - 4 + i] }
      }
      count = length + 8
    }
  }

  private func integers<T: FixedWidthInteger & UnsignedInteger>(
    _: T.Type, _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, _ window: PixelWindow,
    _ column: Int, _ row: Int
  ) {
    let from = source.bindMemory(to: T.self)
    let to = target.bindMemory(to: T.self)
    let width = min(Self.side, window.width - column)
    let height = min(Self.side, window.height - row)
    let plane = window.pixelCount
    let rowLength = Self.side * bandCount
    for line in 0..<height {
      let start = (row + line) * window.width + column
      let out = UnsafeMutableBufferPointer(rebasing: to[line * rowLength..<(line + 1) * rowLength])
      switch (bandCount, isPredicted) {
      case (1, true): Self.line1(UnsafeBufferPointer(rebasing: from[start..<start + width]), out)
      case (1, false):
        let values = UnsafeBufferPointer(rebasing: from[start..<start + width])
        _ = out.update(fromContentsOf: values)
        for i in width..<out.count { out[i] = values[width - 1] }
      case (4, true): Self.line4(from, start, plane, width, out)
      default:
        for band in 0..<bandCount {
          let values = UnsafeBufferPointer(rebasing: from[band * plane + start..<band * plane + start + width])
          Self.scatter(values, out, from: band, step: bandCount, predicted: isPredicted)
        }
      }
    }
    for line in height..<Self.side { Self.repeatLine(target, line, rowLength * MemoryLayout<T>.size) }
  }

  @inline(__always)
  private static func line1<T: FixedWidthInteger>(
    _ values: UnsafeBufferPointer<T>, _ out: UnsafeMutableBufferPointer<T>
  ) {
    out[0] = values[0]
    for i in 1..<max(1, values.count) { out[i] = values[i] &- values[i - 1] }
    for i in values.count..<out.count { out[i] = 0 }
  }

  /// Four bands at once, so that each cache line of the tile is written once.
  @inline(__always)
  private static func line4<T: FixedWidthInteger>(
    _ from: UnsafeBufferPointer<T>, _ start: Int, _ plane: Int, _ width: Int, _ out: UnsafeMutableBufferPointer<T>
  ) {
    let a = UnsafeBufferPointer(rebasing: from[start..<start + width])
    let b = UnsafeBufferPointer(rebasing: from[plane + start..<plane + start + width])
    let c = UnsafeBufferPointer(rebasing: from[2 * plane + start..<2 * plane + start + width])
    let d = UnsafeBufferPointer(rebasing: from[3 * plane + start..<3 * plane + start + width])
    out[0] = a[0]
    out[1] = b[0]
    out[2] = c[0]
    out[3] = d[0]
    for i in 1..<max(1, width) {
      out[4 * i] = a[i] &- a[i - 1]
      out[4 * i + 1] = b[i] &- b[i - 1]
      out[4 * i + 2] = c[i] &- c[i - 1]
      out[4 * i + 3] = d[i] &- d[i - 1]
    }
    for i in 4 * width..<out.count { out[i] = 0 }
  }

  @inline(__always)
  private static func scatter<T: FixedWidthInteger>(
    _ values: UnsafeBufferPointer<T>, _ out: UnsafeMutableBufferPointer<T>, from band: Int, step: Int, predicted: Bool
  ) {
    if predicted {
      out[band] = values[0]
      for i in 1..<max(1, values.count) { out[i * step + band] = values[i] &- values[i - 1] }
    } else {
      for i in 0..<values.count { out[i * step + band] = values[i] }
    }
    let last = predicted ? 0 : values[values.count - 1]
    for i in values.count..<side { out[i * step + band] = last }
  }

  private func floats<T: FixedWidthInteger & UnsignedInteger>(
    _: T.Type, _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, _ window: PixelWindow,
    _ column: Int, _ row: Int,
    _ spare: inout [UInt8]
  ) {
    let from = source.bindMemory(to: T.self)
    let size = MemoryLayout<T>.size
    let width = min(Self.side, window.width - column)
    let height = min(Self.side, window.height - row)
    let plane = window.pixelCount
    let count = Self.side * bandCount
    let rowBytes = count * size
    spare.withUnsafeMutableBytes { spare in
      for line in 0..<height {
        let start = (row + line) * window.width + column
        let out = UnsafeMutableRawBufferPointer(rebasing: target[line * rowBytes..<(line + 1) * rowBytes])
        let values = (isPredicted ? spare : out).bindMemory(to: T.self)
        for band in 0..<bandCount {
          let own = UnsafeBufferPointer(rebasing: from[band * plane + start..<band * plane + start + width])
          Self.scatter(own, values, from: band, step: bandCount, predicted: false)
        }
        guard isPredicted else { continue }
        // The most significant bytes of the row first, then differences of bytes that lie a pixel apart.
        for byte in 0..<size {
          let shift = T(8 * (size - 1 - byte))
          let at = byte * count
          for i in 0..<count { out[at + i] = UInt8(truncatingIfNeeded: values[i] >> shift) }
        }
        for i in stride(from: rowBytes - 1, through: bandCount, by: -1) { out[i] = out[i] &- out[i - bandCount] }
      }
    }
    for line in height..<Self.side { Self.repeatLine(target, line, rowBytes) }
  }

  private static func repeatLine(_ target: UnsafeMutableRawBufferPointer, _ line: Int, _ length: Int) {
    UnsafeMutableRawBufferPointer(rebasing: target[line * length..<(line + 1) * length])
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: target[(line - 1) * length..<line * length]))
  }
}
