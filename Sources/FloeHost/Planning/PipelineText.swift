import FloeSDK
import OrderedCollections

extension Pipeline {
  /// A pipeline without inputs of its own as text that reads as the same: what `floe step` keeps of its request, so
  /// that it can be made again.
  public func written() -> String {
    var lines = ["floe: 1", "title: \(Self.quoted(title))", "steps:"]
    for node in steps.values {
      var parts = ["use: \(Self.quoted(node.use))"]
      if !node.connections.isEmpty {
        let all = node.connections.map { port, references in
          "\(Self.quoted(port)): [\(references.map { Self.quoted($0.text) }.joined(separator: ", "))]"
        }
        parts.append("in: { \(all.joined(separator: ", ")) }")
      }
      if !node.settings.isEmpty {
        let all = node.settings.map { name, setting in "\(Self.quoted(name)): \(Self.written(setting.literal))" }
        parts.append("with: { \(all.joined(separator: ", ")) }")
      }
      lines.append("  \(Self.quoted(node.id)): { \(parts.joined(separator: ", ")) }")
    }
    lines.append("outputs:")
    for output in outputs {
      if let reference = output.layers[""] {
        lines.append("  \(Self.quoted(output.name)): \(Self.quoted(reference.text))")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func written(_ literal: ParameterLiteral) -> String {
    switch literal {
    case .text(let text):
      // A pipeline's `$` names an input, that of the command line is a sign like others; URLs hide what opens them.
      return quoted(Planner.shown(text.hasPrefix("$") ? "$" + text : text))
    case .list(let items): return "[\(items.map { written($0) }.joined(separator: ", "))]"
    case .map(let entries):
      return "{ \(entries.map { "\(quoted($0.key)): \(written($0.value))" }.joined(separator: ", ")) }"
    }
  }

  /// A scalar of YAML in double quotes.
  private static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case _ where scalar.value < 32 || scalar.value == 127:
        let digits = String(scalar.value, radix: 16)
        out += "\\x" + (digits.count < 2 ? "0" : "") + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
