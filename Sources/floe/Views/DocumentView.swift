import FloeHost
import FloeIO
import FloeSDK
import Foundation
import OrderedCollections

/// What floe writes beside rasters and tables: models, run records, STAC items, scores, QGIS projects; and pipelines.
/// Folders, pages and what runs and batches keep are in `KeptViews.swift`.
struct DocumentView: InfoView {
  let kind: String
  let facts: Facts
  let body: JSONValue

  init(kind: String, facts: Facts, body: JSONValue) { (self.kind, self.facts, self.body) = (kind, facts, body) }

  /// Nil for a file that is none of these.
  init?(path: String) throws {
    switch (path as NSString).pathExtension.lowercased() {
    case "json":
      let value = try JSONText.decode(try VirtualFile.readText(path), name: path)
      // GeoJSON is a table.
      if let type = value["type"]?.stringValue, value["stac_version"] == nil,
        value["features"] ?? value["geometry"] ?? value["coordinates"] != nil,
        [
          "Feature", "FeatureCollection", "GeometryCollection", "Point", "LineString", "Polygon", "MultiPoint",
          "MultiLineString", "MultiPolygon",
        ]
        .contains(type)
      {
        return nil
      }
      (kind, facts) = Self.describe(value)
      body = value
    case "yaml", "yml":
      if let found = try Self.manifest(path) {
        (kind, facts, body) = (found.kind, found.facts, found.body)
        return
      }
      let read = try PipelineReader.read(path)
      if let first = read.problems.first { throw RequestRefused([first] + read.problems.dropFirst()) }
      (kind, facts, body) = ("pipeline", Self.pipeline(read.pipeline), .null)
    case "qgz":
      let archive = VirtualFile.zip(path)
      guard let name = try VirtualFile.list(archive).first(where: { $0.hasSuffix(".qgs") }) else {
        throw FloeError("'\(path)' holds no project (.qgs)")
      }
      let text = try VirtualFile.readText(archive + "/" + name)
      (kind, facts, body) = ("QGIS project", Self.project(text), .null)
    default:
      guard let found = try Self.kept(path) else { return nil }
      (kind, facts, body) = (found.kind, found.facts, found.body)
    }
  }

  var text: String { Terminal.table([["kind", kind]] + facts.map { [$0.name, $0.text] }, indent: "") }

  func json() throws -> String {
    var out: [String: JSONValue] = [
      "kind": .string(kind),
      "facts": .array(facts.map { ["name": .string($0.name), "text": .string($0.text)] }),
    ]
    if body != .null { out["content"] = body }
    return try JSONText.encode(.object(out), pretty: true)
  }

  typealias Facts = [(name: String, text: String)]

  private static func describe(_ value: JSONValue) -> (String, Facts) {
    if value["stac_version"] != nil { return ("STAC \(value["type"]?.stringValue ?? "item")", stac(value)) }
    if let kind = value["kind"]?.stringValue, value["features"] != nil { return ("model", model(kind, value)) }
    if value[.lock] != nil { return ("lock", lock(value)) }
    if value[.floe] != nil, value[.outputs] != nil, value[.results] != nil { return ("record of a run", run(value)) }
    var facts: Facts = []
    if value[.confusionMatrix] != nil {
      for key in [RecordKey.reference, .predicted] {
        if let text = value[key]?.stringValue { facts.append((key.rawValue, text)) }
      }
      if let n = value[.evaluated]?.intValue { facts.append(("pairs evaluated", "\(n)")) }
      for key in [RecordKey.accuracy, .kappa] {
        if let v = value[key]?.doubleValue { facts.append((key.rawValue, String(format: "%.3f", v))) }
      }
      return ("comparison", facts + provenance(value))
    }
    if let members = value.objectValue {
      facts.append(
        ("entries", members.keys.filter { $0 != RecordKey.provenance.rawValue }.sorted().joined(separator: ", ")))
    }
    return ("document", facts + provenance(value))
  }

  /// By what and from what it was made.
  private static func provenance(_ value: JSONValue) -> Facts {
    guard let p = value[.provenance] else { return [] }
    var facts: Facts = []
    if let title = p[.title]?.stringValue, !title.isEmpty { facts.append(("title", title)) }
    let steps = (p[.steps]?.arrayValue ?? []).compactMap { $0[.use]?.stringValue }
    if !steps.isEmpty { facts.append(("made by", steps.joined(separator: " -> "))) }
    for input in p[.inputs]?.arrayValue ?? [] {
      if let name = input[.name]?.stringValue { facts.append(("from", name)) }
    }
    if let version = p[.software]?[.floe]?.stringValue { facts.append(("floe", version)) }
    return facts
  }

