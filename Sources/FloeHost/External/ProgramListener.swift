import FloeIO
import FloeSDK
import Synchronization

/// Reads what a program prints: JSON lines are progress, notes, facts and counts; the last of the other lines are kept.
///
/// ```
/// {"progress": 0.25}
/// {"message": "3 trees do not agree", "level": "warning"}
/// {"record": {"accuracy": 0.97}}
/// {"dropped": 12, "unit": "pixels", "reason": "no training sample near"}
/// ```
final class ProgramListener: Sendable {
  private struct State {
    var line: [UInt8] = []
    var last: [String] = []
  }
  private let context: RunContext
  private let state = Mutex(State())
  private static let longest = 1 << 16

  init(context: RunContext) { self.context = context }

  /// Takes the next bytes of the output; a line beyond 64 kB is cut.
  func take(_ bytes: UnsafeRawBufferPointer) {
    let lines = state.withLock { state in
      var lines: [String] = []
      for byte in bytes {
        if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
          lines.append(String(decoding: state.line, as: UTF8.self))
          state.line.removeAll(keepingCapacity: true)
        } else if state.line.count < Self.longest {
          state.line.append(byte)
        }
      }
      return lines
    }
    for line in lines where !line.isEmpty { hear(line) }
  }

  /// Takes a last line without an end.
  func finish() {
    let rest = state.withLock { state in
      defer { state.line = [] }
      return String(decoding: state.line, as: UTF8.self)
    }
    if !rest.isEmpty { hear(rest) }
  }

  /// The end of a sentence with the program's last lines.
  var lastWords: String {
    let last = state.withLock { $0.last }
    return last.isEmpty ? " and said nothing" : "; its last lines: " + last.joined(separator: " | ")
  }

  private func hear(_ line: String) {
    // What is no JSON object is one of the program's own lines.
    guard line.hasPrefix("{"), let message = try? JSONText.decode(line), message.objectValue != nil, passOn(message)
    else {
      context.log(.info, line)
      return state.withLock { state in
        state.last.append(String(line.prefix(300)))
        if state.last.count > 5 { state.last.removeFirst() }
      }
    }
  }

  /// Passes a message on; false when it holds nothing that is known.
  private func passOn(_ message: JSONValue) -> Bool {
    var known = false
    if let share = message["progress"]?.doubleValue, share.isFinite {
      context.progress(Int((min(max(share, 0), 1) * 100).rounded()), of: 100, "%")
      known = true
    }
    if let text = message["message"]?.stringValue {
      context.log(message["level"]?.stringValue.flatMap(LogLevel.init) ?? .info, text)
      known = true
    }
    for (key, value) in message["record"]?.objectValue ?? [:] {
      context.record(key, value)
      known = true
    }
    if let count = message["dropped"]?.intValue, count >= 0 {
      context.dropped(
        count, message["unit"]?.stringValue ?? "records",
        because: message["reason"]?.stringValue ?? "left out by the program")
      known = true
    }
    return known
  }
}
