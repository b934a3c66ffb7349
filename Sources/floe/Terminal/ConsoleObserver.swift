import FloeHost
import FloeIO
import FloeSDK
import Foundation
import Logging
import Synchronization

/// Shows a run on standard error: a bar with rate and time left, plain lines, or one JSON object per line.
final class ConsoleObserver: RunObserver, Sendable {
  private struct State {
    var step = ""
    /// What is counted and up to where: one step may count several things one after the other.
    var unit = "", total = 0
    var began = ContinuousClock.now
    var lastDrawn = ContinuousClock.now
    var lastPercent = -1
    var hasBar = false
  }
  private let style: ProgressStyle
  private let logger: Logger
  private let state = Mutex(State())

  init(style: ProgressStyle, minimum: LogLevel) {
    self.style = style
    var logger = Logger(label: "floe", factory: { _ in ConsoleLog() })
    logger.logLevel = Self.level(minimum)
    self.logger = logger
  }

  private static func level(_ l: LogLevel) -> Logger.Level {
    switch l {
    case .debug: .debug
    case .info: .info
    case .notice: .notice
    case .warning: .warning
    case .error: .error
    }
  }

  func note(_ level: LogLevel, step: String, _ message: String) {
    let isShown = Self.level(level) >= logger.logLevel
    // What is shown as words joins the log on its way.
    if !isShown || style == .json { RunLog.write("\(level.rawValue): \(step): \(message)") }
    guard isShown else { return }
    if style == .json {
      json(["event": "message", "level": .string(level.rawValue), "step": .string(step), "message": .string(message)])
    } else {
      clearBar()
      logger.log(level: Self.level(level), "\(step): \(message)")
    }
  }

  func began(step: String, what: String) {
    state.withLock { $0 = State(step: step) }
    RunLog.write("\(step): \(what) begins")
    if style == .json { json(["event": "began", "step": .string(step), "what": .string(what)]) }
  }

  func ended(step: String, seconds: Double) {
    clearBar()
    let sentence = "\(step): done in \(Self.duration(seconds))"
    switch style {
    case .json:
      RunLog.write(sentence)
      json(["event": "ended", "step": .string(step), "seconds": .number(seconds)])
    case .bar, .plain: Terminal.error(sentence)
    case .none: RunLog.write(sentence)
    }
  }

  func progress(step: String, done: Int, total: Int, unit: String) {
    guard style != .none, total > 0 else { return }
    let line: String? = state.withLock { s in
      if s.step != step || s.unit != unit || s.total != total {
        s = State(step: step, unit: unit, total: total, hasBar: s.hasBar)
      }
      let percent = done * 100 / total
      let now = ContinuousClock.now
      switch style {
      case .json:
        guard percent != s.lastPercent else { return nil }
        s.lastPercent = percent
        return ""
      case .plain:
        guard percent / 25 != s.lastPercent / 25 || s.lastPercent < 0, percent < 100 else { return nil }
        let isFirst = s.lastPercent < 0
        s.lastPercent = percent
        // Short work is over before a line is worth reading.
        return isFirst || now - s.began < .seconds(2) ? nil : "\(step): \(percent) % (\(done) of \(total) \(unit))"
      case .bar:
        guard now - s.lastDrawn > .milliseconds(100) || done == total else { return nil }
        s.lastDrawn = now
        s.hasBar = true
        return bar(step: step, done: done, total: total, unit: unit, elapsed: Self.seconds(now - s.began))
      case .none: return nil
      }
    }
    guard let line else { return }
    switch style {
    case .json:
      json([
        "event": "progress", "step": .string(step), "done": .integer(done), "total": .integer(total),
        "unit": .string(unit),
      ])
    case .bar: Terminal.errorRaw("\r" + TextEscape.terminal(line) + "\u{1b}[K")
    default: Terminal.error(line)
    }
  }

  private func bar(step: String, done: Int, total: Int, unit: String, elapsed: Double) -> String {
    let share = Double(done) / Double(total)
    let rate = elapsed > 0 ? Double(done) / elapsed : 0
    let left = rate > 0 ? Self.duration(Double(total - done) / rate) + " left" : ""
    let tail = String(format: " %3.0f %%  %.0f %@/s  %@", share * 100, rate, unit, left)
    let head = step.count > 20 ? String(step.prefix(19)) + "…" : step
    let cells = max(10, min(40, Terminal.width - head.count - tail.count - 4))
    let full = Int((Double(cells) * share).rounded())
    // A line that wraps could not be drawn over.
    return String(
      "\(head) [\(String(repeating: "█", count: full))\(String(repeating: "·", count: cells - full))]\(tail)".prefix(
        Terminal.width - 1))
  }

  private func clearBar() {
    if style == .bar,
      state.withLock({ s in
        defer { s.hasBar = false }
        return s.hasBar
      })
    {
      Terminal.errorRaw("\r\u{1b}[K")
    }
  }

  /// Says as an event, before the sentences, that a run ends without outputs.
  ///
  /// - Parameter step: the step that a mistake in the request is about; empty for none.
  static func failed(mayPass: Bool, step: String) {
    Terminal.event(["event": "failed", "may_pass": .bool(mayPass), "step": .string(step)])
  }

  private func json(_ value: JSONValue) { Terminal.event(value) }

  private static func seconds(_ d: Duration) -> Double {
    Double(d.components.seconds) + Double(d.components.attoseconds) * 1e-18
  }

  static func duration(_ seconds: Double) -> String {
    if seconds < 10 { return String(format: "%.1f s", seconds) }
    if seconds < 120 { return String(format: "%.0f s", seconds) }
    return "\(Int(seconds) / 60) min \(Int(seconds) % 60) s"
  }
}

/// Log lines as sentences: `warning: stack: ...`.
private struct ConsoleLog: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .notice
  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }
  func log(event: LogEvent) {
    let prefix = event.level >= .warning ? "\(event.level): " : ""
    Terminal.error("\(prefix)\(event.message)")
  }
}
