import FloeIO
import FloeSDK
import Foundation
import OrderedCollections

/// Turns a pipeline into a plan, or into the list of all its mistakes. Reads metadata, never a pixel or a record.
public struct Planner {
  let library: StepLibrary
  let outputFolder: String
  let settings: [String: String]
  var pipeline: Pipeline
  var problems: [Problem]
  private var warnings: [Problem] = []
  private var inputPaths: [String] = []
  private let places = InputPlaces()
  /// Settings that are parameters of single steps.
  var parameterSettings: Set<String> = []
  /// Steps of used pipelines that do not run, since they look at written files.
  var leftOut: [String] = []

  /// Plans a pipeline.
  ///
  /// - Parameters:
  ///   - settings: the values of `--set`, relative paths counted from the working folder.
  ///   - outputFolder: where the outputs would go.
  ///   - isPart: whether it is a part of a pipeline that was planned whole; what changes nothing in it is not reported.
  /// - Throws: `RequestRefused` with every mistake.
  public static func plan(
    _ read: (pipeline: Pipeline, problems: [Problem]), settings: [String: String], outputFolder: String,
    library: StepLibrary, isPart: Bool = false
  ) throws -> Plan {
    var planner = Planner(
      library: library, outputFolder: outputFolder, settings: settings, pipeline: read.pipeline, problems: read.problems
    )
    return try planner.plan(isPart: isPart)
  }

  private init(
    library: StepLibrary, outputFolder: String, settings: [String: String], pipeline: Pipeline, problems: [Problem]
  ) {
    self.library = library
    self.outputFolder = outputFolder
    self.settings = settings
    self.pipeline = pipeline
    self.problems = problems
  }

  private mutating func plan(isPart: Bool) throws -> Plan {
    NetworkAccess.allow(
      for: Array(settings.values) + pipeline.inputs.values.compactMap(\.defaultValue?.description)
        + pipeline.steps.values.flatMap { $0.settings.values.map(\.literal.description) }
        // A step that asks a server says so by the default of its parameter.
        + pipeline.steps.values.flatMap {
          library.declaration($0.use)?.parameters.compactMap(\.defaultValue?.text) ?? []
        }
        + pipeline.scopes.values.flatMap {
          $0.bindings.values.map(\.literal.description) + $0.inputs.values.compactMap(\.defaultValue?.description)
        })
    // Documents that lead to the network are looked at before a file of the disk closes the ways there.
    let working = FileManager.default.currentDirectoryPath
    for value in settings.values.sorted() where value.lowercased().contains("json") {
      _ = absolute(value, from: working)
    }
    nameOutputs()
    if !isPart {
      warnings += WithoutEffect(pipeline: pipeline, library: library).inputs(settings: settings)
    }
    setParameters()
    leaveOut()
    if !isPart { warnings += WithoutEffect(pipeline: pipeline, library: library).steps() }
    checkSettings()
    checkReferences()
    let order = executionOrder()
    library.preload(order.compactMap { pipeline.steps[$0]?.use }, outputs: pipeline.outputs.map(\.name))
    var steps: [Plan.Step] = []
    for id in order { if let node = pipeline.steps[id], let step = planStep(node, after: steps) { steps.append(step) } }
    steps = steps.filter { !$0.isFinishing } + steps.filter(\.isFinishing)
    let formats = bindWriters()
    checkOutputs(steps, formats)
    for remark in places.remarks { warnings.append(Problem(file: pipeline.file, line: 0, remark)) }
    if problems.isEmpty, let failure = NetworkTraffic.failure { complain(0, failure) }
    guard problems.isEmpty else { throw RequestRefused(Self.tidied(problems)) }
    return Plan(
      pipeline: pipeline, steps: steps, outputs: pipeline.outputs, formats: formats, warnings: warnings,
      settings: settings.mapValues(Self.shown), inputPaths: inputPaths, leftOut: leftOut)
  }

  private static func tidied(_ problems: [Problem]) -> [Problem] {
    // One sentence about one place, though several steps may meet the mistake.
    var seen: Set<String> = []
    return problems.filter { seen.insert($0.description).inserted }.sorted { ($0.file, $0.line) < ($1.file, $1.line) }
  }

  mutating func complain(_ line: Int, _ message: String, in scope: String = "") {
    problems.append(Problem(file: pipeline.file(of: scope), line: line, message))
  }

