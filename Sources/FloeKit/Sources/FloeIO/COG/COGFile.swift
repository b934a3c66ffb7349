import FloeCore
import Glibc
import Synchronization

/// Writes a whole raster as the file that `COGWriter` makes, on all workers and without a temporary copy of
/// its pixels.
///
/// GDAL writes the tags, for a raster of a few pixels; tiles are compressed as they come and follow in the order that
/// the layout asks for, the smallest overview first. Pixels, overviews and labels are those of `COGWriter`, the plain
/// version, and the bytes depend on the pixels alone. A compression that GDAL has no compressor for is left to that
/// one.
public struct COGFile: Sendable {
  /// Calls a function for 0 ..< count, several at a time, begun in order; throws its first failure.
  public typealias ParallelFor =
    @Sendable (_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) async throws -> Void

  private let raster: Raster
  private let path: String
  private let options: RasterWriteOptions
  private let progress: @Sendable (_ done: Int, _ total: Int) -> Void

  /// - Parameters:
  ///   - options: `scratchDirectory` is for the overviews, a third of the pixels' size, and where the raster is not
  ///     kept for its compressed tiles, or
  ///     for its pixels where it is read in windows that are no whole tiles.
  ///   - progress: called with how many pieces of the work are done.
  public init(
    _ raster: Raster, path: String, options: RasterWriteOptions,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) {
    self.raster = raster
    self.path = path
    self.options = options
    self.progress = progress
  }

  /// Bytes of scratch that writing a raster takes, at most but for what compression may add.
  public static func scratchBytes(_ raster: Raster) -> Int {
    raster.spec.byteCount * (raster.source.isMaterialized ? 1 : 4) / 3
  }

  /// Writes the file.
  ///
  /// - Parameter spread: runs the pieces of the work on the workers.
  /// - Throws: `FloeError` when pixels cannot be read or kept or the file cannot be written; what `spread` throws.
  public func write(spread: ParallelFor) async throws {
    let spec = raster.spec
    let chosen = options.settled(for: spec)
    let levels = Level.all(of: spec.grid)
    guard
      let encoder = COGTileEncoder(
        compression: chosen.compression, level: chosen.level, isPredicted: chosen.isPredicted,
        bandCount: spec.bands.count, type: spec.type),
      let head = try template(levels, tileBytes: encoder.tileBytes)
    else { return try await writePlainly(spread) }
    let all = Array(spec.bands.indices)
    let file = try COGTileFile(path, head: head)
    let buffers = BufferPool(encoder)
    let overviews = try levels.dropFirst().map { try scratch($0) }
    let groups = Self.groups(levels, tileBytes: encoder.tileBytes)
    let fills = raster.source.isMaterialized ? [] : raster.readingWindows(readTile)
    // Windows of whole tiles, in which overviews begin with whole pixels, are compressed as they come: their pixels
    // need not be kept.
    let unit = max(COGTileEncoder.side, 1 << (levels.count - 1))
    let stash =
      !fills.isEmpty && fills.allSatisfy({ spec.grid.isWhole($0, in: unit) })
      ? try COGTileSpool(directory: options.scratchDirectory) : nil
    let pieces = levels.count > 1 && stash == nil ? spec.grid.tiles(TileSize(width: max(2048, unit), height: unit)) : []
    let counter = PieceCount(total: fills.count + pieces.count * all.count + groups.count, tell: progress)

    var base = raster
    if let stash {
      let source = raster
      let across = levels[0].across
      try await spread(fills.count) { i in
        try buffers.withBuffer { own in
          try source.source.read(fills[i], bands: all, into: &own.block)
          let w = fills[i]
          let side = COGTileEncoder.side
          for row in stride(from: 0, to: w.height, by: side) {
            for column in stride(from: 0, to: w.width, by: side) {
              try stash.keep(
                try encoder.encode(own.block, column: column, row: row, using: own.tile),
                as: (w.row + row) / side * across + (w.column + column) / side)
            }
          }
          for band in all { try Self.halve(own.block, place: band, of: spec, band: band, into: overviews) }
        }
        counter.next()
      }
    } else if !fills.isEmpty {
      let kept = try scratch(levels[0])
      let source = raster
      try await spread(fills.count) { i in
        try kept.write(try source.read(fills[i]), bands: all)
        counter.next()
      }
      base = kept.raster
    }
    let whole = base
    try await spread(pieces.count * all.count) { i in
      let band = i / pieces.count
      try Self.halve(
        try whole.read(pieces[i % pieces.count], bands: [band]), place: 0, of: spec, band: band, into: overviews)
      counter.next()
    }
    let sources = [base] + overviews.map(\.raster)
    try await spread(groups.count) { i in
      let group = groups[i]
      let columns = stride(from: 0, to: group.window.width, by: COGTileEncoder.side)
      if group.level == 0, let stash {
        let first =
          group.window.row / COGTileEncoder.side * levels[0].across + group.window.column / COGTileEncoder.side
        try file.take(try columns.enumerated().map { try stash.take(first + $0.offset) }, level: 0, turn: i)
      } else {
        let tiles = try buffers.withBuffer { own in
          try sources[group.level].source.read(group.window, bands: all, into: &own.block)
          return try columns.map { try encoder.encode(own.block, column: $0, row: 0, using: own.tile) }
        }
        try file.take(tiles, level: group.level, turn: i)
      }
      counter.next()
    }
    try file.finish()
  }

