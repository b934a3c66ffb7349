import FloeHost
import FloeIO
import FloeSDK

/// What went wrong, as JSON for programs that asked for JSON.
enum FailureView {
  /// Prints `{"error": {"status", "message", "problems": [{"file", "line", "message"}]}}` on standard output where the
  /// command line has `--json`; the sentences on standard error stay.
  static func tell(_ problems: [Problem], status: Int32) {
    guard CommandLine.arguments.contains("--json") else { return }
    let all = problems.map { p -> JSONValue in
      var parts: [String: JSONValue] = ["message": .string(p.message)]
      if !p.file.isEmpty { parts["file"] = .string(p.file) }
      if p.line > 0 { parts["line"] = .integer(p.line) }
      return .object(parts)
    }
    let content: JSONValue = [
      "error": [
        "status": .integer(Int(status)), "message": .string(problems.map(\.message).joined(separator: "; ")),
        "problems": .array(all),
      ]
    ]
    // Sentences always encode; a program that reads JSON must not get half of it.
    guard let text = try? JSONText.encode(content, pretty: true) else { return }
    Terminal.json(text)
  }
}
