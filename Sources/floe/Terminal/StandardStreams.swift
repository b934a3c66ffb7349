import FloeIO
import FloeSDK
import Foundation

/// Writing to the standard streams past whatever else is done with a text, such as a log.
enum StandardStreams {
  /// A line on standard error; control codes in it are shown and not obeyed, and URLs are without what they hide. On
  /// a terminal it is broken between words, elsewhere it stays one line.
  static func error(_ text: String) {
    let shown = TextEscape.terminal(RemotePath.redacted(text))
    put(painted(columns.map { fitted(shown, columns: $0) } ?? shown) + "\n", to: 2)
  }

  /// Columns of the terminal behind standard error; nil where there is none, or one that does not tell.
  static var columns: Int? {
    var size = winsize()
    return ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 20 ? Int(size.ws_col) : nil
  }

  /// A text whose lines, where they are longer than `columns` characters, are broken at spaces; what goes on below
  /// begins two spaces further right. A word that is longer stays whole.
  static func fitted(_ text: String, columns: Int) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
      guard line.count > columns else { return String(line) }
      let indent = String(line.prefix { $0 == " " }) + "  "
      var lines: [String] = []
      var current: String?
      for word in line.split(separator: " ", omittingEmptySubsequences: false) {
        guard let before = current else {
          current = String(word)
          continue
        }
        if before.count + 1 + word.count > columns, before.contains(where: { $0 != " " }) {
          lines.append(before)
          current = "\(indent)\(word)"
        } else {
          current = "\(before) \(word)"
        }
      }
      return (lines + [current ?? ""]).joined(separator: "\n")
    }.joined(separator: "\n")
  }

  /// Writes as far as somebody listens: with a full disk or a closed pipe, what is said about a run is no reason to
  /// end it.
  static func put(_ text: String, to stream: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(stream, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// Whether standard error shows colours: a terminal that knows them, whose user does not object (no-color.org).
  private static let isColoured =
    isatty(2) == 1 && (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true)
    && getenv("TERM").map { String(cString: $0) != "dumb" } ?? false

  /// The word `error:` or `warning:` that begins a line, in colour where that is shown.
  private static func painted(_ text: String) -> String {
    guard isColoured else { return text }
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      for (word, code) in [("error:", "1;31"), ("warning:", "1;33")] where line.hasPrefix(word) {
        return "\u{1b}[\(code)m\(word)\u{1b}[0m" + line.dropFirst(word.count)
      }
      return String(line)
    }.joined(separator: "\n")
  }
}
