import FloeCore
import Glibc

/// Keeps a raster's pixels for many passes, in memory or in an unnamed file on disk.
///
/// Windows that share no pixel may be written from several threads at once; a window may be read as soon as it is
/// written. Pixels never written are zero. The file is read with pread, never mapped, so that it takes no resident
/// memory. Pixels lie tile by tile, in the raster's own tiles, so that a decoded tile is one run of whole pages:
/// half-written pages cost the system a second visit.
public final class CachedRaster: RasterSource {
  /// The raster's description.
  public let spec: RasterSpec
  private let store: any PlaneStore
  private let layout: CachedRasterLayout
  /// Given back when the pixels go.
  private let reservation: (any Sendable)?

  /// Room for all pixels of `spec`.
  ///
  /// - Parameters:
  ///   - inMemoryAllowed: whether memory is used; else a file, which needs `spec.byteCount` bytes free at once.
  ///   - directory: the folder of that file; it should not lie on a memory file system.
  ///   - reservation: whatever accounts for the memory; held as long as the pixels are.
  public init(
    _ spec: RasterSpec, inMemoryAllowed: Bool, directory: String, reservation: (any Sendable)? = nil
  ) throws {
    self.spec = spec
    self.reservation = reservation
    layout = CachedRasterLayout(spec)
    if inMemoryAllowed {
      store = try MemoryPlanes(byteCount: layout.byteCount)
    } else {
      store = try FilePlanes(byteCount: layout.byteCount, directory: directory)
    }
  }

  public var isMaterialized: Bool { true }
  /// The kept pixels as a raster.
  public var raster: Raster { Raster(spec, source: self) }

  /// Keeps a block whose bands are `bands` of the raster, in that order.
  public func write(_ block: PixelBlock, bands: [Int]) throws {
    precondition(
      bands.count == block.bandCount && block.values.type == spec.type, "a scratch block of another shape or type")
    try block.values.withBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      try layout.runs(block.window, bands: bands) { run in
        try store.write(base.advanced(by: run.position), run)
      }
    }
  }

  public func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws {
    block.reshape(window: window, bandCount: bands.count, type: spec.type)
    try block.values.withMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      try layout.runs(window, bands: bands) { run in
        try store.read(base.advanced(by: run.position), run)
      }
    }
  }
}

/// Bytes at places. A run's pointer is that of its first line.
private protocol PlaneStore: Sendable {
  func write(_ base: UnsafeRawPointer, _ run: CachedRasterLayout.Run) throws
  func read(_ base: UnsafeMutableRawPointer, _ run: CachedRasterLayout.Run) throws
}

/// Safe because the pointer never changes and callers write disjoint places (the contract of `CachedRaster`).
private final class MemoryPlanes: PlaneStore, @unchecked Sendable {
  private let base: UnsafeMutableRawPointer

  init(byteCount: Int) throws {
    // Zeroed pages are only taken when they are touched.
    guard let memory = calloc(max(1, byteCount), 1) else {
      throw FloeError("\(byteCount) bytes of memory for scratch cannot be had; lower --memory so that a file is used")
    }
    base = memory
  }
  deinit { free(base) }

  func write(_ from: UnsafeRawPointer, _ run: CachedRasterLayout.Run) {
    for line in 0..<run.lines {
      base.advanced(by: run.offset + line * run.length).copyMemory(
        from: from.advanced(by: line * run.stride), byteCount: run.length)
    }
  }
  func read(_ to: UnsafeMutableRawPointer, _ run: CachedRasterLayout.Run) {
    for line in 0..<run.lines {
      to.advanced(by: line * run.stride).copyMemory(
        from: base.advanced(by: run.offset + line * run.length), byteCount: run.length)
    }
  }
}

private final class FilePlanes: PlaneStore {
  private let file: UnnamedTemporaryFile
  private let byteCount: Int

  init(byteCount: Int, directory: String) throws {
    self.byteCount = byteCount
    file = try UnnamedTemporaryFile(in: directory)
    // Reserved at once, so that a full disk is found before the work and not in the middle of it.
    let code = byteCount > 0 ? posix_fallocate(file.descriptor, 0, byteCount) : 0
    if code == ENOSPC || code == EFBIG { throw file.failure(code, byteCount) }
  }

  func write(_ base: UnsafeRawPointer, _ run: CachedRasterLayout.Run) throws {
    // Safe because pwritev reads through the pointer alone.
    try transfer(UnsafeMutableRawPointer(mutating: base), run) { pieces, count, offset in
      let n = pwritev(file.descriptor, pieces, count, offset)
      guard n > 0 || errno == EINTR else { throw file.failure(n < 0 ? errno : ENOSPC, byteCount) }
      return n
    }
  }

  func read(_ base: UnsafeMutableRawPointer, _ run: CachedRasterLayout.Run) throws {
    try transfer(base, run) { pieces, count, offset in
      let n = preadv(file.descriptor, pieces, count, offset)
      if n < 0 && errno != EINTR { throw file.readingFailure(errno) }
      if n == 0 {
        // Beyond the end: never written.
        for piece in UnsafeBufferPointer(start: pieces, count: Int(count)) { memset(piece.iov_base, 0, piece.iov_len) }
        return (0..<Int(count)).reduce(0) { $0 + pieces[$1].iov_len }
      }
      return n
    }
  }

  /// Calls `move` until all lines of a run are moved; it returns how many bytes were, negative for an interruption.
  private func transfer(
    _ base: UnsafeMutableRawPointer, _ run: CachedRasterLayout.Run,
    _ move: (UnsafeMutablePointer<iovec>, Int32, Int) throws -> Int
  ) throws {
    // Lines that follow each other in memory are one piece; the system takes 1024 pieces at a time.
    let isWhole = run.stride == run.length
    let lines = isWhole ? 1 : run.lines
    let length = isWhole ? run.lines * run.length : run.length
    try withUnsafeTemporaryAllocation(of: iovec.self, capacity: min(lines, 1024)) { pieces in
      guard let list = pieces.baseAddress else { return }
      var done = 0
      while done < lines * length {
        let line = done / length
        let begun = done % length
        let count = min(pieces.count, lines - line)
        for i in 0..<count {
          let skipped = i == 0 ? begun : 0
          pieces.initializeElement(
            at: i, to: iovec(iov_base: base.advanced(by: (line + i) * run.stride + skipped), iov_len: length - skipped))
        }
        done += max(0, try move(list, Int32(count), run.offset + done))
      }
    }
  }
}
