import FloeCore
import Glibc
import Synchronization

/// A file of tiles after a head: tiles may come in any order, lie in the order of their turns, and are written by
/// several threads at once.
final class COGTileFile: Sendable {
  private struct State {
    /// The first byte after the tiles that have their place.
    var end: Int
    var next = 0
    var waiting: [Int: (level: Int, tiles: [[UInt8]])] = [:]
    var offsets, sizes: [[Int]]
    /// Tiles that have their place and are left to the thread that writes.
    var queue: [Piece] = []
    var queuedBytes = 0
    var isWriting = false
  }
  private typealias Piece = (offset: Int, bytes: [UInt8])
  /// Bytes that may wait for the thread that writes; one that brings more writes itself.
  private static let longestQueue = 32 << 20
  private let path: String
  private let head: COGHeader
  private let descriptor: Int32
  private let isClosed = Atomic<Bool>(false)
  private let state: Mutex<State>

  /// Creates the file, or empties the one that is there.
  init(_ path: String, head: COGHeader) throws {
    self.path = path
    self.head = head
    descriptor = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FloeError("'\(path)' cannot be created: \(String(cString: strerror(errno)))") }
    let none = [[Int]](repeating: [], count: head.levels.count)
    state = Mutex(State(end: head.byteCount, offsets: none, sizes: none))
  }

  // After `finish` there is nothing to close; before it the file is thrown away, and nobody needs its last bytes.
  deinit { if !isClosed.load(ordering: .relaxed) { close(descriptor) } }

  /// Writes the tiles of turn 0, 1, 2, ..., row by row of their level, with four bytes before and after that are not
  /// the tile's own.
  func take(_ tiles: [[UInt8]], level: Int, turn: Int) throws {
    // Two threads that write into one file wait for each other: one writes, and the others go on with their tiles.
    let (ready, isWriter) = state.withLock { state in
      state.waiting[turn] = (level, tiles)
      var ready: [Piece] = []
      while let (level, tiles) = state.waiting.removeValue(forKey: state.next) {
        for tile in tiles {
          state.offsets[level].append(state.end + 4)
          state.sizes[level].append(tile.count - 8)
          ready.append((state.end, tile))
          state.end += tile.count
        }
        state.next += 1
      }
      guard state.isWriting else {
        state.isWriting = true
        return (ready, true)
      }
      if state.queuedBytes < Self.longestQueue {
        state.queue += ready
        state.queuedBytes += ready.reduce(0) { $0 + $1.bytes.count }
        ready = []
      }
      return (ready, false)
    }
    for (offset, bytes) in ready { try write(bytes, at: offset) }
    guard isWriter else { return }
    while let more = queued() {
      for (offset, bytes) in more { try write(bytes, at: offset) }
    }
  }

  /// What others left to the thread that writes; nil, which ends its writing, when there is nothing.
  private func queued() -> [Piece]? {
    state.withLock { state in
      if state.queue.isEmpty {
        state.isWriting = false
        return nil
      }
      defer {
        state.queue = []
        state.queuedBytes = 0
      }
      return state.queue
    }
  }

  /// Writes the head, once all tiles are taken, and closes the file; to be called once.
  func finish() throws {
    let (offsets, sizes, end) = state.withLock { ($0.offsets, $0.sizes, $0.end) }
    guard zip(head.levels, offsets).allSatisfy({ $0.tiles == $1.count }) else {
      throw FloeError("'\(path)' lacks tiles")
    }
    guard head.reaches(end) else { throw FloeError("'\(path)' grew to \(end) bytes, more than its offsets can tell") }
    try write(head.bytes(offsets: offsets, sizes: sizes), at: 0)
    isClosed.store(true, ordering: .relaxed)
    // A quota or a disk behind a network may refuse only now.
    if close(descriptor) != 0, errno != EINTR {
      throw FloeError("'\(path)' cannot be written: \(String(cString: strerror(errno)))")
    }
  }

  private func write(_ bytes: [UInt8], at offset: Int) throws {
    let code = writeWhole(bytes, to: descriptor, at: offset)
    if code != 0 { throw FloeError("'\(path)' cannot be written: \(String(cString: strerror(code)))") }
  }
}
