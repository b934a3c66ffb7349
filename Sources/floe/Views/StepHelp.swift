import FloeSDK
import Foundation

/// A step's help, rendered from its declaration.
struct StepHelp {
  private let step: StepDeclaration
  init(_ step: StepDeclaration) { self.step = step }

  var text: String {
    var out = "\(step.name) - \(step.summary)\n"
    if !step.discussion.isEmpty { out += "\n" + Terminal.wrapped(Terminal.unfilled(step.discussion)) + "\n" }
    out += section(
      "inputs", step.inputs.map { [flag($0.name), kinds($0) + ($0.isRequired ? "" : ", optional"), $0.help] })
    out += section("parameters", step.parameters.map { [flag($0.name), type($0), $0.help + remark($0)] })
    out += section("presets", step.presets.map { ["--preset \($0.name)", "", $0.help] })
    out += section(
      "outputs",
      step.outputs.map { [flag($0.name), kinds($0), $0.help + ($0.condition.map { " (only when \($0))" } ?? "")] })
    if !step.example.isEmpty {
      out +=
        "\nexample, in a pipeline\n" + step.example.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
        + "\n"
    }
    return out
  }

  private func section(_ title: String, _ rows: [[String]]) -> String {
    rows.isEmpty
      ? ""
      : "\n\(title)\n"
        + rows.map { r in
          let head = "  \(r[0])" + (r[1].isEmpty ? "" : "  (\(r[1]))")
          return head + "\n" + Terminal.wrapped(r[2], indent: "      ")
        }.joined(separator: "\n") + "\n"
  }

  private func flag(_ name: String) -> String { "--" + name.replacing("_", with: "-") }
  private func kinds(_ p: PortInfo) -> String {
    p.kinds.map(\.rawValue).joined(separator: " or ") + (p.acceptsMany ? ", one or more" : "")
  }
  private func type(_ p: ParameterInfo) -> String {
    var t = p.choices.map { $0.joined(separator: " | ") } ?? p.type
    if let low = p.minimum, let high = p.maximum {
      t += ", \(low.formatted()) to \(high.formatted())"
    } else if let low = p.minimum {
      t += ", at least \(low.formatted())"
    }
    if let unit = p.unit, unit != "1" { t += ", \(unit)" }
    return t
  }
  private func remark(_ p: ParameterInfo) -> String {
    if p.isRequired { return "; required" }
    guard let d = p.defaultValue, !d.description.isEmpty else { return "" }
    return "; default \(d.description)"
  }
}
