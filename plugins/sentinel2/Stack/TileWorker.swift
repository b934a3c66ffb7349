import FloeIO
import FloeSDK
import Synchronization

/// The work on one tile; shared by all workers.
final class TileWorker: Sendable {
  private let bands: [any RasterSource]
  private let sources: [BandSource]
  private let layers: [any MaskLayer]
  private let origin: PixelWindow
  private let image, mask: CachedRaster
  /// Bands that are read whole at once, being coarse and small; nil for the others.
  private let whole: [PixelBlock?]
  private let idle = Mutex<[Buffers]>([])

  /// Blocks that a worker uses for tile after tile.
  ///
  /// Safe because they are either in the pool or with the one thread that took them out.
  private final class Buffers: @unchecked Sendable {
    var bands: [PixelBlock]
    /// Of each band the pixels from which it is resampled, for a whole piece of work.
    var sources: [PixelBlock]
    var codes: PixelBlock
    init(bands count: Int) {
      let none = PixelWindow(column: 0, row: 0, width: 0, height: 0)
      bands = Array(repeating: PixelBlock(window: none, bandCount: 1, type: .uint16), count: count)
      sources = bands
      codes = PixelBlock(window: none, bandCount: 1, type: .uint8)
    }
  }

  /// Bands of so few pixels and so coarse are read at once: at 60 m a band is four tiles, which lie under all pieces of
  /// work.
  private static let smallBand = (pixels: 4 << 20, coarser: 3)

  /// - Parameters:
  ///   - bands: where the pixels of each band come from, one band each.
  ///   - origin: the window of the scene that the rasters hold.
  ///   - resolution: metres of a pixel of it.
  init(
    bands: [any RasterSource], sources: [BandSource], layers: [any MaskLayer], origin: PixelWindow, resolution: Int,
    image: CachedRaster, mask: CachedRaster
  ) throws {
    whole = try zip(bands, sources).map { band, source in
      let needed = source.resampler.sourceWindow(origin)
      guard source.resampler.method != .none, needed.pixelCount <= Self.smallBand.pixels,
        source.resolution >= Self.smallBand.coarser * resolution
      else { return nil }
      var block = PixelBlock(window: needed, bandCount: 1, type: .uint16)
      try band.read(needed, bands: [0], into: &block)
      Self.blank(below: source.least, in: &block)
      return block
    }
    self.bands = bands
    self.sources = sources
    self.layers = layers
    self.origin = origin
    self.image = image
    self.mask = mask
  }

  /// Decodes all bands of a piece of the scene tile by tile, masks them, and keeps both; counts by reason.
  func decode(_ piece: PixelWindow, by size: TileSize) throws -> [Int] {
    let own = idle.withLock { $0.popLast() } ?? Buffers(bands: bands.count)
    defer { idle.withLock { $0.append(own) } }
    for i in bands.indices where sources[i].resampler.method != .none && whole[i] == nil {
      try read(i, sources[i].resampler.sourceWindow(piece), into: &own.sources[i])
      Self.blank(below: sources[i].least, in: &own.sources[i])
    }
    var counts = [Int](repeating: 0, count: MaskReason.allCases.count)
    for row in stride(from: piece.row, to: piece.endRow, by: size.height) {
      for column in stride(from: piece.column, to: piece.column + piece.width, by: size.width) {
        let tile = PixelWindow(
          column: column, row: row, width: min(size.width, piece.column + piece.width - column),
          height: min(size.height, piece.endRow - row))
        for (reason, n) in try decode(tile, own).enumerated() { counts[reason] += n }
      }
    }
    return counts
  }

  private func decode(_ window: PixelWindow, _ own: Buffers) throws -> [Int] {
    own.codes.reshape(window: window, bandCount: 1, type: .uint8)
    try own.codes.values.withMutableBytes { bytes in
      let codes = bytes.bindMemory(to: UInt8.self)
      codes.update(repeating: 0)
      for layer in layers { try layer.mark(window, codes) }
      for i in bands.indices {
        try read(i, window, own)
        // Resampled pixels come of sources in which lesser DN are 0 already.
        let least = sources[i].resampler.method == .none ? sources[i].least : 1
        own.bands[i].values.withBytes { Self.markNoData($0.bindMemory(to: UInt16.self), below: least, codes) }
      }
    }
    let counts = own.codes.values.withBytes { bytes in
      let codes = bytes.bindMemory(to: UInt8.self)
      let counts = Self.count(codes)
      if counts[0] < codes.count {
        for i in bands.indices {
          own.bands[i].values.withMutableBytes { Self.blank($0.bindMemory(to: UInt16.self), codes) }
        }
      }
      return counts
    }
    let place = window.offset(columns: -origin.column, rows: -origin.row)
    let n = window.pixelCount
    // What is never written is 0: no data in the image, valid in the mask.
    if counts[0] > 0 {
      for i in bands.indices {
        own.bands[i].window = place
        try image.write(own.bands[i], bands: [i])
      }
    }
    if counts[0] < n {
      own.codes.window = place
      try mask.write(own.codes, bands: [0])
    }
    return counts
  }

  /// One band of a window on the target's grid.
  private func read(_ i: Int, _ window: PixelWindow, _ own: Buffers) throws {
    let resampler = sources[i].resampler
    if resampler.method == .none {
      return try read(i, window, into: &own.bands[i])
    }
    own.bands[i].reshape(window: window, bandCount: 1, type: .uint16)
    let source = whole[i] ?? own.sources[i]
    source.values.withBytes { input in
      own.bands[i].values.withMutableBytes { out in
        resampler.resample(
          input.bindMemory(to: UInt16.self), source.window, into: out.bindMemory(to: UInt16.self), window)
      }
    }
  }

  private func read(_ i: Int, _ window: PixelWindow, into block: inout PixelBlock) throws {
    if let file = bands[i] as? RasterFile, file.spec.type != .uint16 {
      throw FloeError("'\(file.path)' changed its pixel type while it was read")
    }
    try bands[i].read(window, bands: [0], into: &block)
  }

  /// Sets pixels below the least DN that is data to 0, before they are resampled.
  private static func blank(below least: UInt16, in block: inout PixelBlock) {
    guard least > 1 else { return }
    block.values.withMutableBytes { bytes in
      let pixels = bytes.bindMemory(to: UInt16.self)
      for i in 0..<pixels.count { pixels[i] = pixels[i] < least ? 0 : pixels[i] }
    }
  }

  /// Marks pixels below the least DN that is data.
  private static func markNoData(
    _ pixels: UnsafeBufferPointer<UInt16>, below least: UInt16, _ codes: UnsafeMutableBufferPointer<UInt8>
  ) {
    let noData = MaskReason.noData.rawValue
    for i in 0..<codes.count { codes[i] = pixels[i] < least ? noData : codes[i] }
  }

  /// Sets pixels that take no part to 0.
  private static func blank(_ pixels: UnsafeMutableBufferPointer<UInt16>, _ codes: UnsafeBufferPointer<UInt8>) {
    for i in 0..<codes.count { pixels[i] = codes[i] == 0 ? pixels[i] : 0 }
  }

  /// Pixels by reason.
  private static func count(_ codes: UnsafeBufferPointer<UInt8>) -> [Int] {
    var valid = 0
    for i in 0..<codes.count { valid &+= codes[i] == 0 ? 1 : 0 }
    var counts = [Int](repeating: 0, count: 256)
    counts[0] = valid
    if valid < codes.count { for code in codes where code != 0 { counts[Int(code)] += 1 } }
    return Array(counts[0..<MaskReason.allCases.count])
  }
}
