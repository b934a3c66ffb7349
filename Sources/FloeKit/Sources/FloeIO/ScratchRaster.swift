import FloeCore
import Glibc

/// Keeps a raster's pixels for many passes, in memory or in an unnamed file on disk.
///
/// Windows that share no pixel may be written from several threads at once; a window may be read as soon as it is written.
/// Pixels never written are zero. The file is read with pread, never mapped, so that it takes no resident memory.
public final class ScratchRaster: RasterSource {
  /// The raster's description.
  public let spec: RasterSpec
  private let store: any PlaneStore

  /// Room for all pixels of `spec`.
  ///
  /// - Parameters:
  ///   - inMemoryAllowed: whether memory is used; else a file, which needs `spec.byteCount` bytes free at once.
  ///   - directory: the folder of that file; it should not lie on a memory file system.
  public init(_ spec: RasterSpec, inMemoryAllowed: Bool, directory: String) throws {
    self.spec = spec
    if inMemoryAllowed {
      store = try MemoryPlanes(byteCount: spec.byteCount)
    } else {
      store = try FilePlanes(byteCount: spec.byteCount, directory: directory)
    }
  }

  public var isKept: Bool { true }
  /// The kept pixels as a raster.
  public var raster: Raster { Raster(spec, source: self) }

  /// Keeps a block whose bands are `bands` of the raster, in that order.
  public func write(_ block: PixelBlock, bands: [Int]) throws {
    precondition(bands.count == block.bandCount && block.values.type == spec.type, "a scratch block of another shape or type")
    try block.values.withBytes { bytes in
      try segments(block.window, bands: bands) { offset, range in
        try store.write(UnsafeRawBufferPointer(rebasing: bytes[range]), at: offset)
      }
    }
  }

  public func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws {
    block.reshape(window: window, bandCount: bands.count, type: spec.type)
    try block.values.withMutableBytes { bytes in
      try segments(window, bands: bands) { offset, range in
        try store.read(UnsafeMutableRawBufferPointer(rebasing: bytes[range]), at: offset)
      }
    }
  }

  /// The runs of bytes that are contiguous both in the store and in a block: rows, or whole planes of full width.
  private func segments(_ window: PixelWindow, bands: [Int], _ body: (Int, Range<Int>) throws -> Void) rethrows {
    let grid = spec.grid, size = spec.type.byteCount
    let rows = window.width == grid.width ? window.height : 1
    let length = rows * window.width * size
    var position = 0
    for band in bands {
      for row in stride(from: window.row, to: window.endRow, by: rows) {
        let offset = ((band * grid.height + row) * grid.width + window.column) * size
        try body(offset, position..<position + length)
        position += length
      }
    }
  }
}

/// Bytes at places.
private protocol PlaneStore: Sendable {
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws
  func read(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws
}

/// Safe because the pointer never changes and callers write disjoint places (the contract of `ScratchRaster`).
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

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    if let from = bytes.baseAddress { base.advanced(by: offset).copyMemory(from: from, byteCount: bytes.count) }
  }
  func read(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
    bytes.baseAddress?.copyMemory(from: base.advanced(by: offset), byteCount: bytes.count)
  }
}

private final class FilePlanes: PlaneStore {
  private let descriptor: Int32
  private let directory: String
  private let byteCount: Int

  init(byteCount: Int, directory: String) throws {
    self.byteCount = byteCount
    self.directory = directory
    descriptor = try Self.openUnnamed(directory)
    // Reserved at once, so that a full disk is told before the work and not in the middle of it.
    let code = byteCount > 0 ? posix_fallocate(descriptor, 0, byteCount) : 0
    if code == ENOSPC || code == EFBIG {
      close(descriptor)
      throw Self.failure(code, directory, byteCount)
    }
  }
  deinit { close(descriptor) }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < bytes.count {
      let n = pwrite(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, offset + done)
      if n < 0 && errno == EINTR { continue }
      guard n > 0 else { throw Self.failure(n < 0 ? errno : ENOSPC, directory, byteCount) }
      done += n
    }
  }

  func read(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < bytes.count {
      let n = pread(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, offset + done)
      if n < 0 && errno == EINTR { continue }
      if n == 0 {
        // Beyond the end: never written.
        UnsafeMutableRawBufferPointer(rebasing: bytes[done...]).initializeMemory(as: UInt8.self, repeating: 0)
        return
      }
      guard n > 0 else { throw FloeError("the scratch file in '\(directory)' cannot be read: \(String(cString: strerror(errno)))") }
      done += n
    }
  }

  /// A file without a name: it vanishes with its descriptor, however the process ends.
  private static func openUnnamed(_ directory: String) throws -> Int32 {
    // Together with O_DIRECTORY this is O_TMPFILE, a combined macro that Swift does not see.
    let unnamed = open(directory, 0o20_000_000 | O_DIRECTORY | O_RDWR | O_CLOEXEC, 0o600)
    if unnamed >= 0 { return unnamed }
    var template = Array("\(directory)/floe-scratch-XXXXXX".utf8CString)
    let named = mkstemp(&template)
    guard named >= 0 else { throw failure(errno, directory, 0) }
    unlink(template)
    return named
  }

  private static func failure(_ code: Int32, _ directory: String, _ byteCount: Int) -> FloeError {
    let reason = String(cString: strerror(code))
    return FloeError(
      "scratch of \(byteCount) bytes cannot be written to the folder '\(directory)': \(reason); choose another folder with more room")
  }
}
