import Synchronization

/// What GDAL, OGR and our own readers remarked on files that could be read all the same; each sentence is reported once
/// a process.
///
/// The host asks for it after each step and each output, and reports it as a warning of that step.
public enum LibraryNotices {
  private struct State {
    var waiting: Set<String> = []
    var told: Set<String> = []
  }
  private static let state = Mutex(State())
  /// A damaged file may say something of each block; these are enough.
  private static let most = 200

  /// The sentences that came up since the last call, sorted, without those that were reported before.
  public static func take() -> [String] {
    state.withLock { state in
      let new = state.waiting.subtracting(state.told).sorted()
      state.waiting = []
      state.told.formUnion(new)
      return new
    }
  }

  /// Keeps a sentence until the host asks.
  public static func add(_ sentence: String) {
    state.withLock { state in
      if state.told.count + state.waiting.count < most { state.waiting.insert(sentence) }
    }
  }
}
