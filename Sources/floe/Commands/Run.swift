import ArgumentParser
import FloeHost
import FloeSDK
import Foundation

struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a pipeline.",
    discussion: """
      Everything is checked first; nothing is computed when the check fails. Outputs appear whole or not at all.
      Where the folder holds the very outputs that the run would make, nothing is done. Files that floe did not \
      write, and those of another pipeline's run, are not replaced without --overwrite.

      EXAMPLE
        floe run examples/ice-lead.yaml --set scene=S2A_MSIL1C_....SAFE -o out
        floe run examples/ice-lead.yaml --set scene=S2A_MSIL1C_....SAFE \\
          --set groups.clusters=6 --until groups -o part
      """)
  @Argument(help: "The pipeline, a YAML file.", completion: .file(extensions: ["yaml", "yml"]))
  var pipeline: String
  @Flag(help: .hidden)
  var endWithInput = false
  @OptionGroup var settings: SettingOptions
  @OptionGroup var part: PartOptions
  @OptionGroup var execution: ExecutionOptions
  @OptionGroup var plugins: PluginOptions

  func run() async throws {
    if endWithInput { Interrupt.endWithStandardInput() }
    try await Session(execution: execution, plugins: plugins).run(
      try PipelineFile.read(pipeline), settings: try settings.dictionary(), part: part.part, frozen: part.frozen)
  }
}
