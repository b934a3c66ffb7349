import ArgumentParser
import FloeHost
import FloeSDK
import Foundation

/// A step's help, rendered from its declaration.
struct StepHelp {
  private let step: StepDeclaration
  private let flags: StepFlags
  init(_ step: StepDeclaration) {
    self.step = step
    flags = StepFlags(step)
  }

  var text: String {
    var out = HelpText.hanging("\(step.name) - \(HelpText.plain(step.summary))", first: "") + "\n"
    out += "\nUSAGE\n" + Self.lines(usage, next: "      ", mark: "") + "\n"
    out += "\nEXAMPLE\n" + Self.lines(StepCommandLine(step).words, next: "    ", mark: " \\") + "\n"
    if !step.discussion.isEmpty { out += "\n" + HelpText.filled(step.discussion) + "\n" }
    out += section(
      "INPUTS",
      step.inputs.map { [StepFlags.flag($0.name), kinds($0) + ($0.isRequired ? "" : ", optional"), $0.help] })
    out += section("PARAMETERS", step.parameters.map { [StepFlags.flag($0.name), type($0), $0.help + remark($0)] })
    if let form = Self.form(step.parameters) { out += "\n" + HelpText.filled(form, indent: "  ") + "\n" }
    out += section("PRESETS", step.presets.map { ["--preset \($0.name)", "", $0.help] })
    out += section(
      "OUTPUTS",
      step.outputs.map { output in
        [
          flags.flag(ofOutput: output.name), kinds(output),
          output.help + (output.condition.map { " (only when \($0))" } ?? ""),
        ]
      })
    if !step.example.isEmpty {
      out += "\nIN A PIPELINE\n" + step.example.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n") + "\n"
    }
    out += "\nOPTIONS\n" + Self.options
    return out
  }

  /// The options that all steps have, as the argument parser lists them.
  private static var options: String {
    let message = StepOptions.helpMessage(includeHidden: false, columns: min(100, Terminal.width))
    guard let heading = message.firstRange(of: "OPTIONS:\n") else { return "" }
    var rest = String(message[heading.upperBound...])
    while rest.hasSuffix("\n") { rest.removeLast() }
    return rest
  }

  private var usage: [String] {
    var words = ["floe step \(step.name)"]
    for input in step.inputs {
      let word = "\(StepFlags.flag(input.name)) FILE\(input.acceptsMany ? ",FILE..." : "")"
      words.append(input.isRequired ? word : "[\(word)]")
    }
    for p in step.parameters where p.isRequired { words.append("\(StepFlags.flag(p.name)) VALUE") }
    if step.parameters.contains(where: { !$0.isRequired }) { words.append("[PARAMETERS]") }
    for output in step.outputs {
      let word = "\(flags.flag(ofOutput: output.name)) FILE"
      words.append(step.outputs.count == 1 ? word : "[\(word)]")
    }
    return words + ["[-o FOLDER]", "[OPTIONS]"]
  }

  /// How lists and maps are written in flags; nil where the step has none.
  private static func form(_ parameters: [ParameterInfo]) -> String? {
    var sentences: [String] = []
    if let list = parameters.first(where: { $0.type.hasPrefix("list") }) {
      sentences.append("Lists have commas or repeat the flag: \(StepFlags.flag(list.name)) A,B.")
    }
    if let map = parameters.first(where: { $0.type == "map" }) {
      let flag = StepFlags.flag(map.name)
      sentences.append("Maps are written \(flag) NAME=VALUE,NAME=VALUE, or in quotes as in a pipeline:")
      sentences.append("\(flag) '{ NAME: VALUE, NAME: { KEY: VALUE } }'.")
    }
    return sentences.isEmpty ? nil : sentences.joined(separator: " ")
  }

  /// A command on as many lines as it takes, each but the last with a mark at its end.
  private static func lines(_ words: [String], next: String, mark: String) -> String {
    var lines: [String] = []
    var line = "  "
    for word in words {
      let isFresh = line.allSatisfy { $0 == " " }
      if !isFresh, line.count + 1 + word.count + mark.count > min(80, Terminal.width) {
        lines.append(line + mark)
        line = next + word
      } else {
        line += (isFresh ? "" : " ") + word
      }
    }
    return (lines + [line]).joined(separator: "\n")
  }

  private func section(_ title: String, _ rows: [[String]]) -> String {
    rows.isEmpty
      ? ""
      : "\n\(title)\n"
        + rows.map { r in
          let head = "  \(r[0])" + (r[1].isEmpty ? "" : "  (\(r[1]))")
          return head + "\n" + HelpText.filled(r[2], indent: "      ")
        }.joined(separator: "\n") + "\n"
  }

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
