import FloeHost
import FloeIO
import FloeSDK

/// Manifests of steps and output formats, and folders that hold them or whole runs.
extension DocumentView {
  /// A manifest; nil for another file.
  static func manifest(_ path: String) throws -> DocumentView? {
    guard let manifest = try ManifestFile.read(path) else { return nil }
    switch manifest {
    case .step(let step): return DocumentView(kind: "manifest of a step", facts: facts(step), body: .null)
    case .writer(let writer):
      return DocumentView(kind: "manifest of an output format", facts: facts(writer), body: .null)
    }
  }

  private static func facts(_ step: StepDeclaration) -> Facts {
    func kinds(_ port: PortInfo) -> String { port.kinds.map(\.rawValue).joined(separator: " or ") }
    var facts: Facts = [("step", step.name), ("summary", step.summary)]
    for input in step.inputs {
      facts.append(("input \(input.name)", kinds(input) + (input.isRequired ? "" : ", may be left out")))
    }
    for parameter in step.parameters {
      facts.append(("parameter \(parameter.name)", parameter.type + (parameter.isRequired ? "" : ", may be left out")))
    }
    for output in step.outputs { facts.append(("output \(output.name)", kinds(output))) }
    return facts
  }

  private static func facts(_ writer: WriterDeclaration) -> Facts {
    [
      ("format", writer.name), ("summary", writer.summary), ("endings", writer.suffixes.joined(separator: ", ")),
      ("holds", writer.kinds.map(\.rawValue).joined(separator: ", ")),
    ]
  }

  /// A folder with manifests; nil for another.
  static func manifests(_ path: String, _ names: [String]) throws -> DocumentView? {
    let own = names.filter { ManifestFile.isManifest($0) }.sorted()
    guard !own.isEmpty else { return nil }
    var found: Facts = []
    for name in own {
      found.append(("manifest", name))
      found += try manifest("\(path)/\(name)")?.facts ?? []
    }
    found.append(("found by", "floe plugins --plugin-path \(path)"))
    return DocumentView(kind: "folder of a step's manifest", facts: found, body: .null)
  }

  /// A folder of several runs, each in a folder of its own, as `floe demo` makes it; nil for another.
  static func runs(_ path: String, _ names: [String]) throws -> DocumentView? {
    var found: Facts = []
    for name in names.sorted() {
      let record = "\(path)/\(name)/run.json"
      // What is no record of a run is no run.
      guard VirtualFile.exists(record),
        let value = try? JSONText.decode(try VirtualFile.readText(record), name: record),
        value[.floe] != nil, value[.outputs] != nil
      else { continue }
      let title = value[.title]?.stringValue ?? ""
      found.append((name, title.isEmpty ? value[.pipeline]?.stringValue ?? "a run" : title))
    }
    guard !found.isEmpty else { return nil }
    found.insert(("runs", "\(found.count); `floe info \(path)/\(found[0].name)` describes one"), at: 0)
    return DocumentView(kind: "folder of runs", facts: found, body: .null)
  }
}
