import FloeIO
import FloeSDK

/// Which items of a catalogue are scenes for an input: a run's own catalogue holds tables and models beside rasters.
struct CatalogueChoice {
  let pipeline: Pipeline
  let library: StepLibrary?

  /// The items of the kind that an input takes; all where none is, or where it may take any.
  func fitting(_ entries: [StacDocument.Entry], for input: String) -> [StacDocument.Entry] {
    guard let wanted = kind(of: input) else { return entries }
    let fitting = entries.filter { $0.kind == wanted }
    return fitting.isEmpty ? entries : fitting
  }

  /// What an input takes; nil where it may be anything.
  private func kind(of input: String) -> PortKind? {
    guard let declared = pipeline.inputs[input] else { return nil }
    if declared.isData { return PortKind(rawValue: declared.type) }
    guard declared.type == "path" || declared.type == "list of path" else { return nil }
    let takers = pipeline.steps.values.filter { node in
      node.scope.isEmpty && node.settings.values.contains { Self.names(input, in: $0.literal) }
    }
    // One that only hands it on to a pipeline that it uses: scenes are rasters most often.
    guard let library, !takers.isEmpty else { return .raster }
    // Of a step with inputs a file is a thing beside, such as a model; it says nothing of what is read from it.
    let readers = takers.compactMap { library.declaration($0.use) }.filter(\.inputs.isEmpty)
    let kinds = Set(readers.flatMap { $0.outputs.flatMap(\.kinds) })
    return [PortKind.raster, .table].first(where: kinds.contains)
  }

  /// Whether an input is a list of files: a step of the pipeline takes it for a parameter that is a path or paths.
  func isListOfFiles(_ input: String) -> Bool {
    guard let library, pipeline.inputs[input]?.type == "list" else { return false }
    return pipeline.steps.values.contains { node in
      guard node.scope.isEmpty, let step = library.declaration(node.use) else { return false }
      let places = Set(step.parameters.filter { ["path", "list of path"].contains($0.type) }.map(\.name))
      return node.settings.contains { places.contains($0.key) && Self.names(input, in: $0.value.literal) }
    }
  }

  private static func names(_ input: String, in literal: ParameterLiteral) -> Bool {
    switch literal {
    case .text(let text): text == "$" + input
    case .list(let items): items.contains { names(input, in: $0) }
    case .map(let entries): entries.contains { names(input, in: $0.value) }
    }
  }

  /// Refuses items whose files are not those that they name.
  static func check(_ entries: [StacDocument.Entry], of document: String, _ note: (String) -> Void) throws {
    var problems: [Problem] = []
    for entry in entries {
      do { if let remark = try entry.check(named: document) { note(remark) } } catch let error as FloeError {
        problems.append(Problem(file: "", line: 0, error.message))
      }
    }
    guard problems.isEmpty else { throw RequestRefused(problems) }
  }
}
