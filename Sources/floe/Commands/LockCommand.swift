import ArgumentParser
import FloeHost
import FloeSDK

struct LockCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lock",
    abstract: "Prints a lock of the plugins, libraries and styles that a pipeline's results rest on.",
    discussion: """
      `floe run --frozen LOCK` then refuses to run with others.

      EXAMPLE
        floe lock ice-lead.yaml > ice-lead.lock
        floe run ice-lead.yaml --frozen ice-lead.lock \\
          --set scene=S2A_MSIL1C_....SAFE -o out
      """)
  @Argument(help: "The pipeline, a YAML file.", completion: .file(extensions: ["yaml", "yml"]))
  var pipeline: String
  @OptionGroup var plugins: PluginOptions

  func run() async throws {
    let read = try PipelineFile.read(pipeline)
    guard read.problems.isEmpty else { throw RequestRefused(read.problems) }
    let library = await plugins.library()
    let unknown = read.pipeline.steps.values.filter { library.declaration($0.use) == nil }
    guard unknown.isEmpty else {
      throw RequestRefused(unknown.map { Problem(file: pipeline, line: $0.line, library.unknown($0.use)) })
    }
    print(
      try PluginLock.text(of: read.pipeline, library: library, share: try PluginOptions.share()), terminator: "")
  }
}