  mutating func complain(_ reference: Pipeline.Reference, _ message: String) {
    problems.append(Problem(file: reference.file ?? pipeline.file, line: reference.line, message))
  }

  // MARK: Inputs

  /// Puts settings that are called `step.parameter` in the place of what the pipeline says.
  private mutating func setParameters() {
    for (name, value) in settings.sorted(by: { $0.key < $1.key }) where pipeline.inputs[name] == nil {
      guard let dot = name.firstIndex(of: ".") else { continue }
      let parameter = String(name[name.index(after: dot)...])
      if setInput(parameter, of: String(name[..<dot]), name, value) { continue }
      guard let node = pipeline.steps[String(name[..<dot])] else { continue }
      parameterSettings.insert(name)
      guard let declaration = library.declaration(node.use) else { continue }
      let known = declaration.parameters.map(\.name) + (declaration.presets.isEmpty ? [] : ["preset"])
      guard known.contains(parameter) else {
        let near = Spelling.nearest(parameter, among: known).map { " (did you mean '\($0)'?)" } ?? ""
        problems.append(
          Problem(
            file: "--set \(name)", line: 0,
            "\(node.use) has no parameter '\(parameter)'\(near); it has \(known.joined(separator: ", "))"))
        continue
      }
      let type = declaration.parameters.first { $0.name == parameter }?.type ?? "text"
      let own = ParameterLiteral.text(value)
      let literal: ParameterLiteral? = value.hasPrefix("$") ? own : given(value, type: type, by: name)
      if let literal { pipeline.steps[node.id]?.settings[parameter] = .init(literal: literal, line: node.line) }
    }
  }

  private mutating func checkSettings() {
    let known = Array(pipeline.inputs.keys)
    for name in settings.keys.sorted() where !known.contains(name) && !parameterSettings.contains(name) {
      let near = Spelling.nearest(name, among: known).map { " (did you mean '\($0)'?)" } ?? ""
      // A parameter of a step is set by both names.
      let owner = pipeline.steps.values.first { node in
        !node.id.contains("/") && library.declaration(node.use)?.parameters.contains { $0.name == name } ?? false
      }
      let way = owner.map { "; the parameter of step '\($0.id)' is set by --set \($0.id).\(name)=..." } ?? ""
      problems.append(
        Problem(
          file: "--set \(name)", line: 0,
          "the pipeline has no input '\(name)'\(near); it has "
            + "\(known.isEmpty ? "none" : known.joined(separator: ", "))\(way)"))
    }
    for (name, input) in pipeline.inputs where !input.isOptional && settings[name] == nil {
      complain(
        input.line,
        "input '\(name)' is not set: give --set \(name)=... (\(input.help.isEmpty ? input.type : input.help))")
    }
  }

  /// A setting as it is recorded: URLs without what they hide, such as can be given again.
  static func shown(_ setting: String) -> String { RemotePath.redacted(setting) }

  func absolute(_ path: String, from folder: String) -> String { places.place(path, from: folder) }

  private mutating func checkExists(_ literal: ParameterLiteral, parameter: String, line: Int, in scope: String) {
    switch literal {
    case .text(let path):
      // A dataset inside of a file is there when its file is.
      let file = DatasetName(path)?.file ?? path
      if let problem = places.problems[file] {
        complain(line, "\(parameter): \(problem)", in: scope)
      } else if RemotePath.isURL(file) || RemotePath.isRemote(file) {
        do {
          let resolved = try RemotePath.resolve(file) ?? file
          try RemoteInput.check(resolved)
          inputPaths.append(resolved)
        } catch {
          complain(line, "\(parameter): \(error)", in: scope)
        }
      } else if !file.hasPrefix("/vsi"), !FileManager.default.fileExists(atPath: file) {
        complain(line, "\(parameter): there is no file or folder \(file)", in: scope)
      } else {
        do { try LocalFile.checkInput(file) } catch {
          return complain(line, "\(parameter): \(error)", in: scope)
        }
        inputPaths.append(file)
      }
    case .list(let items): for i in items { checkExists(i, parameter: parameter, line: line, in: scope) }
    case .map: break
    }
  }

  // MARK: References and order

