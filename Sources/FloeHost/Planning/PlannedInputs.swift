import FloeSDK
import Foundation
import OrderedCollections

/// What the inputs of a pipeline, and of those that stand in the place of its steps, are set to.
extension Planner {
  /// Sets an input of a pipeline that stands in the place of a step.
  ///
  /// - Returns: false where there is no such step.
  mutating func setInput(_ input: String, of step: String, _ name: String, _ value: String) -> Bool {
    guard let scope = pipeline.scopes[step] else { return false }
    parameterSettings.insert(name)
    let known = scope.inputs.filter { !$0.value.isData }
    guard let declared = known[input] else {
      let near = Spelling.nearest(input, among: known.keys).map { " (did you mean '\($0)'?)" } ?? ""
      problems.append(
        Problem(
          file: "--set \(name)", line: 0,
          "\(scope.file) has no input '\(input)'\(near); it has \(known.keys.joined(separator: ", "))"))
      return true
    }
    if let literal = given(value, type: declared.type, by: name) {
      pipeline.scopes[step]?.bindings[input] = .init(literal: literal, line: declared.line)
    }
    return true
  }

  /// Takes away what does not run: files of optional inputs that are not set, and, of pipelines that stand in the place
  /// of steps, what looks at written files.
  mutating func leaveOut() {
    let unset = pipeline.inputs.filter { name, input in
      input.isData && input.isOptional && input.defaultValue == nil && settings[name] == nil
    }
    var gone = Set(unset.keys)
    for (id, node) in pipeline.steps where !node.scope.isEmpty && library.declaration(node.use)?.isFinishing == true {
      gone.insert(id)
      leftOut.append(id)
    }
    guard !gone.isEmpty else { return }
    for (id, node) in pipeline.steps {
      var connections = node.connections
      for (port, references) in node.connections where references.contains(where: { unset[$0.step] != nil }) {
        let rest = references.filter { unset[$0.step] == nil }
        connections[port] = rest.isEmpty ? nil : rest
      }
      pipeline.steps[id] = gone.contains(id) ? nil : node.connected(connections)
    }
  }

  /// A setting with its inputs filled in and its paths made absolute; nil when it asks for an optional input that is
  /// not set.
  ///
  /// - Parameters:
  ///   - scope: the scope that the setting is written in.
  ///   - through: the inputs whose defaults led here.
  mutating func resolve(
    _ literal: ParameterLiteral, type: String, line: Int, in scope: String = "", through: [String] = []
  ) -> ParameterLiteral? {
    switch literal {
    case .text(let text):
      guard text.hasPrefix("$"), pipeline.hasInputs, !text.hasPrefix("$$") else {
        let plain = pipeline.hasInputs && text.hasPrefix("$$") ? String(text.dropFirst()) : text
        let folder = pipeline.scopes[scope]?.folder ?? pipeline.folder
        if isPath(type), plain.isEmpty {
          complain(line, "a path is empty; name a file or a folder, or leave the parameter out", in: scope)
          return nil
        }
        return isPath(type) ? paths(plain, type: type, from: folder) : .text(plain)
      }
      return value(of: String(text.dropFirst()), type: type, line: line, in: scope, through: through)
    case .list(let items):
      // An item is one path; its commas belong to its name.
      let own = type == "list of path" ? "path" : type
      return .list(items.compactMap { resolve($0, type: own, line: line, in: scope, through: through) })
    case .map(let entries):
      return .map(
        entries.compactMap { e in
          resolve(e.value, type: type, line: line, in: scope, through: through).map { .init(e.key, $0) }
        })
    }
  }

