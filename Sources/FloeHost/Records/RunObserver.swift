import FloeSDK
import Foundation
import Synchronization

/// What the surroundings of a run see of it: the command line, or a test.
public protocol RunObserver: Sendable {
  /// A note for people.
  func note(_ level: LogLevel, step: String, _ message: String)
  /// How far a step is: `done` of `total` pieces of work, counted in `unit`.
  func progress(step: String, done: Int, total: Int, unit: String)
  /// A step or output begins; `what` is the kind of step, or `write`.
  func began(step: String, what: String)
  /// A step or output is done, after wall time in seconds.
  func ended(step: String, seconds: Double)
}