  private mutating func checkReferences() {
    for node in pipeline.steps.values {
      guard let declaration = library.declaration(node.use) else {
        complain(node.line, library.unknown(node.use), in: node.scope)
        continue
      }
      for (port, references) in node.connections {
        let input = declaration.inputs.first { $0.name == port }
        for r in references { check(r, wanted: input?.kinds, by: "\(node.id).\(port)") }
      }
    }
    for output in pipeline.outputs {
      for r in output.layers.values { check(r, wanted: nil, by: "output \(output.name)") }
    }
  }

  private mutating func check(_ r: Pipeline.Reference, wanted: [PortKind]?, by consumer: String) {
    guard let source = pipeline.steps[r.step] else {
      if leftOut.contains(r.step) { return complainAboutLeftOut(r, by: consumer) }
      let near = Spelling.nearest(r.step, among: pipeline.steps.keys).map { " (did you mean '\($0)'?)" } ?? ""
      return complain(r, "\(consumer) asks for '\(r.text)', but there is no step '\(r.step)'\(near)")
    }
    guard let declaration = library.declaration(source.use) else { return }
    guard let output = declaration.outputs.first(where: { $0.name == r.port }) else {
      let known = declaration.outputs.map(\.name)
      let near = Spelling.nearest(r.port, among: known).map { " (did you mean '\($0)'?)" } ?? ""
      return complain(
        r,
        """
        \(consumer) asks for '\(r.text)', but \(source.use) has no output '\(r.port)'\(near); it has \
        \(known.joined(separator: ", "))
        """
      )
    }
    if let wanted, Set(wanted).isDisjoint(with: output.kinds) {
      complain(
        r,
        """
        \(consumer) needs \(wanted.map(\.rawValue).joined(separator: " or ")), but '\(r.text)' is \
        \(output.kinds.map(\.rawValue).joined(separator: " or "))
        """
      )
    }
  }

  /// Steps in an order in which each comes after what it needs; file order among equals. Names the cycle if there is
  /// one.
  private mutating func executionOrder() -> [String] {
    var order: [String] = []
    var done: Set<String> = []
    var waiting = Array(pipeline.steps.keys)
    func needs(_ id: String) -> [String] {
      pipeline.steps[id]?.connections.values.joined().map(\.step).filter { pipeline.steps[$0] != nil } ?? []
    }
    while let next = waiting.firstIndex(where: { needs($0).allSatisfy(done.contains) }) {
      let id = waiting.remove(at: next)
      done.insert(id)
      order.append(id)
    }
    if let first = waiting.first {
      // Every step still waiting needs another one that waits, so walking along needs must come round.
      var path = [first]
      while let next = path.last.flatMap({ id in needs(id).first { !done.contains($0) } }) {
        if let start = path.firstIndex(of: next) {
          let ring = path[start...] + [next]
          complain(
            pipeline.steps[next]?.line ?? 0, "the steps need each other in a circle: \(ring.joined(separator: " <- "))",
            in: pipeline.steps[next]?.scope ?? "")
          break
        }
        path.append(next)
      }
    }
    return order + waiting
  }

  // MARK: Steps

  private mutating func planStep(_ node: Pipeline.StepNode, after earlier: [Plan.Step]) -> Plan.Step? {
    guard let declaration = library.declaration(node.use) else { return nil }
    let before = problems.count
    defer { for i in problems.indices.dropFirst(before) where problems[i].step.isEmpty { problems[i].step = node.id } }
    var missing: Set<String> = []
    let literals = literals(of: node, declaration, missing: &missing)
    let ports = ports(of: node, declaration, after: earlier, missing: &missing)
    let who = node.flag ?? node.id
    do {
      let factory = try library.factory(node.use)
      var step = try factory.bind(parameters: literals, ports: ports)
      guard missing.isEmpty, problems.count == before else { return nil }
      let notes = PlanEvents()
      try step.plan(in: PlanContext(stepID: node.id, products: library.products, notes: notes))
      for w in notes.notes.warnings + LibraryNotices.take() {
        warnings.append(Problem(file: pipeline.file(of: node.scope), line: node.line, "\(who): \(w)"))
      }
      let (outputs, kept) = keeping(step.outputs, of: node.id)
      return Plan.Step(
        id: node.id, use: factory.declaration.name, line: node.line, bound: step,
        connections: Self.ordered(node.connections, declaration),
        outputs: outputs,
        isBarrier: notes.notes.isBarrier, isFinishing: declaration.isFinishing,
        scratchBytes: notes.notes.scratchBytes + kept,
        inForce: step.parameters)
    } catch let errors as BindingErrors {
      for e in errors.errors where !missing.contains(e.parameter) {
        complain(line(of: e.parameter, in: node), "\(who): \(e)", in: node.scope)
      }
    } catch let error as ParameterError {
      let hint = library.otherReader(of: literals, than: node.use)
      complain(line(of: error.parameter, in: node), "\(who): \(error)\(hint)", in: node.scope)
    } catch {
      let hint = library.otherReader(of: literals, than: node.use)
      complain(node.line, "\(who): \(NetworkTraffic.cause(of: "\(error)"))\(hint)", in: node.scope)
    }
    return nil
  }

