import FloeSDK
import Yams

extension Node {
  /// The line in the file, from 1.
  var line: Int { mark?.line ?? 0 }
  var isNull: Bool {
    if case .scalar(let s) = self { s.string.isEmpty || s.string == "null" || s.string == "~" } else { false }
  }
  /// The text of a scalar as written: `1e-4` and `on` stay what they are.
  var scalarText: String? { if case .scalar(let s) = self { s.string } else { nil } }
  /// The node as a parameter's literal.
  var literal: ParameterLiteral {
    switch self {
    case .scalar(let s): .text(s.string)
    case .sequence(let s): .list(s.map(\.literal))
    case .mapping(let m): .map(m.map { .init($0.key.string ?? "", $0.value.literal) })
    case .alias: .text("")
    }
  }
}

extension YamlError {
  /// The mistake as one of a request.
  func problem(in file: String) -> Problem {
    switch self {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      Problem(file: file, line: mark.line, "is not YAML: \(problem)")
    case .duplicatedKeysInMapping(let keys, let context):
      Problem(
        file: file, line: context.mark.line, "gives \(keys.map { "'\($0)'" }.joined(separator: ", ")) twice in one map")
    default:
      Problem(file: file, line: 0, "is not YAML: \(String(describing: self).split(separator: "\n").first ?? "")")
    }
  }
}
