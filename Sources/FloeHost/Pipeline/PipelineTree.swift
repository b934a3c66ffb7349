import FloeIO
import FloeSDK
import Foundation
import OrderedCollections

/// Puts the steps of pipelines that are used as steps in their places.
///
/// A step `a` that uses `b.yaml` becomes the steps of that file, called `a/...`; what the file's outputs hold are the
/// ports of `a`. Values of its inputs and relative paths keep the scope that they were written in.
final class PipelineTree {
  private let pipeline: Pipeline
  /// `step` of the scope around, joined by slashes; empty for the pipeline that is run.
  private let scope: String
  private let outer: PipelineTree?
  /// The step that it stands for.
  private let node: Pipeline.StepNode?
  private var parts: [String: PipelineTree] = [:]
  private(set) var problems: [Problem] = []
  /// Pipelines that use each other: what else is wrong with such may follow from the circle, and is not reported.
  private(set) var circles: [Problem] = []

  private static let mostSteps = 10_000
  private static let deepest = 16

  /// A pipeline with those that it uses.
  ///
  /// - Parameter texts: the texts of used pipelines by scope, in place of what their files hold now.
  convenience init(_ pipeline: Pipeline, texts: [String: String] = [:]) {
    let whole = pipeline.file.hasPrefix("/") ? pipeline.file : "\(pipeline.folder)/\(Self.base(pipeline.file))"
    self.init(pipeline, scope: "", outer: nil, node: nil, above: [Self.real(whole)], texts: texts)
  }

  private init(
    _ pipeline: Pipeline, scope: String, outer: PipelineTree?, node: Pipeline.StepNode?, above: [String],
    texts: [String: String]
  ) {
    self.pipeline = pipeline
    self.scope = scope
    self.outer = outer
    self.node = node
    for step in pipeline.steps.values where Pipeline.isFile(step.use) { take(step, above: above, texts: texts) }
  }

  private static func base(_ path: String) -> String { (path as NSString).lastPathComponent }
  private static func real(_ path: String) -> String {
    guard let found = realpath(path, nil) else { return path }
    defer { free(found) }
    return String(cString: found)
  }

  private func complain(_ line: Int, _ message: String) {
    problems.append(Problem(file: pipeline.file, line: line, message))
  }

  private func take(_ step: Pipeline.StepNode, above: [String], texts: [String: String]) {
    let path =
      URL(fileURLWithPath: step.use, relativeTo: URL(fileURLWithPath: pipeline.folder, isDirectory: true))
      .standardizedFileURL.path
    let real = Self.real(path)
    let name = scope.isEmpty ? step.id : "\(scope)/\(step.id)"
    if let start = above.firstIndex(of: real) {
      let ring = (above[start...] + [real]).map { Self.base($0) }.joined(separator: " <- ")
      circles.append(
        Problem(
          file: pipeline.file, line: step.line,
          "step '\(step.id)': the pipelines use each other in a circle: \(ring)"))
      return
    }
    guard above.count <= Self.deepest else {
      return complain(step.line, "step '\(step.id)': pipelines are used more than \(Self.deepest) deep")
    }
    let read: (pipeline: Pipeline, problems: [Problem])
    do {
      if let text = texts[name] {
        read = try PipelineForm.read(text, file: path, folder: Folder.parent(of: path))
      } else {
        guard FileManager.default.fileExists(atPath: path) else {
          return complain(step.line, "step '\(step.id)': there is no pipeline file \(path)")
        }
        let text = try VirtualFile.readText(path)
        read = try PipelineForm.read(text, file: path, folder: Folder.parent(of: path))
      }
    } catch let refused as RequestRefused {
      problems += refused.problems
      return
    } catch { return complain(step.line, "step '\(step.id)': the pipeline file cannot be read: \(error)") }
    problems += read.problems
    let part = PipelineTree(
      read.pipeline, scope: name, outer: self, node: step, above: above + [real], texts: texts)
    problems += part.problems
    part.problems = []
    circles += part.circles
    parts[step.id] = part
    check(step, against: read.pipeline)
  }

  /// Refuses values for inputs that are not there, and asks for those that are missing.
  private func check(_ step: Pipeline.StepNode, against part: Pipeline) {
    let file = Self.base(part.file)
    func unknown(_ name: String, _ line: Int, _ known: [String]) {
      let near = Spelling.nearest(name, among: known).map { " (did you mean '\($0)'?)" } ?? ""
      let list = known.isEmpty ? "none" : known.joined(separator: ", ")
      complain(line, "step '\(step.id)': \(file) has no input '\(name)'\(near); it has \(list)")
    }
    for (name, setting) in step.settings {
      if part.inputs[name]?.isData == true {
        complain(setting.line, "step '\(step.id)': '\(name)' of \(file) takes a step's output: give it under 'in:'")
      } else if part.inputs[name] == nil {
        unknown(name, setting.line, part.inputs.filter { !$0.value.isData }.map(\.key))
      }
    }
    for (name, references) in step.connections {
      let line = references.first?.line ?? step.line
      if part.inputs[name]?.isData == false {
        complain(line, "step '\(step.id)': '\(name)' of \(file) takes a value: give it under 'with:'")
      } else if part.inputs[name] == nil {
        unknown(name, line, part.inputs.filter(\.value.isData).map(\.key))
      }
    }
    for (name, input) in part.inputs
    where !input.isOptional && step.settings[name] == nil && step.connections[name] == nil {
      complain(
        step.line,
        """
        step '\(step.id)': input '\(name)' of \(file) is not set: give it under '\(input.isData ? "in" : "with"):' \
        (\(input.help.isEmpty ? input.type : input.help))
        """)
    }
  }

