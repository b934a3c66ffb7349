import Synchronization

/// Blocks of files on web servers, the least used given up beyond 64 MB.
final class RemoteBlocks: Sendable {
  static let shared = RemoteBlocks()
  /// Bytes of a block; a read asks for whole ones.
  static let blockSize = 1 << 16
  private struct Key: Hashable {
    let url: String, block: Int
  }
  private struct State {
    var blocks: [Key: (bytes: [UInt8], tick: Int)] = [:]
    var tick = 0
    var bytes = 0
  }
  private static let capacity = 64 << 20
  private let state = Mutex(State())

  func has(_ url: String, _ block: Int) -> Bool { state.withLock { $0.blocks[Key(url: url, block: block)] != nil } }

  func get(_ url: String, _ block: Int) -> [UInt8]? {
    state.withLock { state in
      let key = Key(url: url, block: block)
      guard let found = state.blocks[key] else { return nil }
      state.tick += 1
      state.blocks[key]?.tick = state.tick
      return found.bytes
    }
  }

  /// Keeps bytes that begin at a block, as many blocks as they are.
  func put(_ bytes: [UInt8], _ url: String, at first: Int) {
    let size = Self.blockSize
    state.withLock { state in
      for (i, from) in stride(from: 0, to: bytes.count, by: size).enumerated() {
        let key = Key(url: url, block: first + i)
        guard state.blocks[key] == nil else { continue }
        let piece = Array(bytes[from..<min(bytes.count, from + size)])
        state.tick += 1
        state.blocks[key] = (piece, state.tick)
        state.bytes += piece.count
      }
      guard state.bytes > Self.capacity else { return }
      for (key, value) in state.blocks.sorted(by: { $0.value.tick < $1.value.tick }) {
        if state.bytes <= Self.capacity * 3 / 4 { break }
        state.blocks[key] = nil
        state.bytes -= value.bytes.count
      }
    }
  }
}
