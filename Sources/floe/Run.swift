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
    try await Session(execution: execution, plugins: plugins).run(try PipelineReader.read(pipeline), settings: try settings.dictionary())
  }
}

/// Plans and runs a pipeline and prints its summary: what `run`, `step` and `demo` have in common.
struct Session {
  let execution: ExecutionOptions
  let plugins: PluginOptions

  @discardableResult
  func run(_ read: (pipeline: Pipeline, problems: [Problem]), settings: [String: String]) async throws -> RunReport {
    let options = try execution.runOptions()
    let library = await plugins.library()
    let share = try PluginOptions.share()
    let plan = try Planner.plan(read, settings: settings, outputFolder: options.outputFolder, library: library)
    let observer = execution.observer()
    for w in plan.warnings { observer.note(.warning, step: "check", w.description) }
    let report = try await Executor(
      plan: plan, options: options, library: library, share: share, observer: observer, cancellation: Interrupt.cancellation
    ).run()
    if execution.json {
      print(try JSONText.encode(report.record, pretty: true))
    } else if !execution.quiet {
      print(Summary(report: report, folder: options.outputFolder).text)
    }
    return report
  }
}
