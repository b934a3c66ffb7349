import FloeIO
import FloeSDK
import Foundation
import Synchronization

/// The file of `--log`: everything that a run says, whatever is shown, each line with its time (UTC).
enum RunLog {
  private static let file = Mutex<Int32>(-1)
  private static let refusal = Mutex<String?>(nil)

  /// Opens the file and goes on at its end; several runs may share one. A failure waits for `check`, so that options
  /// are complained of in one place.
  static func open(_ path: String) {
    let opened = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o666)
    guard opened >= 0 else {
      let reason = String(cString: strerror(errno))
      return refusal.withLock { $0 = "--log '\(path)' cannot be written: \(reason)" }
    }
    file.withLock { old in
      if old >= 0 { close(old) }
      old = opened
    }
  }

  /// Throws where the file could not be opened.
  static func check() throws { if let sentence = refusal.withLock({ $0 }) { throw refuse(sentence) } }

  /// Adds lines; control codes in them are shown and not obeyed when the file is read on a terminal.
  static func write(_ text: String) {
    let failure: Int32? = file.withLock { file in
      guard file >= 0 else { return nil }
      let time = Date().formatted(.iso8601)
      let lines = TextEscape.terminal(RemotePath.redacted(text)).split(separator: "\n").map { "\(time) \($0)\n" }
        .joined()
      var rest = Array(lines.utf8)[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else {
          let reason = errno
          close(file)
          file = -1
          return reason
        }
        rest = rest.dropFirst(count)
      }
      return nil
    }
    // What a run says is no reason to end it, but that its log ends is said.
    if let failure {
      StandardStreams.error("warning: the log ends here, it cannot be written: \(String(cString: strerror(failure)))")
    }
  }
}