  /// The same file by way of GDAL's own driver.
  private func writePlainly(_ spread: ParallelFor) async throws {
    let writer = try COGWriter(path: path, spec: raster.spec, options: options)
    let tiles = raster.spec.grid.tiles(readTile)
    let source = raster
    let counter = PieceCount(total: tiles.count, tell: progress)
    try await spread(tiles.count) { i in
      try writer.write(try source.read(tiles[i]))
      counter.next()
    }
    try writer.finish()
  }

  /// Whole blocks of the file, in the direction in which the source delivers cheaply.
  private var readTile: TileSize {
    let tile = raster.spec.tile
    let grid = raster.spec.grid
    if raster.source.isMaterialized || tile.width < grid.width {
      return TileSize(
        width: max(1024, (tile.width + 511) / 512 * 512), height: max(512, (tile.height + 511) / 512 * 512))
    }
    return TileSize(width: grid.width, height: 512)
  }

  /// The head from a raster of one row with the same labels; puts its `.aux.xml`, if there is one, beside the path. Nil
  /// when it cannot be read.
  private func template(_ levels: [Level], tileBytes: Int) throws -> COGHeader? {
    var small = raster.spec
    var few = options
    let grid = small.grid
    // One overview: 513 pixels are more than one tile.
    guard
      let row = Grid(
        width: 513, height: 1, originX: grid.originX, originY: grid.originY, pixelWidth: grid.pixelWidth,
        pixelHeight: grid.pixelHeight, crs: grid.crs)
    else { return nil }
    small.grid = row
    few.threads = 1
    few.scratchDirectory = nil
    // Offsets of 32 bits reach 4 GB; compression makes no tile much longer.
    few.isBig = levels.reduce(0) { $0 + $1.tiles * tileBytes } > 2_000_000_000
    let place = "/vsimem/floe-head-\(getpid())-\(Self.counter.add(1, ordering: .relaxed).newValue).tif"
    defer {
      VirtualFile.remove(place)
      VirtualFile.remove(place + ".aux.xml")
    }
    try COGWriter(path: place, spec: small, options: few).finish()
    guard let header = TIFFHeader(try VirtualFile.read(place)),
      let head = COGHeader(template: header, levels: levels.map { ($0.width, $0.height, $0.tiles) })
    else { return nil }
    if VirtualFile.exists(place + ".aux.xml") {
      try VirtualFile.write(try VirtualFile.read(place + ".aux.xml"), to: path + ".aux.xml")
    }
    return head
  }

  private func scratch(_ level: Level) throws -> CachedRaster {
    var spec = raster.spec
    let grid = spec.grid
    let factor = Double(level.factor)
    guard
      let reduced = Grid(
        width: level.width, height: level.height, originX: grid.originX, originY: grid.originY,
        pixelWidth: grid.pixelWidth * factor,
        pixelHeight: grid.pixelHeight * factor, crs: grid.crs)
    else { throw FloeError("'\(path)' has no overview of \(level.width) x \(level.height) pixels") }
    spec.grid = reduced
    return try CachedRaster(
      spec, inMemoryAllowed: options.scratchDirectory == nil, directory: options.scratchDirectory ?? "")
  }

