import ArgumentParser
import FloeHost
import FloeSDK
import Foundation

struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes officially shaped products of a known scene and runs the main job on them.",
    discussion: """
      The products go to DIR/products, the results to DIR/results; the scene comes from the seed alone.

      EXAMPLE
        floe demo /tmp/floe-demo
        floe demo /tmp/floe-demo --size 10980 --seed 7
      """)
  @Argument(help: "The folder for products and results.", completion: .directory)
  var folder: String
  @Option(help: "Pixels of 10 m along each side of the scene, 240 to 10980, a multiple of 60.")
  var size = 1980
  @Option(help: "The number from which the scene follows. Seeds that end in 0 give a scene without any lead.")
  var seed: UInt64 = 1
  @Flag(help: "Make the products and stop.")
  var productsOnly = false
  @Option(help: "Threads that compute.")
  var workers: Int?
  @Option(help: "The cap on resident memory, for example 512MB.")
  var memory: String?
  @Flag(help: "Print nothing but errors.")
  var quiet = false
  @OptionGroup var plugins: PluginOptions

  func run() async throws {
    let share = try PluginOptions.share()
    let root = URL(fileURLWithPath: folder).standardizedFileURL.path
    func session(_ output: String) throws -> Session {
      var words = ["-o", output]
      if let workers { words += ["--workers", "\(workers)"] }
      if let memory { words += ["--memory", memory] }
      if quiet { words.append("--quiet") }
      return Session(execution: try ExecutionOptions.parse(words), plugins: plugins)
    }
    // The demonstration is two pipelines like anyone's: which steps make the products is written in the examples.
    let settings = ["folder": "\(root)/products", "size": "\(size)", "seed": "\(seed)"]
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    let made = try await session("\(root)/products").run(try PipelineReader.read(share.example("demo/products.yaml")), settings: settings)
    if productsOnly { return }
    guard let products = try DemoProducts(record: made.record) else { throw FloeError("the demonstration's first pipeline did not tell where its products are") }
    try await session("\(root)/results").run(try PipelineReader.read(share.example("ice-lead.yaml")), settings: products.settings)
    try await session("\(root)/truth").run(try PipelineReader.read(share.example("demo/truth.yaml")), settings: products.truthSettings(results: "\(root)/results"))
  }
}

/// What the pipeline that makes products told: the inputs of the pipelines that use them.
struct DemoProducts {
  /// Values for `--set` of the main pipeline.
  let settings: [String: String]
  private let truth: String?

  /// Reads the facts `settings` and `truth` of whichever step recorded them; nil when none did.
  init?(record: JSONValue) throws {
    let facts = (record["results"]?.objectValue ?? [:]).values
    guard let found = facts.compactMap({ $0["settings"]?.objectValue }).first else { return nil }
    settings = found.compactMapValues(\.stringValue)
    truth = facts.compactMap { $0["truth"]?.stringValue }.first
  }

  /// Values for `--set` of the pipeline that scores the results.
  func truthSettings(results: String) -> [String: String] {
    var all = ["result": results + "/ice-lead.tif"]
    all["truth"] = truth
    return all
  }
}
