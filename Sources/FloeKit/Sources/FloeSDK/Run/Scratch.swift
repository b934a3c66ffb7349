public import FloeIO
import Synchronization

/// Space for pixels that several passes need: memory for small rasters while they fit the run's cap, else files in the
/// scratch folder.
public final class Scratch: Sendable {
  /// The folder for scratch files; on a real disk, not in memory.
  public let directory: String
  /// Bytes of memory that scratch may take altogether.
  public let memoryLimit: Int
  private let used = Mutex(0)
  private let made = Atomic<Int>(0)
  /// Bytes of all rasters made here so far and of all memory reserved apart from them; what steps announce when they
  /// plan is held against it.
  public var bytesMade: Int { made.load(ordering: .relaxed) }

  /// Scratch in a folder that exists, with a limit for what may stay in memory.
  public init(directory: String, memoryLimit: Int) {
    self.directory = directory
    self.memoryLimit = memoryLimit
  }

  /// Takes memory out of the limit; nil when that much is not left. Given back when the reservation is released.
  public func reserve(_ bytes: Int) -> MemoryReservation? {
    let fits = used.withLock { used in
      guard used + bytes <= memoryLimit else { return false }
      used += bytes
      return true
    }
    guard fits else { return nil }
    made.add(bytes, ordering: .relaxed)
    return MemoryReservation(bytes: bytes, of: self)
  }

  fileprivate func giveBack(_ bytes: Int) { used.withLock { $0 -= bytes } }

  /// Rasters larger than this, in bytes, are kept in a file even where memory would do: the system's cache makes it as
  /// quick, and the memory stays free for others.
  public static let largestInMemory = 128 << 20

  /// An empty raster to be written once and read often; pixels never written are 0.
  ///
  /// - Throws: a sentence where it needs a file of the scratch folder and that has no room for `spec.byteCount` bytes.
  public func makeRaster(_ spec: RasterSpec) throws -> CachedRaster {
    let reservation = spec.byteCount <= Self.largestInMemory ? reserve(spec.byteCount) : nil
    if reservation == nil { made.add(spec.byteCount, ordering: .relaxed) }
    return try CachedRaster(
      spec, inMemoryAllowed: reservation != nil, directory: directory, reservation: reservation)
  }
}

/// Memory taken out of a run's limit until this object is released.
public final class MemoryReservation: Sendable {
  /// The bytes taken.
  public let bytes: Int
  private let scratch: Scratch
  fileprivate init(bytes: Int, of scratch: Scratch) {
    self.bytes = bytes
    self.scratch = scratch
  }
  deinit { scratch.giveBack(bytes) }
}
