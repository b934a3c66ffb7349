import FloeHost
import FloeIO
import FloeSDK
import Foundation
import Synchronization

/// Shows a batch on standard error: a bar with the time left, a line for each scene, or one JSON object per line.
final class BatchView: BatchObserver, Sendable {
  private struct State {
    var working: [(scene: String, step: String)] = []
    var tally = BatchTally()
    var lastDrawn = ContinuousClock.now
    var hasBar = false
  }
  private let style: ProgressStyle
  private let isQuiet: Bool, isVerbose: Bool
  private let state = Mutex(State())

  init(style: ProgressStyle, isQuiet: Bool, isVerbose: Bool) {
    self.style = style
    self.isQuiet = isQuiet
    self.isVerbose = isVerbose
  }

  func note(_ level: LogLevel, _ message: String) {
    guard !isQuiet || level >= .error else { return }
    if style == .json {
      json(["event": "message", "level": .string(level.rawValue), "message": .string(message)])
    } else {
      line("\(level.rawValue): \(message)")
    }
  }

  func began(_ scene: String) {
    state.withLock { $0.working.append((scene, "")) }
    if style == .json { json(["event": "began", "scene": .string(scene)]) }
    if style == .bar { draw(isDue: false) }
  }

  func working(_ scene: String, step: String, share: Double) {
    state.withLock { s in if let i = s.working.firstIndex(where: { $0.scene == scene }) { s.working[i].step = step } }
    if style == .bar { draw(isDue: false) }
  }

  func ended(_ scene: BatchReport.Scene, _ tally: BatchTally) {
    state.withLock { s in
      s.working.removeAll { $0.scene == scene.item.name }
      s.tally = tally
    }
    let left = tally.secondsLeft.map { ConsoleObserver.duration($0) + " left" }
    switch style {
    case .json:
      json([
        "event": "ended", "scene": .string(scene.item.name), "state": .string(scene.state.rawValue),
        "step": .string(scene.step), "message": .string(scene.message), "seconds": .number(scene.seconds),
        "done": .integer(tally.ended), "total": .integer(tally.total), "seconds_left": JSONValue(tally.secondsLeft),
      ])
    case .bar, .plain:
      // Scenes that were there already are many, and no news.
      if scene.state == .failed {
        line("[\(tally.ended)/\(tally.total)] \(scene.item.name): failed: \(scene.message)")
      } else if scene.state == .done, style == .plain || isVerbose {
        line(
          """
          [\(tally.ended)/\(tally.total)] \(scene.item.name): done in \(ConsoleObserver.duration(scene.seconds))\
          \(left.map { "; \($0)" } ?? "")
          """)
      }
      if style == .bar { draw(isDue: true) }
    case .none: break
    }
  }

  /// Takes the bar away.
  func finish() {
    if state.withLock({ s in
      defer { s.hasBar = false }
      return s.hasBar
    }) {
      Terminal.errorRaw("\r\u{1b}[K")
    }
  }

  private func line(_ text: String) {
    finish()
    Terminal.error(text)
  }

  private func draw(isDue: Bool) {
    let text: String? = state.withLock { s in
      let now = ContinuousClock.now
      guard isDue || now - s.lastDrawn > .milliseconds(100), s.tally.total > 0 else { return nil }
      s.lastDrawn = now
      s.hasBar = true
      let share = Double(s.tally.ended) / Double(s.tally.total)
      let left = s.tally.secondsLeft.map { "  " + ConsoleObserver.duration($0) + " left" } ?? ""
      let failed = s.tally.failed > 0 ? ", \(s.tally.failed) failed" : ""
      let atWork = s.working.map { $0.step.isEmpty ? $0.scene : "\($0.scene): \($0.step)" }.joined(separator: "  ")
      let head = " \(s.tally.ended)/\(s.tally.total)\(failed)\(left)  "
      let cells = 24
      let full = Int((Double(cells) * share).rounded())
      return String(
        "[\(String(repeating: "█", count: full))\(String(repeating: "·", count: cells - full))]\(head)\(atWork)"
          .prefix(Terminal.width - 1))
    }
    if let text { Terminal.errorRaw("\r" + TextEscape.terminal(text) + "\u{1b}[K") }
  }

  private func json(_ value: JSONValue) { Terminal.event(value) }
}
