import ArgumentParser
import FloeHost
import FloeSDK
import Foundation

struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a pipeline.",
    discussion: """
      Everything is checked first; nothing is computed when the check fails. Outputs appear whole or not at all.

      EXAMPLE
        floe run examples/ice-lead.yaml --set scene=S2A_MSIL1C_....SAFE -o out
      """)
  @Argument(help: "The pipeline, a YAML file.", completion: .file(extensions: ["yaml", "yml"]))
  var pipeline: String
  @OptionGroup var settings: SettingOptions
  @OptionGroup var execution: ExecutionOptions
  @OptionGroup var plugins: PluginOptions

  func run() async throws {
    try await Session(execution: execution, plugins: plugins).run(
      try PipelineReader.read(pipeline), settings: try settings.dictionary())
  }
}
