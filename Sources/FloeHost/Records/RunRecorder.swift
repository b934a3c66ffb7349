import FloeSDK
import Foundation
import Synchronization

/// Collects what a run's steps report and passes it on.
final class RunRecorder: RunEvents, Sendable {
  struct Dropped: Sendable {
    let step: String, unit: String, reason: String
    var count: Int
    /// An entry of what a record says was left out.
    var json: JSONValue {
      JSONValue(keyed: [
        .step: .string(step), .count: .integer(count), .unit: .string(unit), .reason: .string(reason),
      ])
    }
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
        // A program may report any number; beyond the largest nothing is counted.
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

  /// What some steps reported, in the order of a list of steps.
  func events(of steps: Set<String>, in order: [String]) -> [StepEvents] {
    state.withLock { state in
      order.filter(steps.contains).map { step in
        StepEvents(
          step: step, facts: (state.facts[step] ?? [:]).mapValues { ExactJSON($0) },
          dropped: state.dropped.filter { $0.step == step }.map {
            .init(count: $0.count, unit: $0.unit, reason: $0.reason)
          },
          warnings: state.warnings.filter { $0.step == step }.map(\.message))
      }
    }
  }

  /// Repeats what a step reported.
  func repeats(_ events: StepEvents) {
    for (key, value) in events.facts { record(step: events.step, key: key, value: value.value) }
    for d in events.dropped { dropped(step: events.step, count: d.count, unit: d.unit, reason: d.reason) }
    for warning in events.warnings { log(.warning, step: events.step, warning) }
  }

  var facts: [String: [String: JSONValue]] { state.withLock { $0.facts } }
  var droppedList: [Dropped] { state.withLock { $0.dropped } }
  /// What was left out, as JSON: a list of step, count, unit and reason.
  var droppedJSON: JSONValue {
    .array(state.withLock { $0.dropped }.map(\.json))
  }
  var warningsJSON: JSONValue {
    .array(
      state.withLock { $0.warnings }.map { JSONValue(keyed: [.step: .string($0.step), .message: .string($0.message)]) })
  }
}
