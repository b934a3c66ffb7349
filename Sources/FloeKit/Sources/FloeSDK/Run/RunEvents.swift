import Synchronization

/// Where notes, counts and progress of a run go; the host implements it.
public protocol RunEvents: Sendable {
  /// A note for people.
  func log(_ level: LogLevel, step: String, _ message: String)
  /// A fact for `run.json`, provenance and the summary; a key given again replaces the old value.
  func record(step: String, key: String, value: JSONValue)
  /// Something left out, with its reason; counts of one reason add up.
  func dropped(step: String, count: Int, unit: String, reason: String)
  /// How far a step is: `done` of `total` pieces of work, counted in `unit`.
  func progress(step: String, done: Int, total: Int, unit: String)
}
