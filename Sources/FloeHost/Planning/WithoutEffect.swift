import FloeSDK
import OrderedCollections

/// What of a pipeline changes nothing: inputs that no step uses, and steps whose outputs go nowhere.
struct WithoutEffect {
  let pipeline: Pipeline
  let library: StepLibrary

  // MARK: Inputs

  /// A sentence for each input that no step uses; of the pipeline as it is written, before settings change it.
  ///
  /// - Parameter settings: what inputs, and parameters of steps, are set to.
  func inputs(settings: [String: String]) -> [Problem] {
    let used = usedInputs(settings)
    return pipeline.inputs.filter { !used.contains($0.key) }.map { name, input in
      Problem(
        file: pipeline.file, line: input.line,
        "no step uses the input '\(name)'" + (settings[name] != nil ? "; what it is set to changes nothing" : ""))
    }
  }

  private func usedInputs(_ settings: [String: String]) -> Set<String> {
    guard pipeline.hasInputs else { return Set(pipeline.inputs.keys) }
    var used: Set<String> = []
    // A step's parameter may be set to an input.
    for (name, value) in settings where pipeline.inputs[name] == nil { Self.collect(.text(value), into: &used) }
    for node in pipeline.steps.values where node.scope.isEmpty && !isReader(node) {
      for setting in node.settings.values { Self.collect(setting.literal, into: &used) }
    }
    for output in pipeline.outputs { for s in output.settings.values { Self.collect(s.literal, into: &used) } }
    // What is set inside of a used pipeline names that pipeline's own inputs.
    for scope in pipeline.scopes.values where scope.outer.isEmpty {
      for setting in scope.bindings.values { Self.collect(setting.literal, into: &used) }
    }
    let references = pipeline.steps.values.flatMap { $0.connections.values.joined() }.map(\.step)
    let written = pipeline.outputs.flatMap { $0.layers.values.map(\.step) }
    used.formUnion(Set(references + written).filter { pipeline.inputs[$0]?.isData == true })
    // Defaults of used inputs may name further ones.
    var open = Array(used)
    while let next = open.popLast() {
      guard let standard = pipeline.inputs[next]?.defaultValue else { continue }
      var found: Set<String> = []
      Self.collect(standard, into: &found)
      for name in found where used.insert(name).inserted { open.append(name) }
    }
    return used
  }

  /// Adds the inputs that a value names, `$name`.
  private static func collect(_ literal: ParameterLiteral, into names: inout Set<String>) {
    switch literal {
    case .text(let text):
      if text.hasPrefix("$"), !text.hasPrefix("$$") { names.insert(String(text.dropFirst())) }
    case .list(let items): for item in items { collect(item, into: &names) }
    case .map(let entries): for entry in entries { collect(entry.value, into: &names) }
    }
  }

  /// Whether a step reads the file of an input; what is to be said of it is said of the input.
  private func isReader(_ node: Pipeline.StepNode) -> Bool {
    node.use == FileStep.name && pipeline.inputs[node.id]?.isData == true
  }

  // MARK: Steps

  /// A sentence for each step whose outputs are neither written nor used; of the pipeline as it is run.
  ///
  /// Of a used pipeline only the whole is looked at: that not all of its outputs are used is no mistake.
  func steps() -> [Problem] {
    let written = pipeline.outputs.flatMap { $0.layers.values.map(\.step) }
    let taken = Set(pipeline.steps.values.flatMap { $0.connections.values.joined() }.map(\.step) + written)
    var found: [Problem] = []
    for node in pipeline.steps.values
    where node.scope.isEmpty && !taken.contains(node.id) && !isReader(node) && !actsItself(node) {
      found.append(
        Problem(
          file: pipeline.file, line: node.line,
          "the outputs of step '\(node.id)' go nowhere: no output file and no other step takes them"))
    }
    for (name, scope) in pipeline.scopes where scope.outer.isEmpty {
      let inside = pipeline.steps.values.filter { $0.id.hasPrefix(name + "/") }
      guard !inside.isEmpty, !inside.contains(where: actsItself) else { continue }
      let outside = pipeline.steps.values.filter { !$0.id.hasPrefix(name + "/") }
      let takers = outside.flatMap { $0.connections.values.joined() }.map(\.step) + written
      guard !takers.contains(where: { $0.hasPrefix(name + "/") }) else { continue }
      found.append(
        Problem(
          file: pipeline.file, line: 0,
          "the outputs of step '\(name)' (\(scope.file)) go nowhere: no output file and no other step takes them"))
    }
    return found
  }

  /// Whether a step does something beside what it passes on: it looks at what was written, has no outputs, or makes a
  /// document of what it found or wrote, whose figures are in the run's record as well.
  private func actsItself(_ node: Pipeline.StepNode) -> Bool {
    // One that is unknown was complained about.
    guard let declaration = library.declaration(node.use) else { return true }
    return declaration.isFinishing || declaration.outputs.isEmpty
      || declaration.outputs.contains { $0.kinds == [.document] }
  }
}
