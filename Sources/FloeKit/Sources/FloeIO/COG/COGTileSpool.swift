import FloeCore
import Glibc
import Synchronization

/// Compressed tiles that wait until it is their turn in a file, in memory or in scratch; several threads may keep and
/// take.
final class COGTileSpool: Sendable {
  private struct State {
    /// Tiles in memory.
    var tiles: [Int: [UInt8]] = [:]
    /// Where tiles lie in the file, and the first byte after them.
    var places: [Int: (offset: Int, count: Int)] = [:]
    var end = 0
  }
  private let file: UnnamedTemporaryFile?
  private let state = Mutex(State())

  /// - Parameter directory: the folder of the scratch file; nil to keep the tiles in memory.
  init(directory: String?) throws { file = try directory.map { try UnnamedTemporaryFile(in: $0) } }

  /// Keeps a tile under its number.
  func keep(_ tile: [UInt8], as number: Int) throws {
    guard let file else {
      state.withLock { $0.tiles[number] = tile }
      return
    }
    let offset = state.withLock { state in
      let offset = state.end
      state.places[number] = (offset, tile.count)
      state.end += tile.count
      return offset
    }
    let code = writeWhole(tile, to: file.descriptor, at: offset)
    if code != 0 { throw file.failure(code, offset + tile.count) }
  }

  /// Hands over a tile that was kept.
  func take(_ number: Int) throws -> [UInt8] {
    let (kept, place) = state.withLock { ($0.tiles.removeValue(forKey: number), $0.places.removeValue(forKey: number)) }
    if let kept { return kept }
    guard let file, let place else { throw FloeError("tile \(number) was not kept") }
    var code: Int32 = 0
    let tile = [UInt8](unsafeUninitializedCapacity: place.count) { bytes, filled in
      while filled < place.count {
        let n = pread(
          file.descriptor, bytes.baseAddress?.advanced(by: filled), place.count - filled, place.offset + filled)
        if n < 0 && errno == EINTR { continue }
        if n <= 0 {
          code = n < 0 ? errno : EIO
          return
        }
        filled += n
      }
    }
    if code != 0 { throw file.readingFailure(code) }
    return tile
  }
}
