import FloeHost
import FloeSDK
import Foundation

/// The example of a step's declaration as a command that runs the step on files.
struct StepCommandLine {
  private let step: StepDeclaration
  private let example: StepExample
  private let flags: StepFlags

  init(_ step: StepDeclaration) {
    self.step = step
    example = StepExample(step)
    flags = StepFlags(step)
  }

  /// The command, each flag with its value in one word.
  var words: [String] {
    var words = ["floe step \(step.name)"]
    for input in step.inputs where input.isRequired || example.inputs[input.name] != nil {
      let taken = example.inputs[input.name] ?? ["\(input.name).\(input.name)"]
      words.append("\(StepFlags.flag(input.name)) \(taken.map { file($0, input) }.joined(separator: ","))")
    }
    for (name, value) in example.settings { words += flag(name, value) }
    for p in step.parameters where p.isRequired && !example.settings.contains(where: { $0.name == p.name }) {
      words.append("\(StepFlags.flag(p.name)) \(p.name.uppercased())")
    }
    for (i, output) in step.outputs.enumerated() where i == 0 || isMade(output) {
      words.append("\(flags.flag(ofOutput: output.name)) \(output.name).\(ending(output))")
    }
    return words + ["-o out"]
  }

  /// Whether a conditional output is made by what the example sets.
  private func isMade(_ output: PortInfo) -> Bool {
    guard let condition = output.condition else { return false }
    return example.settings.contains { condition.contains("`\($0.name)`") }
  }

  /// Steps that work on columns take tables where they could take rasters.
  private var isOnTables: Bool { example.settings.contains { $0.name.contains("column") } }

  /// The file that an input takes: named after the step that makes it.
  private func file(_ reference: String, _ port: PortInfo) -> String {
    let parts = reference.split(separator: ".").map(String.init)
    let isDocument = ["model", "report", "score", "answer"].contains(parts.last ?? "")
    return "\(parts.first ?? port.name).\(isDocument ? "json" : ending(port, of: parts.last))"
  }

  /// - Parameter output: the other step's output that an input takes; nil for an output.
  private func ending(_ port: PortInfo, of output: String? = nil) -> String {
    if port.kinds.contains(.raster), !(isOnTables && port.kinds.contains(.table)) { return "tif" }
    if port.kinds.contains(.table) {
      // Tracks may have columns of arrays, which GeoPackages do not hold.
      return (output ?? port.name) == "track" ? "nc" : "gpkg"
    }
    return ["page": "html", "project": "qgz"][port.name] ?? "json"
  }

  /// A parameter as words of a shell; none for a value that only a pipeline writes well.
  private func flag(_ name: String, _ value: ParameterLiteral) -> [String] {
    let flag = StepFlags.flag(name)
    if step.parameters.first(where: { $0.name == name })?.type == "boolean" {
      return [value.text == "false" ? "--no-" + flag.dropFirst(2) : flag]
    }
    switch value {
    case .text(let text):
      // An input of a pipeline stands for what its user gives.
      return ["\(flag) \(text.hasPrefix("$") ? text.dropFirst().uppercased() : Self.quoted(text))"]
    case .list(let items):
      guard items.allSatisfy({ $0.text?.contains(",") == false }) else { return [] }
    case .map(let entries):
      guard entries.allSatisfy({ $0.value.text?.contains(",") == false }) else { return [] }
    }
    return ["\(flag) \(Self.quoted(value.description))"]
  }

  /// A word as a shell reads it.
  private static func quoted(_ text: String) -> String {
    let isPlain =
      !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._/,=:+-%@".contains($0)) }
    // By scalars: a quote that a combining mark follows is one character of Swift's.
    return isPlain ? text : "'" + text.unicodeScalars.map { $0 == "'" ? "'\\''" : "\($0)" }.joined() + "'"
  }
}
