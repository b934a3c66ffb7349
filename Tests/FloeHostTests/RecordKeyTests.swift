import FloeHost
import FloeIO
import FloeSDK
import Foundation
import Testing

/// The typed keys of `run.json` against a record as a run writes it, and against the published schema.
@Suite(.serialized) struct RecordKeyTests {
  /// The checkout, which holds the schema and the styles.
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// What stands at the top of every record; `network`, `earlier_files`, `until` and `keep` are there in some.
  private let top: [RecordKey] = [
    .floe, .pipeline, .title, .pipelineText, .pipelineParts, .pipelineFolder, .workingFolder, .started, .ended,
    .seconds, .host, .workers, .memoryLimit, .peakMemory, .seed, .libraries, .inputs, .fingerprints, .steps, .timings,
    .results, .leftOut, .warnings, .outputs, .withoutKey, .files, .settings, .estimate, .plugins, .program, .styles,
    .kit,
  ]
  /// The same as programs that read records know it.
  private let texts = """
    floe pipeline title pipeline_text pipeline_parts pipeline_folder working_folder started ended seconds host workers
    memory_limit_bytes peak_memory_bytes seed libraries inputs fingerprints steps timings results left_out warnings
    outputs without_key files settings estimate plugins program styles kit
    """

  private func names(_ keys: [RecordKey]) -> Set<String> { Set(keys.map(\.rawValue)) }
  private func members(_ value: JSONValue?) -> Set<String> { Set((value?.objectValue ?? [:]).keys) }

  @Test func aRecordHasTheKeysOfTheVocabularyAndNoOthers() async throws {
    let folder = NSTemporaryDirectory() + "floe-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }  // Left files harm no test.
    let yaml = """
      floe: 1
      steps:
        ramp: { use: test.ramp, with: { size: 16 } }
        count: { use: test.count, in: { image: ramp.image } }
      outputs: { count.json: count.result }
      """
    _ = try await Executor(
      plan: try Fixture.plan(yaml, output: folder), options: RunOptions(outputFolder: folder),
      library: Fixture.library(), share: ResourceDirectory(folder: Self.root), observer: SilentObserver(),
      cancellation: Cancellation()
    ).run()
    let record = try JSONText.decode(try VirtualFile.readText(folder + "/run.json"))
    let known = Set(texts.split { $0 == " " || $0 == "\n" }.map(String.init))
    #expect(names(top) == known)
    let some = names([.network, .earlierFiles, .until, .keep])
    #expect(members(record).subtracting(some) == known)

    let steps = record[.steps]?.arrayValue ?? []
    #expect(steps.count == 2)
    for step in steps {
      #expect(members(step) == names([.id, .use, .parameters, .connections, .plugin, .key]))
    }
    let outputs = record[.outputs]?.arrayValue ?? []
    #expect(outputs.count == 1)
    for output in outputs { #expect(members(output) == names([.name, .kind, .key])) }
    let document = try JSONText.decode(try VirtualFile.readText(folder + "/count.json"))
    let origin: [RecordKey] = [.software, .title, .output, .key, .seed, .inputs, .steps, .leftOut]
    #expect(members(document[.provenance]) == names(origin))
  }

  @Test func theSchemaNamesTheSameKeys() throws {
    let schema = try JSONText.decode(try VirtualFile.readText(Self.root + "/docs/run.schema.json"))
    let properties = schema["properties"]
    #expect(members(properties) == names([.title, .seed, .steps, .results, .leftOut, .warnings, .until, .keep]))
    let step = properties?[.steps]?["items"]?["properties"]
    #expect(members(step) == names([.id, .use, .parameters, .parameterTexts, .connections]))
    let entry = properties?[.leftOut]?["items"]?["properties"]
    #expect(members(entry) == names([.step, .count, .unit, .reason]))
  }
}