  private static func model(_ kind: String, _ value: JSONValue) -> Facts {
    var facts: Facts = [("model", kind)]
    let features = value["features"]?.arrayValue ?? []
    facts.append(
      (
        "features",
        features.map { "\($0["name"]?.stringValue ?? $0.stringValue ?? "?") (\($0["unit"]?.stringValue ?? "1"))" }
          .joined(separator: ", ")
      ))
    if let clusters = value["clusters"]?.arrayValue { facts.append(("clusters", "\(clusters.count)")) }
    if let n = value["figures"]?["trained_on"]?.intValue { facts.append(("trained on", "\(n) samples")) }
    return facts + provenance(value)
  }

  static func run(_ value: JSONValue) -> Facts {
    var facts: Facts = []
    for key in [RecordKey.title, .pipeline, .started, .floe, .seed] {
      if let text = value[key]?.stringValue, !text.isEmpty { facts.append((key.rawValue, text)) }
    }
    if let seconds = value[.seconds]?.doubleValue { facts.append(("took", String(format: "%.1f s", seconds))) }
    for input in value[.fingerprints]?.arrayValue ?? [] {
      if let name = input[.name]?.stringValue { facts.append(("from", name)) }
    }
    for output in value[.outputs]?.arrayValue ?? [] {
      facts.append(("output", "\(output[.name]?.stringValue ?? "?") (\(output[.kind]?.stringValue ?? "?"))"))
    }
    for left in value[.leftOut]?.arrayValue ?? [] {
      let n = left[.count]?.intValue.map { "\($0) " } ?? ""
      let what = n + (left[.unit]?.stringValue ?? "")
      let reason = left[.reason]?.stringValue ?? ""
      facts.append(("left out", "\(left[.step]?.stringValue ?? ""): \(what), \(reason)"))
    }
    if let warnings = value[.warnings]?.arrayValue, !warnings.isEmpty {
      facts.append(("warnings", "\(warnings.count)"))
    }
    return facts
  }

  private static func stac(_ value: JSONValue) -> Facts {
    var facts: Facts = []
    if let id = value["id"]?.stringValue { facts.append(("id", id)) }
    let properties = value["properties"]
    if let time = properties?["datetime"]?.stringValue { facts.append(("time", time)) }
    if let crs = properties?["proj:code"]?.stringValue { facts.append(("reference system", crs)) }
    if let box = value["bbox"]?.arrayValue?.compactMap(\.doubleValue), box.count >= 4 {
      facts.append(
        ("extent", box.map { String(format: "%.3f", $0) }.joined(separator: " ") + " (west south east north)"))
    }
    for (name, asset) in (value["assets"]?.objectValue ?? [:]).sorted(by: { $0.key < $1.key }) {
      facts.append(("asset \(name)", asset["href"]?.stringValue ?? "?"))
    }
    return facts
  }

  private static func pipeline(_ pipeline: Pipeline) -> Facts {
    var facts: Facts = []
    if !pipeline.title.isEmpty { facts.append(("title", pipeline.title)) }
    for (name, input) in pipeline.inputs {
      let may = input.isOptional || input.defaultValue != nil ? ", may be left out" : ""
      facts.append(("input \(name)", "\(input.type)\(may)\(input.help.isEmpty ? "" : ": \(input.help)")"))
    }
    for (name, step) in pipeline.steps { facts.append(("step \(name)", step.use)) }
    for output in pipeline.outputs {
      facts.append(("output", output.name))
    }
    return facts
  }

  /// Titles and sources of a project's layers, as its text has them.
  private static func project(_ text: String) -> Facts {
    func values(_ tag: String, in text: Substring) -> [String] {
      text.split(separator: "<\(tag)>").dropFirst().compactMap { part in
        part.firstRange(of: "</\(tag)>").map { String(part[..<$0.lowerBound]) }
      }
    }
    var facts: Facts = []
    for layer in text.split(separator: "<maplayer").dropFirst() {
      if let name = values("layername", in: layer).first, let source = values("datasource", in: layer).first {
        facts.append(("layer \(name)", source))
      }
    }
    return facts
  }
}