  /// The value of an input; nil for an optional one that is not set.
  private mutating func value(of name: String, type: String, line: Int, in scope: String, through: [String])
    -> ParameterLiteral?
  {
    let inputs = pipeline.inputs(of: scope)
    guard let input = inputs[name] else {
      let near = Spelling.nearest(name, among: inputs.keys).map { " (did you mean '$\($0)'?)" } ?? ""
      complain(line, "'$\(name)' is no input of the pipeline\(near); declare it under 'inputs:'", in: scope)
      return nil
    }
    if input.isData, !scope.isEmpty {
      complain(line, "'$\(name)' takes a step's output: name it under 'in:', not under 'with:'", in: scope)
      return nil
    }
    if let own = pipeline.scopes[scope] {
      // An optional input of the pipeline around that is not set leaves this one unset as well.
      if let given = own.bindings[name],
        let value = resolve(given.literal, type: type, line: given.line, in: own.outer)
      {
        return value
      }
    } else if let text = settings[name] {
      return given(text, type: type, by: name)
    }
    guard !through.contains(name) else {
      complain(
        input.line,
        """
        the default of input '\(name)' refers to itself: \
        \((through + [name]).map { "$\($0)" }.joined(separator: " <- ")); give one of them a value
        """, in: scope)
      return nil
    }
    return input.defaultValue.flatMap { resolve($0, type: type, line: line, in: scope, through: through + [name]) }
  }

  /// A value of `--set`: lists and maps as a pipeline writes them too, paths from the working folder.
  ///
  /// - Returns: nil for one that cannot be read, which is complained about.
  mutating func given(_ text: String, type: String, by name: String) -> ParameterLiteral? {
    let folder = FileManager.default.currentDirectoryPath
    // A variable of a shell that is not set, most often; the path would be that of the working folder.
    if isPath(type), text.allSatisfy(\.isWhitespace) {
      problems.append(
        Problem(file: "--set \(name)", line: 0, "is empty; name a file or a folder, or leave --set \(name) out"))
      return nil
    }
    do throws(FloeError) {
      guard let flow = try FlowLiteral.read(text, type: type) else {
        return isPath(type) ? paths(text, type: type, from: folder) : .text(text)
      }
      guard isPath(type), case .list(let items) = flow else { return flow }
      return .list(items.map { .text(absolute($0.description, from: folder)) })
    } catch {
      problems.append(Problem(file: "--set \(name)", line: 0, error.message))
      return nil
    }
  }

  func isPath(_ type: String) -> Bool { type == "path" || type == "list of path" }

  /// A path, or the paths of a list written with commas, made absolute.
  func paths(_ text: String, type: String, from folder: String) -> ParameterLiteral {
    guard type == "list of path", text.contains(",") else { return .text(absolute(text, from: folder)) }
    // A file whose own name holds the commas is that file.
    if FileState(of: text.hasPrefix("/") ? text : "\(folder)/\(text)") != nil {
      return .list([.text(absolute(text, from: folder))])
    }
    return .list(text.split(separator: ",").map { .text(absolute(String($0), from: folder)) })
  }

  /// What a step makes of any kind turned out to be of the wrong one; others were complained about where they are
  /// referred to.
  mutating func complainAboutKind(
    _ r: Pipeline.Reference, _ input: PortInfo, _ data: PortData, by node: Pipeline.StepNode
  ) {
    let use = pipeline.steps[r.step]?.use
    guard
      let declared = use.flatMap({ library.declaration($0) })?.outputs.first(where: { $0.name == r.port })?.kinds,
      !Set(declared).isDisjoint(with: input.kinds)
    else { return }
    let who = pipeline.steps[r.step]?.flag ?? "\(node.id).\(input.name)"
    complain(
      r, "\(who) needs \(input.kinds.map(\.rawValue).joined(separator: " or ")), but is given a \(data.kind.rawValue)")
  }

  /// A step of a used pipeline that does not run.
  mutating func complainAboutLeftOut(_ r: Pipeline.Reference, by consumer: String) {
    complain(
      r,
      """
      \(consumer) asks for '\(r.text)', which looks at written files and is left out of a pipeline that is used as a \
      step; name such a step in the pipeline that is run
      """)
  }
}
