import FloeSDK
import Synchronization

/// Pixels that cannot be read after a while, or whose reading ends the run: for the laws about failure.
final class FaultySource: RasterSource {
  static let complaint = "this input cannot be read"
  private let inner: any RasterSource
  private let sound: Int
  private let ends: Cancellation?
  private let counts = Mutex((reads: 0, faults: 0))

  /// - Parameters:
  ///   - sound: the number of reads that go well.
  ///   - cancelling: a switch that is thrown by the read after them, which then goes well; nil lets it fail.
  init(_ inner: any RasterSource, sound: Int, cancelling: Cancellation? = nil) {
    self.inner = inner
    self.sound = sound
    ends = cancelling
  }

  /// How many reads were refused.
  var faults: Int { counts.withLock { $0.faults } }

  func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws {
    let isFaulty = counts.withLock { counts in
      counts.reads += 1
      if counts.reads > sound { counts.faults += 1 }
      return counts.reads > sound
    }
    if isFaulty {
      guard let ends else { throw FloeError(Self.complaint) }
      ends.cancel()
    }
    try inner.read(window, bands: bands, into: &block)
  }
}
