import FloeIO
import FloeSDK
import Foundation

/// Plain writing to the terminal.
enum Terminal {
  /// A line on standard error; control codes in it are shown and not obeyed.
  static func error(_ text: String) {
    RunLog.write(text)
    StandardStreams.error(text)
  }

  /// Text on standard error as it is, not in the log.
  static func errorRaw(_ text: String) { StandardStreams.put(text, to: 2) }

  /// What a run says about files that it has written already, on standard output: the files are what was asked for,
  /// so that a closed pipe is no failure.
  static func notice(_ text: String) {
    StandardStreams.put(TextEscape.terminal(RemotePath.redacted(text)) + "\n", to: 1)
  }

  /// Text on standard output; control codes in it are shown and not obeyed, and URLs are without what they hide.
  static func out(_ text: String, terminator: String) {
    outRaw(TextEscape.terminal(RemotePath.redacted(text)) + terminator)
  }

  /// JSON on standard output, in which control codes beyond those that JSON itself escapes are escaped too.
  static func json(_ text: String) { outRaw(Self.escapedJSON(text) + "\n") }

  /// An event of `--progress json`: a line of JSON on standard error.
  static func event(_ value: JSONValue) {
    // Encoding plain values cannot fail.
    if let line = try? JSONText.encode(value) { errorRaw(escapedJSON(line) + "\n") }
  }

  /// JSON whose texts hold no control codes of the C1 set, no marks that turn the direction of writing, and no secrets
  /// of URLs.
  static func escapedJSON(_ json: String) -> String {
    let text = RemotePath.redactedJSON(json)
    guard text.unicodeScalars.contains(where: { isOddInJSON($0) }) else { return text }
    var out = ""
    for scalar in text.unicodeScalars {
      guard isOddInJSON(scalar) else {
        out.unicodeScalars.append(scalar)
        continue
      }
      let digits = String(scalar.value, radix: 16)
      out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
    return out
  }

  private static func isOddInJSON(_ scalar: Unicode.Scalar) -> Bool {
    (127...159).contains(scalar.value) || (0x202a...0x202e).contains(scalar.value)
      || (0x2066...0x2069).contains(scalar.value)
  }

  /// Writes to standard output; a full disk ends the program with status 1, since what was asked for is lost.
  private static func outRaw(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      if count > 0 {
        rest = rest.dropFirst(count)
        continue
      }
      // Who closes a pipe has read enough.
      if errno == EPIPE { return }
      error("error: standard output cannot be written: \(String(cString: strerror(errno)))")
      _exit(1)
    }
  }

  /// Opens the standard streams that the caller closed, so that no output file takes their numbers and the messages
  /// with them.
  static func openStreams() {
    // `open` takes the lowest free number; where it fails nothing can be helped.
    for stream: Int32 in 0...2 where fcntl(stream, F_GETFD) < 0 { _ = open("/dev/null", O_RDWR) }
  }

  /// Columns of the terminal behind standard error; 80 where there is none.
  static var width: Int { StandardStreams.columns ?? 80 }

  /// Rows with columns padded to equal width; no line ends in blanks.
  static func table(_ rows: [[String]], indent: String = "  ") -> String {
    let widths = (0..<(rows.map(\.count).max() ?? 0)).map { c in rows.map { c < $0.count ? $0[c].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      let cells = row.enumerated().map { c, cell in
        c == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[c] - cell.count)
      }
      return withoutBlanks(indent + cells.joined(separator: "  "))
    }.joined(separator: "\n")
  }

  /// Names with a text each, which is broken at spaces and goes on below its own beginning.
  static func list(_ rows: [(name: String, text: String)], width: Int = min(100, Terminal.width)) -> String {
    let column = (rows.map { $0.name.count }.max() ?? 0) + 2
    return rows.map { row in
      let text = wrapped(row.text, width: width, indent: String(repeating: " ", count: column))
      return row.name + text.dropFirst(row.name.count)
    }.joined(separator: "\n")
  }

  /// A line without the blanks at its end, which an empty last cell or paragraph leaves.
  private static func withoutBlanks(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }

  /// Text broken at spaces to the given width, each line indented.
  static func wrapped(_ text: String, width: Int = min(100, Terminal.width), indent: String = "") -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { paragraph in
      var lines: [String] = []
      var line = ""
      for word in paragraph.split(separator: " ") {
        if !line.isEmpty, indent.count + line.count + 1 + word.count > width {
          lines.append(indent + line)
          line = ""
        }
        line += (line.isEmpty ? "" : " ") + word
      }
      lines.append(withoutBlanks(indent + line))
      return lines.joined(separator: "\n")
    }.joined(separator: "\n")
  }
}

/// Prints what people read: names in it come from files, and a terminal must not obey them.
func print(_ text: String, terminator: String = "\n") { Terminal.out(text, terminator: terminator) }
