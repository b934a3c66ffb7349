import FloeHost
import FloeIO
import FloeSDK
import Foundation

/// The reference of steps as Markdown, rendered from their declarations.
struct StepReference {
  private let steps: [StepDeclaration]
  private static let header = "<!-- Rendered from the steps' declarations: do not edit; run make docs. -->\n\n"

  init(_ steps: [StepDeclaration]) { self.steps = steps }

  /// Writes `index.md` and one page a step; pages of steps that are no more are removed.
  func write(to folder: String) throws {
    try Folder.make(folder)
    let wanted = Set(steps.map { $0.name + ".md" } + ["index.md"])
    for old in try FileManager.default.contentsOfDirectory(atPath: folder)
    where old.hasSuffix(".md") && !wanted.contains(old) {
      guard try VirtualFile.readText("\(folder)/\(old)").hasPrefix(Self.header) else { continue }
      try FileManager.default.removeItem(atPath: "\(folder)/\(old)")
    }
    try VirtualFile.write(index, to: folder + "/index.md")
    for step in steps { try VirtualFile.write(page(step), to: "\(folder)/\(step.name).md") }
  }

  private var index: String {
    Self.header + "# Steps\n\n"
      + Self.table(["Step", "What it does"], steps.map { ["[`\($0.name)`](\($0.name).md)", $0.summary] })
  }

  private func page(_ step: StepDeclaration) -> String {
    var out = Self.header + "# \(step.name)\n\n\(step.summary)\n"
    if step.isFinishing { out += "\nThis step runs after the writers.\n" }
    if !step.discussion.isEmpty { out += "\n" + step.discussion.trimmingCharacters(in: .whitespacesAndNewlines) + "\n" }
    out += section("Inputs", ["Name", "Kind", ""], step.inputs.map { ["`\($0.name)`", kind($0), $0.help] })
    out += section(
      "Parameters", ["Name", "Type", "Unit", "Range", "Default", ""],
      step.parameters.map { p in
        ["`\(p.name)`", p.type, p.unit.map { $0 == "1" ? "" : $0 } ?? "", range(p), fallback(p), p.help]
      })
    out += section(
      "Presets", ["Name", "Sets", ""],
      step.presets.map { preset in
        [
          "`\(preset.name)`",
          preset.values.sorted { $0.key < $1.key }.map { "`\($0.key): \($0.value.description)`" }.joined(
            separator: ", "), preset.help,
        ]
      })
    out += section(
      "Outputs", ["Name", "Kind", ""],
      step.outputs.map { o in
        ["`\(o.name)`", kind(o), o.help + (o.condition.map { "; made only when \($0)" } ?? "")]
      })
    let example = step.example.trimmingCharacters(in: .whitespacesAndNewlines)
    if !example.isEmpty {
      let isWhole = example.hasPrefix("floe:") || example.hasPrefix("steps:")
      out += "\n## Example\n\n\(isWhole ? "In" : "Under `steps:` in") a pipeline:\n\n```yaml\n\(example)\n```\n"
    }
    return out
  }

  private func kind(_ p: PortInfo) -> String {
    p.kinds.map(\.rawValue).joined(separator: " or ") + (p.acceptsMany ? ", one or more" : "")
      + (p.isRequired || p.condition != nil ? "" : ", optional")
  }

  private func range(_ p: ParameterInfo) -> String {
    if let choices = p.choices { return p.type == "boolean" ? "" : choices.map { "`\($0)`" }.joined(separator: ", ") }
    switch (p.minimum?.literal.description, p.maximum?.literal.description) {
    case (let low?, let high?): return "\(low) to \(high)"
    case (let low?, nil): return "at least \(low)"
    case (nil, let high?): return "at most \(high)"
    case (nil, nil): return ""
    }
  }

  private func fallback(_ p: ParameterInfo) -> String {
    if p.isRequired { return "required" }
    guard let value = p.defaultValue?.description, !value.isEmpty else { return "" }
    return "`\(value)`"
  }

  private func section(_ title: String, _ head: [String], _ rows: [[String]]) -> String {
    rows.isEmpty ? "" : "\n## \(title)\n\n" + Self.table(head, rows)
  }

  private static func table(_ head: [String], _ rows: [[String]]) -> String {
    ([head, head.map { _ in "---" }] + rows).map { row in
      "| " + row.map { $0.replacing("|", with: "\\|").replacing("\n", with: " ") }.joined(separator: " | ") + " |\n"
    }.joined()
  }
}
