import FloeIO
import FloeSDK
import Foundation

/// Where an output comes from: the same words for the same request, without time, host, path or worker count.
struct Provenance {
  let plan: Plan
  let seed: UInt64
  /// The keys of steps and outputs, and the digests of inputs and plugins that they rest on.
  let keys: RunKeys
  let journal: RunRecorder

  /// Everything about the steps that an output rests on, and how its writer was set where it has parameters.
  func json(for reference: Pipeline.Reference, format: Plan.Format? = nil) -> JSONValue {
    let provenance = steps(for: reference)
    guard let format, !format.inForce.isEmpty, var members = provenance.objectValue else { return provenance }
    members[.format] = JSONValue(keyed: [
      .writer: .string(format.declaration.name), .parameters: .object(format.inForce.mapValues(shown)),
    ])
    return .object(members)
  }

  private func steps(for reference: Pipeline.Reference) -> JSONValue {
    let ids = plan.ancestry(of: reference.step)
    let steps = plan.steps.filter { ids.contains($0.id) }
    let provenance = JSONValue(keyed: [
      .software: .object(versions),
      .title: .string(plan.pipeline.title),
      .output: .string(reference.text),
      .key: JSONValue(keys.key(ofPort: reference)),
      .seed: .string(String(seed)),
      .inputs: fingerprints,
      .steps: .array(steps.map(describe)),
      .leftOut: .array(journal.droppedList.filter { ids.contains($0.step) }.map(\.json)),
    ])
    return RemotePath.redacted(provenance)
  }

  /// Name of each input, and SHA-256 of its content; null where that is not known.
  var fingerprints: JSONValue {
    .array(
      keys.inputs.map { input in
        var members: [RecordKey: JSONValue] = [
          .name: .string(input.name), .fingerprint: JSONValue(input.digest),
        ]
        // What is known by its bytes is the same from wherever it came.
        if let by = input.by { members[.by] = .string(by) }
        return JSONValue(keyed: members)
      })
  }
  /// All steps with the effective parameters and their connections.
  var steps: JSONValue { .array(plan.steps.map(describe)) }

  /// The same as metadata items of a raster file.
  func items(for reference: Pipeline.Reference) throws -> [String: String] {
    ["FLOE_PROVENANCE": try JSONText.encode(json(for: reference))]
  }

  private var versions: [String: JSONValue] {
    var all = LibraryVersions.all().mapValues { JSONValue.string($0) }
    all[.floe] = .string(FloeVersion.current)
    return all
  }

  /// A parameter without the folders of input files.
  private func shown(_ literal: ParameterLiteral) -> JSONValue {
    switch literal {
    case .text(let t): .string(plan.inputPaths.contains(t) ? (t as NSString).lastPathComponent : RemotePath.redacted(t))
    case .list(let items): .array(items.map(shown))
    case .map(let entries): .object(Dictionary(entries.map { ($0.key, shown($0.value)) }) { a, _ in a })
    }
  }

  private func describe(_ step: Plan.Step) -> JSONValue {
    var members: [RecordKey: JSONValue] = [
      .id: .string(step.id), .use: .string(step.use), .parameters: .object(step.inForce.mapValues(shown)),
      .connections: .object(
        Dictionary(uniqueKeysWithValues: step.connections.map { ($0.key, .array($0.value.map { .string($0.text) })) })),
      .plugin: keys.origins[step.id]?.json ?? .null, .key: JSONValue(keys.steps[step.id]),
    ]
    let texts = step.inForce.filter { Self.hasNames($0.value) }.mapValues { JSONValue.string(flow($0)) }
    if !texts.isEmpty { members[.parameterTexts] = .object(texts) }
    return JSONValue(keyed: members)
  }

  /// Whether a parameter is a map, or holds one.
  private static func hasNames(_ literal: ParameterLiteral) -> Bool {
    switch literal {
    case .text: false
    case .list(let items): items.contains(where: hasNames)
    case .map: true
    }
  }

  /// A parameter on one line as a pipeline writes it, in the order that it was written in.
  private func flow(_ literal: ParameterLiteral) -> String {
    switch literal {
    case .text: return Self.scalar(shown(literal).stringValue ?? "")
    case .list(let items): return "[" + items.map { flow($0) }.joined(separator: ", ") + "]"
    case .map(let entries):
      let members = entries.map { "\(Self.scalar($0.key)): \(flow($0.value))" }
      return members.isEmpty ? "{}" : "{ " + members.joined(separator: ", ") + " }"
    }
  }

  /// A text in YAML's flow form, in quotes where it would be read as something else.
  private static func scalar(_ text: String) -> String {
    func isPlain(_ c: Character) -> Bool { c.isLetter || c.isNumber || " _-+./<=()$".contains(c) }
    let isBare = text.first.map { $0.isLetter || $0.isNumber || $0 == "$" } ?? false
    if isBare, text.last != " ", text.allSatisfy(isPlain) { return text }
    return YamlText.quoted(text)
  }
}
