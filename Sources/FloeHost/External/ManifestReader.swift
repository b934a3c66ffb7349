import FloeSDK
import Foundation
import Yams

/// Reads `NAME.floe-step.yaml` and collects every mistake with its line.
struct ManifestReader {
  let file: String
  var problems: [Problem] = []

  /// Reads a manifest.
  ///
  /// - Throws: `RequestRefused` with all mistakes.
  static func read(_ path: String) throws -> ExternalManifest {
    let root = try compose(path)
    var reader = ManifestReader(file: path)
    let manifest = reader.manifest(root)
    guard let manifest, reader.problems.isEmpty else { throw RequestRefused(reader.problems) }
    return manifest
  }

  /// The file as YAML; nil for an empty one.
  static func compose(_ path: String) throws -> Node? {
    do {
      return try YamlText.compose(try String(contentsOfFile: path, encoding: .utf8))
    } catch let error as YamlError {
      throw RequestRefused([error.problem(in: path)])
    } catch {
      throw RequestRefused([Problem(file: path, line: 0, "cannot be read as UTF-8 text")])
    }
  }

  mutating func complain(_ line: Int, _ message: String) {
    problems.append(Problem(file: file, line: max(1, line), message))
  }

  /// The entries of a map by key, after a look at what the keys may be.
  mutating func map(_ node: Node, _ what: String, keys known: [String]) -> [String: Node] {
    var result: [String: Node] = [:]
    for (key, value) in entries(node, what) {
      let name = key.string ?? ""
      if known.contains(name) {
        result[name] = value
      } else {
        let near = Spelling.nearest(name, among: known).map { " (did you mean '\($0)'?)" } ?? ""
        complain(key.line, "'\(name)' is no part of \(what)\(near); its parts are \(known.joined(separator: ", "))")
      }
    }
    return result
  }

  mutating func entries(_ node: Node?, _ what: String) -> [(Node, Node)] {
    guard let node, !node.isNull else { return [] }
    if case .mapping(let m) = node { return m.map { ($0.key, $0.value) } }
    complain(node.line, "\(what) must be a map, name: value")
    return []
  }

  private mutating func manifest(_ root: Node?) -> ExternalManifest? {
    guard let root else {
      complain(1, "is empty: a manifest is a YAML map with 'floe_step: 1', 'name', 'summary' and 'command'")
      return nil
    }
    let parts = map(
      root, "a step's manifest",
      keys: [
        "floe_step", "name", "summary", "discussion", "example", "command", "timeout", "parameters", "inputs",
        "outputs",
      ])
    if parts["floe_step"]?.scalarText != "1" {
      complain(parts["floe_step"]?.line ?? 1, "'floe_step: 1' is needed; it tells the version of the manifest's form")
    }
    let inputs = entries(parts["inputs"], "'inputs'").compactMap { input($0, $1) }
    let parameters = entries(parts["parameters"], "'parameters'").compactMap { parameter($0, $1) }
    let outputs = entries(parts["outputs"], "'outputs'").compactMap { output($0, $1, inputs: inputs) }
    let declaration = StepDeclaration(
      name: parts["name"]?.scalarText ?? "", summary: parts["summary"]?.scalarText ?? "",
      discussion: parts["discussion"]?.scalarText ?? "", example: parts["example"]?.scalarText ?? "",
      inputs: inputs.map(\.info), parameters: parameters.map(\.info), outputs: outputs.map(\.info))
    for mistake in declaration.inconsistencies() { complain(parts["name"]?.line ?? 1, mistake) }
    let timeout = parts["timeout"]?.scalarText ?? "3600"
    if Int(timeout).map({ $0 > 0 }) != true {
      complain(parts["timeout"]?.line ?? 1, "'timeout' must be a whole number of seconds from 1, not '\(timeout)'")
    }
    let command = command(parts["command"], declaration)
    return ExternalManifest(
      path: file, declaration: declaration, command: command, parameters: parameters, inputs: inputs, outputs: outputs,
      timeout: Int(timeout) ?? 3600)
  }

  private mutating func command(_ node: Node?, _ declaration: StepDeclaration) -> CommandTemplate {
    let known =
      declaration.inputs.map { "input.\($0.name)" } + declaration.parameters.map { "param.\($0.name)" }
      + declaration.outputs.map { "output.\($0.name)" } + ["folder", "scratch", "seed", "workers"]
    guard let template = self.template(node, known: known, example: "[python3, \"{folder}/program.py\", ...]") else {
      return CommandTemplate([])
    }
    for o in declaration.outputs
    where !template.placeholders.contains("output.\(o.name)") && !template.placeholders.contains("scratch") {
      complain(
        node?.line ?? 1,
        "the command does not tell the program where to write '\(o.name)': put {output.\(o.name)} into it")
    }
    return template
  }

