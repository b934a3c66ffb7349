import FloeIO
import FloeSDK

/// The provenance of outputs as PROV-JSON (W3C member submission of 24 April 2013,
/// https://www.w3.org/Submission/prov-json/).
///
/// Inputs, the values that steps made and outputs are entities; steps are activities; floe is the agent. Words of
/// floe's
/// own have the prefix `floe`. There are no times, so that the same request gives the same text.
enum ProvDocument {
  /// One document of all layers: steps that several rest on are there once.
  static func make(_ provenances: [JSONValue]) -> JSONValue {
    var entities: [String: JSONValue] = [:]
    var activities: [String: JSONValue] = [:]
    var used: [String: JSONValue] = [:]
    var generated: [String: JSONValue] = [:]
    var associated: [String: JSONValue] = [:]
    var derived: [String: JSONValue] = [:]
    let version = provenances.first?[.software]?[.floe]?.stringValue ?? ""
    let agent = "floe:program"
    for provenance in provenances {
      let inputs = provenance[.inputs]?.arrayValue ?? []
      for input in inputs {
        guard let name = input[.name]?.stringValue else { continue }
        entities["floe:input/\(name)"] = .object(
          ["prov:label": .string(name), "floe:sha256": input[.fingerprint] ?? .null].filter { $0.value != .null })
      }
      for step in provenance[.steps]?.arrayValue ?? [] {
        guard let id = step[.id]?.stringValue else { continue }
        let activity = "floe:step/\(id)"
        var attributes: [String: JSONValue] = ["prov:label": .string(id), "prov:type": step[.use] ?? ""]
        for (name, value) in step[.parameters]?.objectValue ?? [:] { attributes["floe:\(name)"] = flat(value) }
        if let key = step[.key], key != .null { attributes["floe:key"] = key }
        activities[activity] = .object(attributes)
        associated["_:by/\(id)"] = ["prov:activity": .string(activity), "prov:agent": .string(agent)]
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
          guard let name = input[.name]?.stringValue,
            (step[.parameters]?.objectValue ?? [:]).values.contains(where: { mentions($0, name) })
          else { continue }
          used["_:use/\(id)/\(name)"] = [
            "prov:activity": .string(activity), "prov:entity": .string("floe:input/\(name)"),
          ]
        }
      }
      guard let output = provenance[.output]?.stringValue else { continue }
      let value = "floe:value/\(output)"
      entities[value] = .object(
        [
          "prov:label": .string(output), "floe:key": provenance[.key] ?? .null,
          "floe:seed": provenance[.seed] ?? .null,
        ]
        .filter { $0.value != .null })
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
    return [
      "prefix": ["prov": "http://www.w3.org/ns/prov#", "floe": "urn:floe:"],
      "agent": .object([
        agent: ["prov:type": "prov:SoftwareAgent", "prov:label": "floe", "floe:version": .string(version)]
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
