import FloeIO
import FloeSDK

/// The provenance of outputs as PROV-JSON (W3C member submission of 24 April 2013,
/// https://www.w3.org/Submission/prov-json/).
///
/// Inputs, the values that steps made and outputs are entities; steps are activities; floe is the agent. Words of
/// floe's own have the prefix `floe`. There are no times, so that the same request gives the same text.
struct ProvDocument {
  private var entities: [String: JSONValue] = [:]
  private var activities: [String: JSONValue] = [:]
  private var used: [String: JSONValue] = [:]
  private var generated: [String: JSONValue] = [:]
  private var associated: [String: JSONValue] = [:]
  private var derived: [String: JSONValue] = [:]
  private static let agent = "floe:program"

  /// One document of all layers: steps that several rest on are there once.
  static func make(_ provenances: [JSONValue]) -> JSONValue {
    var document = ProvDocument()
    for provenance in provenances {
      let inputs = provenance[.inputs]?.arrayValue ?? []
      for input in inputs { document.add(input: input) }
      for step in provenance[.steps]?.arrayValue ?? [] { document.add(step: step, inputs: inputs) }
      document.add(outputOf: provenance, inputs: inputs)
    }
    return document.json(version: provenances.first?[.software]?[.floe]?.stringValue ?? "")
  }

  private mutating func add(input: JSONValue) {
    guard let name = input[.name]?.stringValue else { return }
    entities["floe:input/\(name)"] = .object(
      ["prov:label": .string(name), "floe:sha256": input[.fingerprint] ?? .null].filter { $0.value != .null })
  }

  /// A step with the values and files that it used.
  private mutating func add(step: JSONValue, inputs: [JSONValue]) {
    guard let id = step[.id]?.stringValue else { return }
    let activity = "floe:step/\(id)"
    let parameters = step[.parameters]?.objectValue ?? [:]
    var attributes: [String: JSONValue] = ["prov:label": .string(id), "prov:type": step[.use] ?? ""]
    for (name, value) in parameters { attributes["floe:\(name)"] = Self.flat(value) }
    if let key = step[.key], key != .null { attributes["floe:key"] = key }
    activities[activity] = .object(attributes)
    associated["_:by/\(id)"] = ["prov:activity": .string(activity), "prov:agent": .string(Self.agent)]
    let lists = (step[.connections]?.objectValue ?? [:]).values.flatMap { $0.arrayValue ?? [] }
    for source in lists.compactMap(\.stringValue).sorted() {
      let value = "floe:value/\(source)"
      entities[value] = ["prov:label": .string(source)]
      used["_:use/\(id)/\(source)"] = ["prov:activity": .string(activity), "prov:entity": .string(value)]
      let maker = source.prefix { $0 != "." }
      generated["_:make/\(source)"] = [
        "prov:entity": .string(value), "prov:activity": .string("floe:step/\(maker)"),
      ]
    }
    // Which file a step read follows from its parameters, which name it.
    for input in inputs {
      guard let name = input[.name]?.stringValue, parameters.values.contains(where: { Self.mentions($0, name) })
      else { continue }
      used["_:use/\(id)/\(name)"] = [
        "prov:activity": .string(activity), "prov:entity": .string("floe:input/\(name)"),
      ]
    }
  }

  /// The output's value, and the inputs that it comes from.
  private mutating func add(outputOf provenance: JSONValue, inputs: [JSONValue]) {
    guard let output = provenance[.output]?.stringValue else { return }
    let value = "floe:value/\(output)"
    let attributes: [String: JSONValue] = [
      "prov:label": .string(output), "floe:key": provenance[.key] ?? .null, "floe:seed": provenance[.seed] ?? .null,
    ]
    entities[value] = .object(attributes.filter { $0.value != .null })
    generated["_:make/\(output)"] = [
      "prov:entity": .string(value), "prov:activity": .string("floe:step/\(output.prefix { $0 != "." })"),
    ]
    for input in inputs {
      guard let name = input[.name]?.stringValue else { continue }
      derived["_:from/\(output)/\(name)"] = [
        "prov:generatedEntity": .string(value), "prov:usedEntity": .string("floe:input/\(name)"),
      ]
    }
  }

  private func json(version: String) -> JSONValue {
    [
      "prefix": ["prov": "http://www.w3.org/ns/prov#", "floe": "urn:floe:"],
      "agent": .object([
        Self.agent: ["prov:type": "prov:SoftwareAgent", "prov:label": "floe", "floe:version": .string(version)]
      ]),
      "entity": .object(entities), "activity": .object(activities), "used": .object(used),
      "wasGeneratedBy": .object(generated), "wasAssociatedWith": .object(associated),
      "wasDerivedFrom": .object(derived),
    ]
  }

  /// Attributes of PROV-JSON are texts, numbers and truths, or lists of such; what is deeper becomes a text.
  private static func flat(_ value: JSONValue) -> JSONValue {
    switch value {
    case .string, .number, .integer, .bool: value
    case .null: ""
    case .array(let all): .array(all.map(flat))
    case .object: .string((try? JSONText.encode(value)) ?? "")  // Values of parameters always encode.
    }
  }

  private static func mentions(_ value: JSONValue, _ name: String) -> Bool {
    switch value {
    case .string(let text): text == name || text.hasSuffix("/\(name)")
    case .array(let all): all.contains { mentions($0, name) }
    default: false
    }
  }
}
