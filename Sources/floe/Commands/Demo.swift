import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK
import Foundation

struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes officially shaped products of a known scene and runs the main job on them.",
    discussion: """
      The products go to DIR/products, the results to DIR/results; the scene comes from the seed alone.
      With --world winter the scene is about as hard as a real one, and DIR/scores tells what share of its leads of \
      each width was found.

      EXAMPLE
        floe demo /tmp/floe-demo
        floe demo /tmp/floe-demo --size 10980 --seed 7
        floe demo /tmp/floe-winter --world winter --size 3960
      """)
  @Argument(help: "The folder for products and results.", completion: .directory)
  var folder: String
  @Option(help: "Pixels of 10 m along each side of the scene, 240 to 10980, a multiple of 60.")
  var size = 1980
  @Option(help: "The number from which the scene follows. Seeds that end in 0 give a scene without any lead.")
  var seed: UInt64 = 1
  @Option(help: "The scene: simple has strong contrasts, winter is about as hard as a real one.")
  var world = DemoWorld.simple
  @Flag(help: "Make the products and stop.")
  var productsOnly = false
  @Option(help: "Threads that compute.")
  var workers: Int?
  @Option(help: "The cap on resident memory, for example 512MB.")
  var memory: String?
  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false
  @Flag(help: "Print JSON: the runs with their folders, outputs and times.")
  var json = false
  @OptionGroup var plugins: PluginOptions

  func run() async throws {
    let isSilent = quiet || json
    let share = try PluginOptions.share()
    let root = try LocalPlace.folder(folder, "the folder")
    func session(_ output: String) throws -> Session {
      var words = ["-o", output]
      if let workers { words += ["--workers", "\(workers)"] }
      if let memory { words += ["--memory", memory] }
      if isSilent { words.append("--quiet") }
      return Session(execution: try ExecutionOptions.parse(words), plugins: plugins)
    }
    // The demonstration is two pipelines like anyone's: which steps make the products is written in the examples.
    let settings = ["folder": "\(root)/products", "size": "\(size)", "seed": "\(seed)"]
    let isNew = !FileManager.default.fileExists(atPath: root)
    try Folder.make(root)
    let made: RunReport
    do {
      made = try await session("\(root)/products").run(
        try PipelineReader.read(share.example(world.products)), settings: settings)
    } catch {
      // A request that is refused leaves nothing behind; only empty folders go.
      if isNew { for folder in ["\(root)/products", root] { rmdir(folder) } }
      throw error
    }
    var runs: [(folder: String, report: RunReport)] = [(folder: "products", report: made)]
    if productsOnly {
      if json { try tell(runs, root) }
      return
    }
    guard let products = try DemoProducts(record: made.record) else {
      throw FloeError("the demonstration's first pipeline did not tell where its products are")
    }
    for (folder, example) in [
      ("results", "ice-lead.yaml"), ("radar", "altimetry.yaml"), ("story", "ice-lead-colocated.yaml"),
      ("truth", "demo/truth.yaml"),
    ] + world.scores {
      if !isSilent { print("\n--- \(example) -> \(folder)") }
      let read = try PipelineReader.read(share.example(example))
      let known = products.settings(root: root).filter { read.pipeline.inputs[$0.key] != nil }
      let report = try await session("\(root)/\(folder)").run(read, settings: known)
      runs.append((folder: folder, report: report))
    }
    if json { return try tell(runs, root) }
    if !quiet {
      print(try VirtualFile.readText("\(root)/truth/score.txt"))
      if VirtualFile.exists("\(root)/story/report.html") {
        print("The whole run: optical, radar, and both compared: \(root)/story/report.html")
      }
    }
  }

  /// Prints what was run, for programs.
  private func tell(_ runs: [(folder: String, report: RunReport)], _ root: String) throws {
    let all = runs.map { run -> JSONValue in
      let record = run.report.record
      return [
        "folder": .string("\(root)/\(run.folder)"), "pipeline": record[.pipeline] ?? .null,
        "outputs": .array((record[.outputs]?.arrayValue ?? []).compactMap { $0["name"] }),
        "seconds": record[.seconds] ?? .null, "peak_memory_bytes": record[.peakMemory] ?? .null,
      ]
    }
    let content: JSONValue = [
      "folder": .string(root), "world": .string(world.rawValue), "size": .integer(size), "seed": .string("\(seed)"),
      "runs": .array(all),
    ]
    Terminal.json(try JSONText.encode(content, pretty: true))
  }
}

/// The worlds of the demonstration.
enum DemoWorld: String, ExpressibleByArgument, CaseIterable {
  case simple, winter

  /// The pipeline that makes the products.
  var products: String { self == .simple ? "demo/products.yaml" : "demo/winter.yaml" }
  /// Pipelines, with their folders, that score what was found.
  var scores: [(String, String)] { self == .simple ? [] : [("scores", "demo/winter-scores.yaml")] }
}

/// What the pipeline that makes products recorded: the inputs of the pipelines that use them.
struct DemoProducts {
  private let given: [String: String]

  /// Reads the facts `settings` and `truth` of the steps that recorded them; nil when none did.
  init?(record: JSONValue) throws {
    var given: [String: String] = [:]
    for facts in (record[.results]?.objectValue ?? [:]).values {
      for (key, value) in facts[.settings]?.objectValue ?? [:] { given[key] = value.stringValue }
      if let truth = facts[.truth]?.stringValue { given["truth"] = truth }
    }
    if given.isEmpty { return nil }
    self.given = given
  }

  /// Values for `--set`, the class raster of the main pipeline and the table of surfaces among them.
  func settings(root: String) -> [String: String] {
    given.merging(["result": root + "/results/ice-lead.tif", "surfaces": root + "/products/surfaces.csv"]) { own, _ in
      own
    }
  }
}
