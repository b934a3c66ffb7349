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

/// YAML whose aliases stand for no more than somebody could have written.
///
/// Nine lines of `a: &a [*b, *b, ...]` make a thousand million values, and whoever looks at them would never end.
enum YamlText {
  /// Pipelines and manifests have some hundred values.
  private static let most = 1_000_000

  /// The root of a text; nil for an empty one.
  ///
  /// - Throws: `YamlError`, also for more values than these.
  static func compose(_ text: String) throws -> Node? {
    let root = try Yams.compose(yaml: text)
    var left = most
    if let root, !isWithin(&left, root) {
      throw YamlError.representer(
        problem: "makes more than \(most) values of its aliases (*name); write them out, or use fewer")
    }
    return root
  }

  /// A text as a scalar between double quotes, on one line, whatever is in it.
  static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case _ where isNotPrintable(scalar):
        let digits = String(scalar.value, radix: 16)
        let count = scalar.value < 256 ? 2 : 4
        out += (count == 2 ? "\\x" : "\\u") + String(repeating: "0", count: count - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }

  /// Controls and breaks of lines, which a reader of YAML folds or refuses (YAML 1.1, 5.1 and 5.4).
  private static func isNotPrintable(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 32 || (127...159).contains(scalar.value)
      || [0x2028, 0x2029, 0xfeff, 0xfffe, 0xffff].contains(scalar.value)
  }

  private static func isWithin(_ left: inout Int, _ node: Node) -> Bool {
    left -= 1
    guard left >= 0 else { return false }
    switch node {
    case .sequence(let list): return list.allSatisfy { isWithin(&left, $0) }
    case .mapping(let map): return map.allSatisfy { isWithin(&left, $0.key) && isWithin(&left, $0.value) }
    default: return true
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
    case .representer(let problem): Problem(file: file, line: 1, problem)
    default:
      Problem(file: file, line: 0, "is not YAML: \(String(describing: self).split(separator: "\n").first ?? "")")
    }
  }
}
