import FloeHost
import FloeIO
import FloeSDK
import Foundation
import Testing

/// A format that no file of the host knows: rows of numbers as text.
struct RowsOutput: OutputWriter {
  static let name = "rows"
  static let summary = "Rows of numbers."
  static let suffixes = ["rows"]
  static let kinds: [PortKind] = [.raster]
  @Param("What stands between numbers") var separator = " "
  @Param("Rows at most", in: 1...100) var rows = 2
  func sidecars(of file: String) -> [String] { [file + ".source"] }
  func refusal(of data: PortData) -> String? {
    if case .raster(let r) = data, r.spec.grid.width > 100 { "its rows are longer than 100 numbers" } else { nil }
  }
  func write(_ layers: [OutputLayer], to path: String, in context: WriteContext) async throws {
    guard case .raster(let raster)? = layers.first?.data else { throw FloeError("no raster") }
    let block = try raster.read(PixelWindow(column: 0, row: 0, width: raster.spec.grid.width, height: rows))
    let text = (0..<rows).map { row in
      (0..<block.window.width).map { "\(Int(block.raw(band: 0, row: row, column: $0)))" }.joined(separator: separator)
    }
    try VirtualFile.write(text.joined(separator: "\n"), to: path)
    try VirtualFile.write(layers.map(\.source).joined(), to: path + ".source")
  }
}

/// A format that is a folder, one file a column.
struct ColumnsOutput: OutputWriter {
  static let name = "columns"
  static let summary = "A file for each column of pixels."
  static let suffixes = ["columns"]
  static let kinds: [PortKind] = [.raster]
  static let isFolder = true
  func refusal(toReplace path: String) -> String? {
    VirtualFile.exists(path + "/0") ? nil : "\(path) holds no columns"
  }
  func write(_ layers: [OutputLayer], to path: String, in context: WriteContext) async throws {
    guard case .raster(let raster)? = layers.first?.data else { throw FloeError("no raster") }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    for column in 0..<raster.spec.grid.width { try VirtualFile.write("\(column)", to: "\(path)/\(column)") }
  }
}

@Suite(.serialized) struct WriterTests {
  private let folder = NSTemporaryDirectory() + "floe-\(UUID().uuidString)"

  private var library: StepLibrary {
    let registry = PluginRegistry()
    registry.add(RampStep.self)
    registry.add(writer: RowsOutput.self)
    registry.add(writer: ColumnsOutput.self)
    return StepLibrary(linked: registry)
  }

  private func plan(_ outputs: String, size: Int) throws -> Plan {
    let yaml = "floe: 1\nsteps:\n  ramp: { use: test.ramp, with: { size: \(size) } }\noutputs:\n\(outputs)\n"
    return try Planner.plan(
      try PipelineReader.parse(yaml, file: "p.yaml", folder: "/tmp"), settings: [:], outputFolder: folder,
      library: library)
  }

  private func run(_ outputs: String, size: Int = 4) async throws {
    let share = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    _ = try await Executor(
      plan: try plan(outputs, size: size), options: RunOptions(outputFolder: folder), library: library,
      share: ResourceDirectory(folder: share), observer: SilentObserver(), cancellation: Cancellation()
    ).run()
  }

  private func problem(_ outputs: String, size: Int = 4) -> String {
    do {
      _ = try plan(outputs, size: size)
      return ""
    } catch let refused as RequestRefused {
      return refused.problems.map(\.description).joined(separator: "\n")
    } catch {
      return "\(error)"
    }
  }

  @Test func aPluginsFormatIsWritten() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }  // What is left behind is no failure of the writer.
    try await run("  a.rows: ramp.image\n  b.rows: { from: ramp.image, with: { separator: '/', rows: 1 } }")
    #expect(try VirtualFile.readText(folder + "/a.rows") == "0 1 2 3\n4 5 6 7")
    #expect(try VirtualFile.readText(folder + "/b.rows") == "0/1/2/3")
    #expect(try VirtualFile.readText(folder + "/b.rows.source") == "ramp.image")
  }

  @Test func aFolderTakesThePlaceOfAnOlderOne() async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }  // What is left behind is no failure of the writer.
    try await run("  a.columns: ramp.image", size: 6)
    try await run("  a.columns: ramp.image", size: 3)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder + "/a.columns")
    #expect(files.sorted() == ["0", "1", "2"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["a.columns", "run.json"])
  }

  @Test func requestsAreRefusedWithAReason() throws {
    #expect(problem("  a.tif: ramp.image").contains("endings are .rows, .columns"))
    #expect(problem("  a.rows: ramp.image", size: 101).contains("its rows are longer than 100 numbers"))
    #expect(problem("  a.rows: { from: ramp.image, with: { rows: 0 } }").contains("between 1 and 100"))
    #expect(problem("  a.rows: { from: ramp.image, with: { line: 0 } }").contains("it has separator, rows"))
    #expect(problem("  a.rows: { with: { rows: 1 } }").contains("give 'from: step.port'"))
    #expect(problem("  a.rows: { x: ramp.image }").contains("not a map of layers"))
    #expect(problem("  a.columns: ramp.image\n  a.columns/0: ramp.image").contains("cannot lie in"))
    #expect(problem("  a.rows: ramp.image\n  a.rows.source: ramp.image").contains("written beside"))
  }

  @Test func declarationsAreChecked() {
    let wrong = WriterDeclaration(name: "a b", summary: "", suffixes: [".Tif"], kinds: [])
    #expect(wrong.inconsistencies().count == 4)
    #expect(SwiftWriterFactory(RowsOutput.self).declaration.inconsistencies().isEmpty)
  }
}
