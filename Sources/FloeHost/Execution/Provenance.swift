import FloeSDK
import Foundation

/// Where an output comes from: the same words for the same request, without time, host, path or worker count.
struct Provenance {
  let plan: Plan
  let seed: UInt64
  /// Name and fingerprint of each input.
  let inputs: [(name: String, fingerprint: String)]
  let journal: RunRecorder

  /// Everything about the steps that an output rests on.
  func json(for reference: Pipeline.Reference) -> JSONValue {
    let ids = ancestry(of: reference.step)
    let steps = plan.steps.filter { ids.contains($0.id) }
    return [
      "software": .object(versions),
      "title": .string(plan.pipeline.title),
      "output": .string(reference.text),
      "seed": .string(String(seed)),
      "inputs": fingerprints,
      "steps": .array(steps.map(describe)),
      "left_out": .array(
        journal.droppedList.filter { ids.contains($0.step) }.map {
          [
            "step": .string($0.step), "count": .integer($0.count), "unit": .string($0.unit),
            "reason": .string($0.reason),
          ]
        }),
    ]
  }

  /// Name and fingerprint of each input.
  var fingerprints: JSONValue {
    .array(inputs.map { ["name": .string($0.name), "fingerprint": .string($0.fingerprint)] })
  }
  /// All steps with the effective parameters and their connections.
  var steps: JSONValue { .array(plan.steps.map(describe)) }

  /// The same as metadata items of a raster file.
  func items(for reference: Pipeline.Reference) throws -> [String: String] {
    ["FLOE_PROVENANCE": try JSONText.encode(json(for: reference))]
  }

  private var versions: [String: JSONValue] {
    var all = LibraryVersions.all().mapValues { JSONValue.string($0) }
    all["floe"] = .string(FloeVersion.current)
    return all
  }

  private func describe(_ step: Plan.Step) -> JSONValue {
    let paths = Set(plan.inputPaths)
    func shown(_ l: ParameterLiteral) -> JSONValue {
      switch l {
      case .text(let t): .string(paths.contains(t) ? (t as NSString).lastPathComponent : t)
      case .list(let items): .array(items.map(shown))
      case .map(let entries): .object(Dictionary(entries.map { ($0.key, shown($0.value)) }) { a, _ in a })
      }
    }
    return [
      "id": .string(step.id), "use": .string(step.use), "with": .object(step.inForce.mapValues(shown)),
      "in": .object(
        Dictionary(uniqueKeysWithValues: step.connections.map { ($0.key, .array($0.value.map { .string($0.text) })) })),
    ]
  }

  private func ancestry(of id: String) -> Set<String> {
    var found: Set<String> = []
    var open = [id]
    while let next = open.popLast() {
      guard found.insert(next).inserted, let step = plan.step(next) else { continue }
      open += step.connections.values.joined().map(\.step)
    }
    return found
  }
}
