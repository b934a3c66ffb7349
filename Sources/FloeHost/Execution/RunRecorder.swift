import FloeSDK
import Foundation
import Synchronization

/// Collects what a run's steps tell and passes it on.
final class RunRecorder: RunEvents, Sendable {
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

  func record(step: String, key: String, value: JSONValue) {
    state.withLock { $0.facts[step, default: [:]][key] = value }
  }

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
    .array(
      state.withLock { $0.dropped }.map {
        ["step": .string($0.step), "count": .integer($0.count), "unit": .string($0.unit), "reason": .string($0.reason)]
      })
  }
  var warningsJSON: JSONValue {
    .array(state.withLock { $0.warnings }.map { ["step": .string($0.step), "message": .string($0.message)] })
  }
}
