import FloeHost
import FloeIO
import FloeSDK
import Foundation
import Synchronization

/// The file of `--trace`: when each step, pass and output began and how long it took, in Chrome's trace event format,
/// which Perfetto and chrome://tracing draw; resident memory as a counter beside it.
///
/// Format: "Trace Event Format", JSON array with complete (`X`) and counter (`C`) events, times in microseconds. The
/// file is whole after each event, so that a run that is killed leaves one that can be read.
final class RunTrace: RunObserver, Sendable {
  private struct State {
    var file: Int32
    /// The offset of the closing bracket.
    var end: off_t = 0
    var began: [String: (at: Double, what: String)] = [:]
    var pass: (step: String, unit: String, total: Int, at: Double)?
    var lastPercent = -1
    var failure: Int32?
  }
  private let inner: any RunObserver
  private let start = ContinuousClock.now
  private let state: Mutex<State>

  /// Opens the file anew; everything is passed on to another observer.
  ///
  /// - Throws: where the file cannot be written.
  init(_ path: String, before inner: any RunObserver) throws {
    let file = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw refuse("--trace '\(path)' cannot be written: \(String(cString: strerror(errno)))") }
    self.inner = inner
    state = Mutex(State(file: file))
  }

  deinit { state.withLock { _ = close($0.file) } }

  func note(_ level: LogLevel, step: String, _ message: String) { inner.note(level, step: step, message) }

  func began(step: String, what: String) {
    state.withLock {
      $0.began[step] = (now, what)
      $0.lastPercent = -1
    }
    inner.began(step: step, what: what)
  }

  func ended(step: String, seconds: Double) {
    state.withLock {
      endPass(&$0)
      guard let (at, what) = $0.began.removeValue(forKey: step) else { return }
      complete(step, category: what == "write" ? "write" : "step", thread: 1, from: at, ["use": .string(what)], &$0)
      memory(&$0)
    }
    inner.ended(step: step, seconds: seconds)
  }

  func progress(step: String, done: Int, total: Int, unit: String) {
    state.withLock {
      if $0.pass.map({ $0.step != step || $0.unit != unit || $0.total != total }) ?? true {
        endPass(&$0)
        $0.pass = (step, unit, total, now)
      }
      let percent = total > 0 ? done * 20 / total : 0
      if percent != $0.lastPercent {
        $0.lastPercent = percent
        memory(&$0)
      }
    }
    inner.progress(step: step, done: done, total: total, unit: unit)
  }

  /// Microseconds since the run began.
  private var now: Double {
    let gone = (ContinuousClock.now - start).components
    return Double(gone.seconds) * 1e6 + (Double(gone.attoseconds) / 1e12).rounded()
  }

  private func endPass(_ state: inout State) {
    guard let pass = state.pass else { return }
    state.pass = nil
    let name = "\(pass.total) \(pass.unit)"
    complete(name, category: "pass", thread: 2, from: pass.at, ["step": .string(pass.step)], &state)
  }

  private func complete(
    _ name: String, category: String, thread: Int, from: Double, _ arguments: JSONValue, _ state: inout State
  ) {
    write(
      [
        "name": .string(name), "cat": .string(category), "ph": "X", "ts": .number(from), "dur": .number(now - from),
        "pid": 1, "tid": .integer(thread), "args": arguments,
      ], &state)
  }

  private func memory(_ state: inout State) {
    let bytes = SystemResources.residentMemory
    write(
      [
        "name": "resident memory", "ph": "C", "ts": .number(now), "pid": 1,
        "args": ["MB": .number((Double(bytes) / 1e6).rounded())],
      ], &state)
  }

  private func write(_ event: JSONValue, _ state: inout State) {
    guard state.failure == nil else { return }
    do {
      let text = try JSONText.encode(event)
      let bytes = Array(((state.end == 0 ? "[\n" : ",\n") + text + "\n]\n").utf8)
      let written = bytes.withUnsafeBytes { pwrite(state.file, $0.baseAddress, $0.count, state.end) }
      guard written == bytes.count else { throw FloeError(String(cString: strerror(errno))) }
      // The next event takes the place of the line break and the bracket.
      state.end += off_t(bytes.count - 3)
    } catch {
      // A trace is no reason to end a run, but that it ends is said.
      state.failure = errno
      Terminal.error("warning: the trace ends here, it cannot be written: \(error)")
    }
  }
}
