import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK
import Foundation

/// Plans and runs a pipeline and prints its summary: what `run`, `step` and `demo` have in common.
struct Session {
  let execution: ExecutionOptions
  let plugins: PluginOptions

  /// - Parameters:
  ///   - part: the part of the pipeline that is run.
  ///   - frozen: the lock that plugins, libraries and styles have to agree with.
  ///   - isSilent: whether nothing is printed at the end.
  @discardableResult
  func run(
    _ read: (pipeline: Pipeline, problems: [Problem]), settings: [String: String], part: PipelinePart = PipelinePart(),
    frozen: String? = nil, isSilent: Bool = false
  ) async throws -> RunReport {
    do {
      return try await work(read, settings: settings, part: part, frozen: frozen, isSilent: isSilent)
    } catch {
      // For programs that read events: a batch tries a scene again that met what may pass.
      let refused = error as? RequestRefused
      let mayPass = HTTPClient.hasMetPassingFailure || refused?.isOfFolder == true || error is FolderFailure
      let step = refused?.step ?? ""
      if execution.style == .json, mayPass || !step.isEmpty { ConsoleObserver.failed(mayPass: mayPass, step: step) }
      throw error
    }
  }

  private func work(
    _ read: (pipeline: Pipeline, problems: [Problem]), settings: [String: String], part: PipelinePart,
    frozen: String?, isSilent: Bool
  ) async throws -> RunReport {
    var options = try execution.runOptions()
    options.part = part
    let library = await plugins.library()
    let share = try PluginOptions.share()
    if let frozen { try PluginLock(file: frozen).check(read.pipeline, library: library, share: share) }
    let plan = try Self.plan(read, settings, part, options, library)
    let observer = try execution.observer()
    for sentence in try FolderGuard.recover(options.outputFolder) { observer.note(.notice, step: "folder", sentence) }
    let obstacles = FolderGuard.mistakes(plan: plan, options: options)
    guard obstacles.isEmpty else { throw RequestRefused(obstacles) }
    for w in plan.warnings { observer.note(.warning, step: "check", w.description) }
    let report = try await Executor(
      plan: plan, options: options, library: library, share: share, observer: observer,
      cancellation: Interrupt.cancellation
    ).run()
    if isSilent { return report }
    if execution.json {
      Terminal.json(try JSONText.encode(report.record, pretty: true))
    } else if !execution.quiet {
      Terminal.notice(Summary(report: report, folder: options.outputFolder).text)
    }
    return report
  }

  /// The plan of a pipeline, or of a part of it.
  static func plan(
    _ read: (pipeline: Pipeline, problems: [Problem]), _ settings: [String: String], _ part: PipelinePart,
    _ options: RunOptions, _ library: StepLibrary
  ) throws -> Plan {
    let whole = try Planner.plan(read, settings: settings, outputFolder: options.outputFolder, library: library)
    if part.isWhole { return whole }
    let taken = try part.taken(from: whole, library: library)
    return try Planner.plan(
      (taken, []), settings: settings, outputFolder: options.outputFolder, library: library, isPart: true)
  }
}
