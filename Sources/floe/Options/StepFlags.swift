import FloeHost
import FloeSDK
import Foundation
import OrderedCollections

/// The flags of `floe step NAME`, derived from the step's declaration.
struct StepFlags {
  private enum Meaning {
    case parameter(ParameterInfo)
    case input(PortInfo)
    case output(PortInfo)
  }
  private let meanings: OrderedDictionary<String, Meaning>
  let declaration: StepDeclaration

  init(_ declaration: StepDeclaration) {
    self.declaration = declaration
    var meanings: OrderedDictionary<String, Meaning> = [:]
    for i in declaration.inputs { meanings[Self.flag(i.name)] = .input(i) }
    for p in declaration.parameters { meanings[Self.flag(p.name)] = .parameter(p) }
    if !declaration.presets.isEmpty {
      meanings["--preset"] = .parameter(
        ParameterInfo(name: "preset", type: "choice", help: "Other defaults", choices: declaration.presets.map(\.name)))
    }
    for o in declaration.outputs {
      let flag = Self.flag(o.name)
      meanings[meanings[flag] == nil ? flag : "--out-" + flag.dropFirst(2)] = .output(o)
    }
    self.meanings = meanings
  }

  /// All flags, for completion.
  var names: [String] { Array(meanings.keys) }

  /// The texts that may follow a flag; nil when any may.
  func choices(of flag: String) -> [String]? {
    if case .parameter(let p)? = meanings[flag] { p.choices } else { nil }
  }

  /// The flag of an output, which has another name where an input or a parameter has that of the output.
  func flag(ofOutput name: String) -> String {
    let flag = Self.flag(name)
    if case .output? = meanings[flag] { return flag }
    return "--out-" + flag.dropFirst(2)
  }

  static func flag(_ name: String) -> String { "--" + name.replacing("_", with: "-") }

  /// The files of a list with commas, in which each part may be a pattern of the shell.
  private static func files(_ value: String, _ flag: String) throws -> [String] {
    // A file whose own name holds the commas is that file.
    if value.contains(","), FileManager.default.fileExists(atPath: value) { return [value] }
    return try value.split(separator: ",").map(String.init).flatMap { part in
      guard FilePattern.isPattern(part), !FileManager.default.fileExists(atPath: part) else { return [part] }
      let found = FilePattern.matches(part)
      guard !found.isEmpty else { throw refuse("\(flag): nothing matches '\(part)'") }
      return found
    }
  }

  /// The places of files in the order of their names, those of one name in that of their contents: the same for any
  /// order in which they are given, and wherever they lie.
  private static func order(_ files: [String]) -> [Int] {
    func name(_ file: String) -> String { (file as NSString).lastPathComponent }
    let counts = Dictionary(grouping: files, by: name).mapValues(\.count)
    let digests = ContentDigests()
    let keys = files.map { file -> String in
      // A file that cannot be read is reported by the plan; until then its path does.
      let tie = (counts[name(file)] ?? 0) > 1 ? (try? digests.of(file)) ?? file : ""
      return name(file) + "/" + tie
    }
    return files.indices.sorted { a, b in
      keys[a] == keys[b] ? a < b : keys[a].utf8.lexicographicallyPrecedes(keys[b].utf8)
    }
  }

  /// Takes the flags of the step out of the words.
  ///
  /// - Returns: a pipeline of this one step, and the words that were not the step's.
  func parse(_ words: [String]) throws -> (pipeline: Pipeline, rest: [String]) {
    var settings: OrderedDictionary<String, ParameterSetting> = [:]
    var connections: OrderedDictionary<String, [Pipeline.Reference]> = [:]
    var steps: OrderedDictionary<String, Pipeline.StepNode> = [:]
    var files: OrderedDictionary<String, [String]> = [:]
    var outputs: [Pipeline.OutputNode] = []
    var rest: [String] = []
    var i = 0
    while i < words.count {
      let parts = words[i].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let isNegated = parts[0].hasPrefix("--no-") && meanings[parts[0]] == nil
      let flag = isNegated ? "--" + parts[0].dropFirst(5) : parts[0]
      i += 1
      guard let meaning = meanings[flag] else {
        rest.append(words[i - 1])
        continue
      }
      if case .parameter(let p) = meaning, p.type == "boolean", parts.count == 1,
        i >= words.count || !["true", "false", "yes", "no", "on", "off"].contains(words[i])
      {
        settings[p.name] = .init(literal: .text(isNegated ? "false" : "true"), line: 0)
        continue
      }
      let value: String
      if parts.count == 2 {
        value = parts[1]
      } else {
        guard i < words.count else { throw refuse("\(flag) needs a value") }
        value = words[i]
        i += 1
      }
      switch meaning {
      case .parameter(let p):
        let literal = try Self.literal(value, after: settings[p.name]?.literal, of: p, flag)
        settings[p.name] = .init(literal: literal, line: 0)
      case .input(let port):
        let given = try port.acceptsMany ? Self.files(value, flag) : [value]
        files[port.name, default: []].append(contentsOf: given)
      case .output(let port):
        outputs.append(.init(name: value, line: 0, layers: ["": .init(step: "step", port: port.name, line: 0)]))
      }
    }
    for (port, given) in files {
      let isFree = declaration.inputs.contains { $0.name == port && $0.anyOrder == true }
      let order = isFree ? Self.order(given) : Array(given.indices)
      var ids = given
      for (rank, place) in order.enumerated() {
        // Such names are in the order of their texts, too, which the plan puts the values of such inputs in.
        let id = isFree ? "\(port)-\(String(format: "%05d", rank))" : "\(port)-\(rank)"
        ids[place] = id
        steps[id] = .init(
          id: id, use: "file.read", line: 0, settings: ["path": .init(literal: .text(given[place]), line: 0)],
          connections: [:], flag: Self.flag(port))
      }
      // As given, so that "number 2" in a sentence is the second of the request.
      connections[port] = ids.map { Pipeline.Reference(step: $0, port: "data", line: 0) }
    }
    steps["step"] = .init(id: "step", use: declaration.name, line: 0, settings: settings, connections: connections)
    var pipeline = Pipeline(
      file: "floe step \(declaration.name)", folder: FileManager.default.currentDirectoryPath, title: declaration.name,
      steps: steps, outputs: outputs, hasInputs: false)
    // The record keeps it, so that `floe replay` makes the outputs again.
    pipeline.text = pipeline.written()
    return (pipeline, rest)
  }

  /// The value of a parameter's flag, after what the flag was given before.
  ///
  /// Lists and maps may stand as a pipeline writes them, and those given in parts are one; of anything else a second
  /// value would replace the first in silence.
  private static func literal(
    _ value: String, after earlier: ParameterLiteral?, of parameter: ParameterInfo, _ flag: String
  ) throws -> ParameterLiteral {
    do throws(FloeError) {
      let flow = try FlowLiteral.read(value, type: parameter.type)
      let literal = flow ?? ParameterLiteral.text(value)
      guard let earlier else { return literal }
      if parameter.type == "map" || parameter.type.hasPrefix("list") {
        return try FlowLiteral.joined(earlier, literal, type: parameter.type)
      }
      throw FloeError("is given twice, as '\(earlier.description)' and '\(value)'")
    } catch {
      throw refuse("\(flag) \(error.message)")
    }
  }
}
