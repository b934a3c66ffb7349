import FloeIO
import FloeSDK
import Foundation

/// What `run.json` holds about a run: the request, what it came from, what was left out, and how long it took.
struct RunRecord {
  let provenance: Provenance
  let options: RunOptions
  /// Threads that share the work.
  let workers: Int
  let began: Date

  /// The record as far as the run has come; URLs in it, those of the pipeline's text too, are without what they hide.
  func json(outputs: [WrittenOutput], timings: [JSONValue]) -> JSONValue {
    let plan = provenance.plan
    let journal = provenance.journal
    let format = ISO8601DateFormatter()
    let ofPlan = plan.warnings.map { JSONValue(keyed: [.step: "", .message: .string($0.description)]) }
    let written = outputs.map { output in
      JSONValue(keyed: [
        .name: .string(output.name), .kind: .string(output.kind.rawValue),
        .key: JSONValue(provenance.keys.outputs[output.name]),
      ])
    }
    let record = JSONValue(keyed: [
      .floe: .string(FloeVersion.current),
      .pipeline: .string(plan.pipeline.file), .title: .string(plan.pipeline.title),
      .pipelineText: .string(plan.pipeline.text),
      .pipelineParts: .object(plan.pipeline.parts.mapValues { .string($0) }),
      .started: .string(format.string(from: began)), .ended: .string(format.string(from: Date())),
      .seconds: .number(Self.rounded(Date().timeIntervalSince(began))),
      .host: .string(ProcessInfo.processInfo.hostName), .workers: .integer(workers),
      .memoryLimit: .integer(options.memory), .peakMemory: .integer(SystemResources.peakMemory),
      .seed: .string(String(provenance.seed)), .libraries: .object(LibraryVersions.all().mapValues { .string($0) }),
      .inputs: .array(plan.inputPaths.map { .string(RemotePath.shown($0)) }), .fingerprints: provenance.fingerprints,
      .steps: provenance.steps,
      .timings: .array(timings), .results: .object(journal.facts.mapValues { .object($0) }),
      .leftOut: journal.droppedJSON,
      .warnings: .array(ofPlan + (journal.warningsJSON.arrayValue ?? [])),
      .outputs: .array(written),
      .withoutKey: .object(provenance.keys.reasons.mapValues { .string($0) }),
    ])
    return RemotePath.redacted(record)
  }

  /// A record with what a later call needs to tell whether it would make the same: files with their digests (and those
  /// of earlier single steps that stay), settings, and what floe, plugins and styles were.
  func closed(
    _ record: JSONValue, files: [FolderRecord.Written], kept: [FolderRecord.Written], surroundings: RunSurroundings,
    estimate: RunHistory.Estimate
  ) -> JSONValue {
    guard case .object(var members) = record else { return record }
    members[.files] = Self.list(files)
    let network = NetworkTraffic.total
    if network.requests > 0 {
      members[.network] = JSONValue(keyed: [
        .bytes: .integer(network.bytes), .requests: .integer(network.requests),
      ])
    }
    members[.settings] = .object(provenance.plan.settings.mapValues { .string($0) })
    if !options.part.until.isEmpty { members[.until] = .array(options.part.until.map { .string($0) }) }
    if !options.part.keep.isEmpty { members[.keep] = .array(options.part.keep.map { .string($0) }) }
    members[.estimate] = estimate.json
    members[.pipelineFolder] = .string(provenance.plan.pipeline.folder)
    members[.workingFolder] = .string(FileManager.default.currentDirectoryPath)
    members.merge(surroundings.members) { _, new in new }
    if !kept.isEmpty { members[.earlierFiles] = Self.list(kept) }
    return RemotePath.redacted(JSONValue.object(members))
  }

  private static func list(_ files: [FolderRecord.Written]) -> JSONValue {
    .array(
      files.map { file in
        JSONValue(keyed: [
          .name: .string(file.name), .bytes: file.bytes.map { .integer($0) } ?? .null, .sha256: JSONValue(file.sha256),
        ])
      })
  }

  /// Seconds as records have them, to the millisecond.
  static func rounded(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }
}
