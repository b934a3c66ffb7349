import FloeSDK

/// What the surroundings of a batch see of it.
public protocol BatchObserver: Sendable {
  /// A note for people.
  func note(_ level: LogLevel, _ message: String)
  /// A scene's run begins.
  func began(_ scene: String)
  /// How far the scenes at work are, `scene: step`.
  func working(_ scene: String, step: String, share: Double)
  /// A scene has ended.
  func ended(_ scene: BatchReport.Scene, _ tally: BatchTally)
}

/// How far a batch is.
public struct BatchTally: Sendable {
  /// Scenes altogether.
  public var total = 0
  /// Scenes whose outputs were there already.
  public var unchanged = 0
  /// Scenes that were run and ended well.
  public var done = 0
  /// Scenes that failed, now or before.
  public var failed = 0
  /// Seconds until the end, after the pace so far; nil before there is one.
  public var secondsLeft: Double?
  /// Nothing yet.
  public init() {}
  /// Scenes that have an end.
  public var ended: Int { unchanged + done + failed }
}

/// A batch that was interrupted: scenes that are done stay.
public struct BatchInterrupted: Error, Sendable, CustomStringConvertible {
  /// Scenes whose outputs are in their folders.
  public let done: Int
  /// Scenes altogether.
  public let total: Int
  /// The sentence.
  public var description: String {
    "interrupted; \(done) of \(total) scenes are done and stay, the same call goes on from there"
  }
}

/// What became of all scenes.
public struct BatchReport: Sendable {
  /// How a scene ended.
  public enum State: String, Sendable { case done, unchanged, failed }
  /// One scene.
  public struct Scene: Sendable {
    /// The scene and what its run was given.
    public let item: BatchItem
    /// How it ended.
    public var state: State
    /// Seconds that its run took; that of the earlier call where nothing was to do.
    public var seconds: Double
    /// The step that failed; empty for none.
    public var step = ""
    /// Why it failed; empty for none.
    public var message = ""
    /// Whether it failed in an earlier call and was not tried again.
    public var isOld = false
    /// The record of the run; null for a failure.
    public var record: JSONValue = .null
  }
  /// In the order of the request.
  public let scenes: [Scene]
  /// The counts.
  public let tally: BatchTally
  /// Scenes of earlier lists of the same batches, which a gathering leaves out.
  public var leftOut = 0
}
