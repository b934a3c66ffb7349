import FloeSDK

/// A flat buffer that workers fill at the same time, each at places of its own.
///
/// Nothing guards it: two workers must not write the same place, and nobody reads before all have ended.
final class SharedBuffer<T: BitwiseCopyable & Sendable>: @unchecked Sendable {
  let all: UnsafeMutableBufferPointer<T>

  init(_ count: Int, repeating value: T) {
    all = .allocate(capacity: count)
    all.initialize(repeating: value)
  }

  deinit { all.deallocate() }

  /// The entries once all workers have ended.
  var array: [T] { Array(all) }
}

extension RunContext {
  /// An array of `count` entries that workers fill in place, each a range of its own.
  ///
  /// - Parameters:
  ///   - value: the initial value, which remains where `body` writes nothing.
  ///   - block: the smallest range.
  func fill<T: BitwiseCopyable & Sendable>(
    _ count: Int, with value: T, block: Int = 1 << 14,
    _ body: @escaping @Sendable (Range<Int>, UnsafeMutableBufferPointer<T>) throws -> Void
  ) async throws -> [T] {
    let size = max(block, (count + pool.workers - 1) / pool.workers)
    let buffer = SharedBuffer(count, repeating: value)
    _ = try await map((count + size - 1) / size) { i in try body(i * size..<min(count, (i + 1) * size), buffer.all) }
    return buffer.array
  }
}