  /// The words of a command, after a look at their placeholders; nil, with a complaint, where it is no list of words.
  ///
  /// - Parameters:
  ///   - known: the names that may stand in braces.
  ///   - example: a command that would do.
  mutating func template(_ node: Node?, known: [String], example: String) -> CommandTemplate? {
    guard case .sequence(let list)? = node, !list.isEmpty, list.allSatisfy({ $0.scalarText != nil }) else {
      complain(node?.line ?? 1, "'command' must be a list of words, the program first: \(example)")
      return nil
    }
    let template = CommandTemplate(list.compactMap(\.scalarText))
    for name in template.placeholders where !known.contains(name) {
      let near = Spelling.nearest(name, among: known).map { " (did you mean '{\($0)}'?)" } ?? ""
      complain(
        node?.line ?? 1,
        """
        '{\(name)}' in the command stands for nothing\(near); there are \
        \(known.map { "{\($0)}" }.joined(separator: ", "))
        """
      )
    }
    return template
  }

  mutating func parameter(_ key: Node, _ node: Node) -> ExternalParameter? {
    let name = key.string ?? ""
    let parts = map(
      node, "parameter '\(name)'",
      keys: ["type", "help", "unit", "minimum", "maximum", "choices", "default", "required"])
    checkFree(name, "parameter", key.line)
    var choices: [String]?
    if case .sequence(let list)? = parts["choices"] { choices = list.compactMap(\.scalarText) }
    var type = parts["type"]?.scalarText ?? (choices == nil ? "text" : "choice")
    if choices != nil { type = type.replacingOccurrences(of: "text", with: "choice") }
    if type == "boolean" { choices = Bool.choices }
    let fallback = parts["default"].flatMap { $0.isNull ? nil : $0.literal }
    let info = ParameterInfo(
      name: name, type: type, help: parts["help"]?.scalarText ?? "", unit: parts["unit"]?.scalarText,
      defaultValue: fallback,
      isRequired: boolean(parts["required"], "required", of: name), minimum: number(parts["minimum"], of: name),
      maximum: number(parts["maximum"], of: name),
      choices: choices)
    if type.hasSuffix("choice"), choices == nil {
      complain(key.line, "parameter '\(name)' is a choice and gives no 'choices'")
    }
    if let low = info.minimum, let high = info.maximum, low > high {
      complain(key.line, "parameter '\(name)' has an empty range")
      return nil
    }
    guard let parameter = ExternalParameter(info) else {
      complain(
        parts["type"]?.line ?? key.line,
        """
        parameter type '\(type)' is unknown; it must be one of \
        \(ExternalParameter.types.map(\.name).joined(separator: ", "))
        """
      )
      return nil
    }
    if let fallback {
      do throws(FloeError) { _ = try parameter.check(fallback) } catch {
        complain(parts["default"]?.line ?? key.line, "the default of '\(name)' \(error.message)")
      }
    }
    return parameter
  }

  /// False without a node.
  mutating func boolean(_ node: Node?, _ part: String, of name: String) -> Bool {
    guard let node else { return false }
    do throws(FloeError) { return try Bool(literal: node.literal) } catch {
      complain(node.line, "'\(part)' of '\(name)' \(error.message)")
      return false
    }
  }

  /// The flags of `floe step` itself, as parameters are written; a step's own would take their place.
  static let reserved: Set<String> = [
    "output", "workers", "memory", "scratch", "seed", "progress", "log", "force", "overwrite", "quiet", "verbose",
    "json", "trace", "cache", "cache_limit", "no_cache", "plugin_path", "help", "version",
  ]

  mutating func checkFree(_ name: String, _ what: String, _ line: Int) {
    if Self.reserved.contains(name.replacing("-", with: "_")) {
      complain(
        line,
        "\(what) '\(name)' has the name of floe's own flag --\(name.replacing("_", with: "-")); give it another name")
    }
  }

  mutating func number(_ node: Node?, of name: String) -> Double? {
    guard let node else { return nil }
    if let value = node.scalarText.flatMap(Double.init), value.isFinite { return value }
    complain(node.line, "a limit of '\(name)' must be a number, not '\(node.literal.description)'")
    return nil
  }
}
