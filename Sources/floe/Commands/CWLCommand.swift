import ArgumentParser
import FloeHost
import FloeSDK
import Foundation

struct CWLCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cwl",
    abstract: "Writes a pipeline as an OGC Application Package, for clusters and platforms.",
    discussion: """
      The package is one CWL v1.2 document (OGC 20-089r1) with the pipeline inside. It takes many products, runs \
      them in chunks and gathers the results; cwltool, Toil, Calrissian and platforms of the EOEPCA kind run it. \
      With an example product (--set) the resources that a job asks for are estimated as `floe check` does.

      EXAMPLE
        floe cwl examples/ice-lead.yaml --set scene=S2A_MSIL1C_....SAFE \\
          --image floe:0.1.0 > ice-lead.cwl
      """)
  @Argument(help: "The pipeline, a YAML file.", completion: .file(extensions: ["yaml", "yml"]))
  var pipeline: String
  @Option(help: "The path input that is given many products; the only one that must be set by default.")
  var over: String?
  @Option(help: "The container image that holds floe.")
  var image = "floe:\(FloeVersion.current)"
  @Option(help: "How many products one job works on, unless the package's user says otherwise.")
  var chunk = 25
  @Option(help: "Who wrote the pipeline: 'Given Family <mail@institute.org> (Institute)'.")
  var author: String?
  @Flag(help: "Products are files, such as .zip and .nc, and not folders.")
  var files = false
  @Flag(help: "The image is only a hint, for clusters where floe is installed and jobs run without a container.")
  var withoutContainer = false
  @OptionGroup var settings: SettingOptions
  @OptionGroup var plugins: PluginOptions

  func run() async throws {
    guard (1...100_000).contains(chunk) else { throw refuse("--chunk must be between 1 and 100000, not \(chunk)") }
    guard !image.isEmpty, !image.contains(where: { $0.isWhitespace || $0 == "$" }) else {
      throw refuse("--image must be the name of a container image, such as floe:0.1.0, not '\(image)'")
    }
    let read = try PipelineFile.read(pipeline)
    guard read.problems.isEmpty else { throw RequestRefused(read.problems) }
    var resources = ApplicationPackage.Resources.usual
    let values = try settings.dictionary()
    if !values.isEmpty {
      let plan = try Planner.plan(read, settings: values, outputFolder: ".", library: await plugins.library())
      resources = .init(plan: plan, memoryLimit: RunOptions(outputFolder: ".").memory)
    }
    let package = try ApplicationPackage(
      pipeline: read.pipeline, over: over, image: image, resources: resources,
      author: try author.map(ApplicationPackage.Author.init), created: Self.today, chunk: chunk, takesFiles: files,
      needsContainer: !withoutContainer)
    if author == nil {
      Terminal.error("note: the package names no author; platforms that ask for one need --author")
    }
    print(try package.yaml(), terminator: "")
  }

  /// The day, UTC; `SOURCE_DATE_EPOCH` makes packages that can be made again.
  private static var today: String {
    let epoch = ProcessInfo.processInfo.environment["SOURCE_DATE_EPOCH"].flatMap(Double.init)
    let time = epoch ?? Date().timeIntervalSince1970
    return String(UTCTime(seconds: time).iso8601.prefix(10))
  }
}