  /// All overviews of one band of a block whose window begins at a multiple of the largest factor; `place` is the
  /// band's place in the block.
  private static func halve(
    _ block: PixelBlock, place: Int, of spec: RasterSpec, band: Int, into overviews: [CachedRaster]
  ) throws {
    let rule = OverviewRule(spec)
    let noData = spec.bands[band].noData
    let plane = block.window.pixelCount * spec.type.byteCount
    var w = block.window
    var last: PixelBlock?
    for overview in overviews {
      let half = PixelWindow(column: w.column / 2, row: w.row / 2, width: (w.width + 1) / 2, height: (w.height + 1) / 2)
      var smaller = PixelBlock(window: half, bandCount: 1, type: spec.type)
      (last ?? block).values.withBytes { bytes in
        let from = last == nil ? UnsafeRawBufferPointer(rebasing: bytes[place * plane..<(place + 1) * plane]) : bytes
        smaller.values.withMutableBytes { to in
          COGOverviews.halve(
            from, into: to, width: w.width, rows: w.height, type: spec.type, rule: rule, noData: noData)
        }
      }
      try overview.write(smaller, bands: [band])
      (w, last) = (half, smaller)
    }
  }

  /// Runs of tiles of one row in the order of the file, of a few megabytes so that reading them is cheap.
  private static func groups(_ levels: [Level], tileBytes: Int) -> [(level: Int, window: PixelWindow)] {
    let side = COGTileEncoder.side
    let width = side * max(1, (8 << 20) / tileBytes)
    return levels.indices.reversed().flatMap { number in
      let level = levels[number]
      return stride(from: 0, to: level.height, by: side).flatMap { row in
        stride(from: 0, to: level.width, by: width).map { column in
          (
            number,
            PixelWindow(
              column: column, row: row, width: min(width, level.width - column), height: min(side, level.height - row))
          )
        }
      }
    }
  }

  private static let counter = Atomic<Int>(0)
}

/// One resolution of the file.
private struct Level: Sendable {
  let factor, width, height: Int
  /// Tiles of a row.
  var across: Int { (width + COGTileEncoder.side - 1) / COGTileEncoder.side }
  var tiles: Int { across * ((height + COGTileEncoder.side - 1) / COGTileEncoder.side) }

  /// The full resolution, then the overviews.
  static func all(of grid: Grid) -> [Level] {
    ([1] + COGOverviews.factors(width: grid.width, height: grid.height)).map { factor in
      Level(factor: factor, width: (grid.width + factor - 1) / factor, height: (grid.height + factor - 1) / factor)
    }
  }
}

/// Memory of the workers, used again and again.
private final class BufferPool: Sendable {
  /// Safe because it is either in the pool or with the one thread that took it out.
  final class Own: @unchecked Sendable {
    var block: PixelBlock
    let tile: COGTileEncoder.Buffers
    init(_ encoder: COGTileEncoder) {
      block = PixelBlock(window: PixelWindow(column: 0, row: 0, width: 0, height: 0), bandCount: 0, type: encoder.type)
      tile = COGTileEncoder.Buffers(encoder)
    }
  }
  private let encoder: COGTileEncoder
  private let idle = Mutex<[Own]>([])
  init(_ encoder: COGTileEncoder) { self.encoder = encoder }

  func withBuffer<R>(_ body: (Own) throws -> R) rethrows -> R {
    let own = idle.withLock { $0.popLast() } ?? Own(encoder)
    defer { idle.withLock { $0.append(own) } }
    return try body(own)
  }
}

/// Counts finished pieces from several threads.
private final class PieceCount: Sendable {
  private let value = Atomic<Int>(0)
  private let total: Int
  private let tell: @Sendable (Int, Int) -> Void
  init(total: Int, tell: @escaping @Sendable (Int, Int) -> Void) {
    self.total = total
    self.tell = tell
    tell(0, total)
  }
  func next() { tell(value.wrappingAdd(1, ordering: .relaxed).newValue, total) }
}

extension Grid {
  /// Whether a window begins at multiples of `unit` and ends at some or at the grid's edge.
  fileprivate func isWhole(_ w: PixelWindow, in unit: Int) -> Bool {
    w.column % unit == 0 && w.row % unit == 0 && (w.endColumn % unit == 0 || w.endColumn == width)
      && (w.endRow % unit == 0 || w.endRow == height)
  }
}