  /// The parameters that are set; complains about those that have no value, and adds them to `missing`.
  private mutating func literals(
    of node: Pipeline.StepNode, _ declaration: StepDeclaration, missing: inout Set<String>
  ) -> [String: ParameterLiteral] {
    var literals: [String: ParameterLiteral] = [:]
    for (name, setting) in node.settings {
      let type = declaration.parameters.first { $0.name == name }?.type ?? "text"
      let complaints = problems.count
      guard let resolved = resolve(setting.literal, type: type, line: setting.line, in: node.scope) else {
        // An input that is not set was complained about already; the parameter is not to be called missing as well.
        if problems.count > complaints || !isUnsetOptional(setting.literal, in: node.scope) { missing.insert(name) }
        continue
      }
      literals[name] = resolved
      // The step that reads the file of an input is called after it; its own parameter is not what the user wrote.
      let isReader = node.use == FileStep.name && pipeline.inputs[node.id]?.isData == true
      let said = node.flag ?? "'\(isReader ? node.id : name)'"
      if isPath(type) { checkExists(resolved, parameter: said, line: setting.line, in: node.scope) }
    }
    return literals
  }

  /// The planned values that come in; complains about those that do not fit, and adds their ports to `missing`.
  private mutating func ports(
    of node: Pipeline.StepNode, _ declaration: StepDeclaration, after earlier: [Plan.Step], missing: inout Set<String>
  ) -> [String: [PortData]] {
    var ports: [String: [PortData]] = [:]
    for (port, references) in node.connections {
      for r in references {
        guard let source = earlier.first(where: { $0.id == r.step }) else {
          missing.insert(port)
          continue
        }
        if let data = source.outputs[r.port] {
          ports[port, default: []].append(data)
          if let input = declaration.inputs.first(where: { $0.name == port }), !input.kinds.contains(data.kind) {
            missing.insert(port)
            complainAboutKind(r, input, data, by: node)
          }
        } else {
          missing.insert(port)
          complainAboutConditional(r, consumer: "\(node.id).\(port)")
        }
      }
      if missing.contains(port) { ports[port] = nil }
    }
    return ports
  }

  /// The connections of a step, those of inputs that may come in any order in the order of their names: keys,
  /// provenance and run are the same for each order that a pipeline writes.
  private static func ordered(
    _ connections: OrderedDictionary<String, [Pipeline.Reference]>, _ declaration: StepDeclaration
  ) -> OrderedDictionary<String, [Pipeline.Reference]> {
    var result = connections
    for input in declaration.inputs where input.anyOrder == true {
      guard let references = connections[input.name] else { continue }
      result[input.name] = references.sorted { $0.text.utf8.lexicographicallyPrecedes($1.text.utf8) }
    }
    return result
  }

  private func isUnsetOptional(_ literal: ParameterLiteral, in scope: String) -> Bool {
    guard let text = literal.text, text.hasPrefix("$"), pipeline.hasInputs else { return false }
    return pipeline.inputs(of: scope)[String(text.dropFirst())]?.isOptional == true
  }

  private func line(of name: String, in node: Pipeline.StepNode) -> Int {
    node.settings[name]?.line ?? node.connections[name]?.first?.line ?? node.line
  }

  mutating func complainAboutConditional(_ r: Pipeline.Reference, consumer: String) {
    guard let use = pipeline.steps[r.step]?.use,
      let output = library.declaration(use)?.outputs.first(where: { $0.name == r.port })
    else { return }
    complain(
      r,
      """
      \(consumer) asks for '\(r.text)', which is made only when \
      \(output.condition ?? "the step has something to put there")
      """
    )
  }
}
