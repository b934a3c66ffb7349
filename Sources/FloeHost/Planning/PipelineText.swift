import FloeSDK
import OrderedCollections

extension Pipeline {
  /// A pipeline without inputs of its own as text that reads as the same: what `floe step` keeps of its request, so
  /// that it can be made again.
  public func written() -> String {
    var lines = ["floe: 1", "title: \(YamlText.quoted(title))", "steps:"]
    for node in steps.values {
      var parts = ["use: \(YamlText.quoted(node.use))"]
      if !node.connections.isEmpty {
        let all = node.connections.map { port, references in
          "\(YamlText.quoted(port)): [\(references.map { YamlText.quoted($0.text) }.joined(separator: ", "))]"
        }
        parts.append("in: { \(all.joined(separator: ", ")) }")
      }
      if !node.settings.isEmpty {
        let all = node.settings.map { name, setting in "\(YamlText.quoted(name)): \(Self.written(setting.literal))" }
        parts.append("with: { \(all.joined(separator: ", ")) }")
      }
      lines.append("  \(YamlText.quoted(node.id)): { \(parts.joined(separator: ", ")) }")
    }
    lines.append("outputs:")
    for output in outputs {
      if let reference = output.layers[""] {
        lines.append("  \(YamlText.quoted(output.name)): \(YamlText.quoted(reference.text))")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func written(_ literal: ParameterLiteral) -> String {
    switch literal {
    case .text(let text):
      // A pipeline's `$` names an input, that of the command line is a sign like others; URLs hide what opens them.
      return YamlText.quoted(Planner.shown(text.hasPrefix("$") ? "$" + text : text))
    case .list(let items): return "[\(items.map { written($0) }.joined(separator: ", "))]"
    case .map(let entries):
      return "{ \(entries.map { "\(YamlText.quoted($0.key)): \(written($0.value))" }.joined(separator: ", ")) }"
    }
  }
}
