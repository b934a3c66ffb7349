import ArgumentParser
import FloeHost
import FloeSDK
import Foundation

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
      plan: plan, options: options, library: library, share: share, observer: observer,
      cancellation: Interrupt.cancellation
    ).run()
    if execution.json {
      Terminal.json(try JSONText.encode(report.record, pretty: true))
    } else if !execution.quiet {
      Terminal.notice(Summary(report: report, folder: options.outputFolder).text)
    }
    return report
  }
}
