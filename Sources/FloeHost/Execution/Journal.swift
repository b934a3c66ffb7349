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

/// Collects what a run's steps tell and passes it on.
final class Journal: RunSink, Sendable {
  struct Dropped: Sendable {
    let step: String, unit: String, reason: String
    var count: Int
  }
  private struct State {
    var facts: [String: [String: JSONValue]] = [:]
    var dropped: [Dropped] = []
    var warnings: [(step: String, message: String)] = []
  }
  private let state = Mutex(State())
  private let observer: any RunObserver

  init(observer: any RunObserver) { self.observer = observer }

  func log(_ level: LogLevel, step: String, _ message: String) {
    if level >= .warning { state.withLock { $0.warnings.append((step, message)) } }
    observer.note(level, step: step, message)
  }

  func record(step: String, key: String, value: JSONValue) { state.withLock { $0.facts[step, default: [:]][key] = value } }

  func dropped(step: String, count: Int, unit: String, reason: String) {
    state.withLock { state in
      if let i = state.dropped.firstIndex(where: { $0.step == step && $0.unit == unit && $0.reason == reason }) {
        // A program may tell any number; beyond the largest nothing is counted.
        let (sum, isBeyond) = state.dropped[i].count.addingReportingOverflow(count)
        state.dropped[i].count = isBeyond ? .max : sum
      } else {
        state.dropped.append(Dropped(step: step, unit: unit, reason: reason, count: count))
      }
    }
  }

  func progress(step: String, done: Int, total: Int, unit: String) {
    observer.progress(step: step, done: done, total: total, unit: unit)
  }

  var facts: [String: [String: JSONValue]] { state.withLock { $0.facts } }
  var droppedList: [Dropped] { state.withLock { $0.dropped } }
  /// What was left out, as JSON: a list of step, count, unit and reason.
  var droppedJSON: JSONValue {
    .array(state.withLock { $0.dropped }.map {
      ["step": .string($0.step), "count": .integer($0.count), "unit": .string($0.unit), "reason": .string($0.reason)]
    })
  }
  var warningsJSON: JSONValue {
    .array(state.withLock { $0.warnings }.map { ["step": .string($0.step), "message": .string($0.message)] })
  }
}
