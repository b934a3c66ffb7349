import FloeHost
import FloeIO
import FloeSDK
import Foundation
import Testing

@Suite(.serialized) struct ExecutorTests {
  private let folder = NSTemporaryDirectory() + "floe-\(UUID().uuidString)"

  /// The checkout, which holds the styles.
  private static let share = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  private func run(_ yaml: String, workers: Int = 2, memory: Int = 1_000_000_000) async throws -> RunReport {
    var options = RunOptions(outputFolder: folder)
    options.workers = workers
    options.memory = memory
    return try await Executor(
      plan: try Fixture.plan(yaml, output: folder), options: options, library: Fixture.library(),
      share: ResourceDirectory(folder: Self.share),
      observer: SilentObserver(), cancellation: Cancellation()
    ).run()
  }

  private func left() -> [String] {
    (FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []).sorted()
  }

  private let sound = """
    floe: 1
    steps:
      ramp: { use: test.ramp, with: { size: 16 } }
      count: { use: test.count, in: { image: ramp.image } }
    outputs:
      ramp.tif: ramp.image
      count.json: count.result
    """

  @Test func writesEverythingAndNothingElse() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }  // Left files harm no test.
    let report = try await run(sound)
    #expect(report.files.last == "run.json")
    #expect(left() == ["count.json", "ramp.qml", "ramp.tif", "run.json"])
    let count = try JSONText.decode(try VirtualFile.readText(folder + "/count.json"))
    #expect(count["count"]?.intValue == 10)
    let back = try RasterFile.open(folder + "/ramp.tif")
    #expect(
      try back.raster.read(PixelWindow(column: 3, row: 2, width: 1, height: 1)).raw(band: 0, row: 0, column: 0) == 35)
  }

  @Test func aFailingStepLeavesNothingAndNamesItself() async throws {
    await #expect(throws: FloeError("bad: the 3rd tile is spoilt")) {
      _ = try await run(
        """
        floe: 1
        steps:
          ramp: { use: test.ramp }
          bad: { use: test.fail, in: { image: ramp.image } }
        outputs: { ramp.tif: ramp.image, bad.tif: bad.out }
        """)
    }
    #expect(!FileManager.default.fileExists(atPath: folder))
  }

  @Test func bytesDoNotDependOnWorkersOrMemory() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }  // Left files harm no test.
    var seen: Set<Data> = []
    for (workers, memory) in [(1, 1_000_000_000), (2, 1_000_000_000), (2, 200_000_000)] {
      _ = try await run(sound, workers: workers, memory: memory)
      seen.insert(try Data(contentsOf: URL(fileURLWithPath: folder + "/ramp.tif")))
    }
    #expect(seen.count == 1)
  }

  @Test func aCancelledRunThrowsCancelledAndLeavesNothing() async throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    let options = RunOptions(outputFolder: folder)
    await #expect(throws: Cancelled.self) {
      _ = try await Executor(
        plan: try Fixture.plan(sound, output: folder), options: options, library: Fixture.library(),
        share: ResourceDirectory(folder: Self.share),
        observer: SilentObserver(), cancellation: cancellation
      ).run()
    }
    #expect(!FileManager.default.fileExists(atPath: folder))
  }
}
