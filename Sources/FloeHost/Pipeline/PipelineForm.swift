import FloeIO
import FloeSDK
import Foundation
import OrderedCollections
import Yams

/// Reads one pipeline as it is written, and collects every mistake of its form; steps that are pipelines themselves
/// stay what they are.
struct PipelineForm {
  private let file: String
  private var problems: [Problem] = []

  /// Reads a pipeline from its text.
  ///
  /// - Returns: the pipeline as far as it could be read, and its mistakes of form.
  /// - Throws: `RequestRefused` when the text is not YAML, or no map.
  static func read(_ text: String, file: String, folder: String) throws -> (
    pipeline: Pipeline, problems: [Problem]
  ) {
    let root: Node?
    do {
      root = try YamlText.compose(text)
    } catch let error as YamlError {
      throw RequestRefused([error.problem(in: file)])
    }
    guard let root, case .mapping(let mapping) = root else {
      throw RequestRefused([
        Problem(file: file, line: 1, "is not a pipeline: expected a YAML map with 'floe: 1', 'steps' and 'outputs'")
      ])
    }
    var form = PipelineForm(file: file)
    let pipeline = form.pipeline(mapping, text: text, folder: folder)
    return (pipeline, form.problems)
  }

  private init(file: String) { self.file = file }

  private mutating func complain(_ node: Node, _ message: String) {
    problems.append(Problem(file: file, line: node.line, message))
  }

  private mutating func pipeline(_ root: Node.Mapping, text: String, folder: String) -> Pipeline {
    var result = Pipeline(file: file, folder: folder, title: "", steps: [:], outputs: [], text: text)
    let known = ["floe", "title", "seed", "inputs", "steps", "outputs"]
    var seen: Set<String> = []
    for (key, value) in root {
      let name = key.string ?? ""
      seen.insert(name)
      switch name {
      case "floe":
        if value.scalarText != "1" {
          complain(value, "pipeline version '\(value.scalarText ?? "?")' is unknown; this floe reads version 1")
        }
      // Pages, catalogues, projects and packages carry it.
      case "title": result.title = RemotePath.redacted(value.scalarText ?? "")
      case "seed":
        if let seed = value.scalarText.flatMap({ UInt64($0) }) {
          result.seed = seed
        } else {
          complain(value, "'seed' must be a whole number from 0, not '\(value.scalarText ?? "?")'")
        }
      case "inputs": for (n, v) in entries(value, of: "inputs") { result.inputs[n.string ?? ""] = input(v, key: n) }
      case "steps": for (n, v) in entries(value, of: "steps") { if let s = step(n, v) { result.steps[s.id] = s } }
      case "outputs":
        for (n, v) in entries(value, of: "outputs") { if let o = output(n, v) { result.outputs.append(o) } }
      default:
        let near = Spelling.nearest(name, among: known).map { " (did you mean '\($0)'?)" } ?? ""
        complain(key, "'\(name)' is no part of a pipeline\(near); its parts are \(known.joined(separator: ", "))")
      }
    }
    if !seen.contains("floe") {
      problems.append(Problem(file: file, line: 1, "'floe: 1' is missing; it tells the version of the pipeline's form"))
    }
    if result.steps.isEmpty {
      problems.append(Problem(file: file, line: 1, "there are no steps: give at least one under 'steps:'"))
    }
    return result
  }

  private mutating func entries(_ node: Node, of part: String) -> [(Node, Node)] {
    if case .mapping(let m) = node { return Array(m).map { ($0.key, $0.value) } }
    if node.isNull { return [] }
    complain(node, "'\(part)' must be a map, name: value")
    return []
  }