  // MARK: - Putting together

  /// The pipeline with all steps in their places.
  func flattened() -> Pipeline {
    var result = pipeline
    result.steps = [:]
    addReaders(to: &result)
    add(to: &result)
    result.outputs = pipeline.outputs.map { output in
      .init(
        name: output.name, line: output.line,
        layers: output.layers.compactMapValues { single(resolve($0), output) },
        settings: output.settings)
    }
    return result
  }

  private func single(_ found: [Pipeline.Reference], _ output: Pipeline.OutputNode) -> Pipeline.Reference? {
    if found.count > 1 { complain(output.line, "output '\(output.name)' holds one value, not \(found.count)") }
    return found.first
  }

  /// Of the pipeline that is run, inputs that take what a step made are files.
  private func addReaders(to result: inout Pipeline) {
    for (name, input) in pipeline.inputs where input.isData {
      guard pipeline.steps[name] == nil else {
        complain(input.line, "input '\(name)' has the name of a step; give one of them another")
        continue
      }
      result.steps[name] = .init(
        id: name, use: FileStep.name, line: input.line,
        settings: ["path": .init(literal: .text("$" + name), line: input.line)], connections: [:])
    }
  }

  private func add(to result: inout Pipeline) {
    if let node, let outer {
      result.scopes[scope] = PipelineScope(
        file: pipeline.file, folder: pipeline.folder, inputs: pipeline.inputs, bindings: node.settings,
        outer: outer.scope, text: pipeline.text)
    }
    for (id, step) in pipeline.steps {
      if let part = parts[id] {
        part.add(to: &result)
        problems += part.problems
        part.problems = []
        continue
      }
      // One that could not be read was complained about.
      if Pipeline.isFile(step.use) { continue }
      guard result.steps.count < Self.mostSteps else {
        return complain(step.line, "there are more than \(Self.mostSteps) steps")
      }
      let name = scope.isEmpty ? id : "\(scope)/\(id)"
      var connections: OrderedDictionary<String, [Pipeline.Reference]> = [:]
      for (port, references) in step.connections {
        let found = references.flatMap { resolve($0) }
        // An input that was left out connects nothing.
        if !found.isEmpty || references.isEmpty { connections[port] = found }
      }
      result.steps[name] = .init(
        id: name, use: step.use, line: step.line, settings: step.settings, connections: connections, flag: step.flag,
        scope: scope)
    }
  }

  /// The steps' ports behind a reference as it is written in this pipeline.
  private func resolve(_ reference: Pipeline.Reference, depth: Int = 0) -> [Pipeline.Reference] {
    func placed(_ step: String, _ port: String) -> [Pipeline.Reference] {
      [.init(step: step, port: port, line: reference.line, file: scope.isEmpty ? nil : pipeline.file)]
    }
    guard depth < 4 * Self.deepest else {
      complain(reference.line, "'\(reference.text)' leads back to itself")
      return []
    }
    if reference.step == Pipeline.Reference.inputMark {
      guard let input = pipeline.inputs[reference.port], input.isData else {
        let known = pipeline.inputs.filter(\.value.isData).map(\.key)
        complain(
          reference.line,
          """
          '$\(reference.port)' is no input that takes a step's output; \
          \(known.isEmpty ? "there is none: declare one of type raster, table, model or document under 'inputs:'"
            : "there are " + known.map { "$" + $0 }.joined(separator: ", "))
          """)
        return []
      }
      guard let outer, let node else { return placed(reference.port, "data") }
      return (node.connections[reference.port] ?? []).flatMap { outer.resolve($0, depth: depth + 1) }
    }
    guard let part = parts[reference.step] else {
      // One that could not be read was complained about.
      if let step = pipeline.steps[reference.step], Pipeline.isFile(step.use) { return [] }
      return placed(scope.isEmpty ? reference.step : "\(scope)/\(reference.step)", reference.port)
    }
    guard let inner = part.ports[reference.port] else {
      let known = part.ports.keys.sorted()
      let near = Spelling.nearest(reference.port, among: known).map { " (did you mean '\($0)'?)" } ?? ""
      complain(
        reference.line,
        """
        '\(reference.text)' is asked for, but \(Self.base(part.pipeline.file)) has no output \
        '\(reference.port)'\(near); \
        it has \(known.isEmpty ? "none" : known.joined(separator: ", "))
        """)
      return []
    }
    let found = part.resolve(inner, depth: depth + 1)
    problems += part.problems
    part.problems = []
    // What is wrong with the connection is wrong where it is made.
    return found.map {
      .init(step: $0.step, port: $0.port, line: reference.line, file: scope.isEmpty ? nil : pipeline.file)
    }
  }

  /// What the outputs hold, by all names that mean one thing: the file's, the same without ending, and for a layer its
  /// own name, alone or after the file's and a dot.
  private var ports: [String: Pipeline.Reference] {
    var found: [String: [Pipeline.Reference]] = [:]
    for output in pipeline.outputs {
      let base = Self.base(output.name)
      let stem = base.lastIndex(of: ".").map { String(base[..<$0]) } ?? base
      for (layer, reference) in output.layers {
        let names = layer.isEmpty ? [output.name, base, stem] : [layer, "\(base).\(layer)", "\(stem).\(layer)"]
        for name in Set(names) { found[name, default: []].append(reference) }
      }
    }
    return found.compactMapValues { references in
      Set(references.map(\.text)).count == 1 ? references.first : nil
    }
  }
}