  private mutating func input(_ node: Node, key: Node) -> PipelineInput {
    var type = "path"
    var help = ""
    var isOptional = false
    var fallback: ParameterLiteral?
    if let short = node.scalarText {
      type = short
    } else {
      for (k, v) in entries(node, of: key.string ?? "input") {
        switch k.string {
        case "type": type = v.scalarText ?? ""
        case "help": help = v.scalarText ?? ""
        case "optional": isOptional = boolean(v, "'optional' of input '\(key.string ?? "?")'")
        case "default": fallback = v.literal
        default: complain(k, "'\(k.string ?? "?")' is no part of an input; its parts are type, help, optional, default")
        }
      }
    }
    let types = ["path", "text", "number", "integer", "boolean", "list"] + PipelineInput.dataTypes
    if !types.contains(type) {
      complain(node, "input type '\(type)' is unknown; it must be one of \(types.joined(separator: ", "))")
    }
    return .init(
      type: type, help: help, isOptional: isOptional || fallback != nil, defaultValue: fallback, line: key.line)
  }

  private mutating func boolean(_ node: Node, _ what: String) -> Bool {
    do throws(FloeError) { return try Bool(literal: node.literal) } catch {
      complain(node, "\(what) \(error.message)")
      return false
    }
  }

  private mutating func step(_ key: Node, _ node: Node) -> Pipeline.StepNode? {
    let id = key.string ?? ""
    if id.isEmpty || id.contains(".") || id.contains("/") {
      complain(key, "step name '\(id)' must be a word without '.' and '/'")
    }
    var use: String?
    var settings: OrderedDictionary<String, ParameterSetting> = [:]
    var connections: OrderedDictionary<String, [Pipeline.Reference]> = [:]
    for (k, v) in entries(node, of: id) {
      switch k.string {
      case "use": use = v.scalarText
      case "with":
        for (pk, pv) in entries(v, of: "with") { settings[pk.string ?? ""] = .init(literal: pv.literal, line: pk.line) }
      case "in":
        for (pk, pv) in entries(v, of: "in") {
          let nodes: [Node] = if case .sequence(let s) = pv { Array(s) } else { [pv] }
          connections[pk.string ?? ""] = nodes.compactMap { reference($0) }
        }
      default:
        complain(k, "'\(k.string ?? "?")' is no part of a step; its parts are use, in, with")
      }
    }
    guard let use else {
      complain(key, "step '\(id)' does not say which step it uses: give 'use: family.step'")
      return nil
    }
    return .init(id: id, use: use, line: key.line, settings: settings, connections: connections)
  }

  /// An output: `step.port`, a map of layers, or `{ from: either of these, with: { parameters of the writer } }`.
  private mutating func output(_ key: Node, _ node: Node) -> Pipeline.OutputNode? {
    let name = key.string ?? ""
    var values = node
    var settings: OrderedDictionary<String, ParameterSetting> = [:]
    // A map as value distinguishes the parameters from a layer of that name, which is a 'step.port'.
    if case .mapping(let m) = node, case .mapping(let with)? = m.first(where: { $0.key.string == "with" })?.value {
      for (pk, pv) in with { settings[pk.string ?? ""] = .init(literal: pv.literal, line: pk.line) }
      for (k, _) in m where !["from", "with"].contains(k.string) {
        complain(k, "'\(k.string ?? "?")' is no part of output '\(name)'; its parts are from, with")
      }
      guard let from = m.first(where: { $0.key.string == "from" })?.value else {
        complain(key, "output '\(name)' does not say what it holds: give 'from: step.port' beside 'with'")
        return nil
      }
      values = from
    }
    var layers: OrderedDictionary<String, Pipeline.Reference> = [:]
    if case .mapping(let m) = values {
      for (k, v) in m { if let r = reference(v) { layers[k.string ?? ""] = r } }
    } else if let r = reference(values) {
      layers[""] = r
    }
    return layers.isEmpty ? nil : .init(name: name, line: key.line, layers: layers, settings: settings)
  }

  private mutating func reference(_ node: Node) -> Pipeline.Reference? {
    if let name = node.scalarText, name.hasPrefix("$"), name.count > 1 {
      return .init(step: Pipeline.Reference.inputMark, port: String(name.dropFirst()), line: node.line)
    }
    guard let text = node.scalarText, let dot = text.firstIndex(of: "."), text.firstIndex(of: "/") == nil else {
      complain(node, "'\(node.scalarText ?? "?")' must name an output of a step, step.port, or an input, $name")
      return nil
    }
    return .init(step: String(text[..<dot]), port: String(text[text.index(after: dot)...]), line: node.line)
  }
}
