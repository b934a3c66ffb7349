import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK
import Foundation

struct BatchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch",
    abstract: "Runs a pipeline over many scenes.",
    discussion: """
      Each scene gets a folder of its own in the output folder, whole or not at all; several run at a time within \
      one cap of memory. A scene that fails costs that scene alone. The same call again does only what is missing or \
      changed, also after an end of any kind. At the end: summary.csv, summary.html, catalog.json (STAC).
      Exit status: 0 all done, 3 some failed, 2 the request was wrong, 130 interrupted.

      EXAMPLE
        floe batch ice-lead.yaml --over scene='scenes/*.SAFE' \\
          --set land=land.gpkg -o winter
        floe batch ice-lead.yaml --over scenes.csv -o winter
        floe batch apply-model.yaml --over scene='later/*.SAFE' \\
          --set model=winter/S2A_..../model.json -o again
      """)
  @Argument(help: "The pipeline, a YAML file.", completion: .file(extensions: ["yaml", "yml"]))
  var pipeline: String
  @Option(
    help: """
      What differs from scene to scene: name=PATTERN of the shell, in quotes; name=catalog.json (STAC); or a .csv \
      file with a column for each input. Several go together one by one.
      """,
    completion: .file())
  var over: [String] = []
  @Flag(help: "Combine every value of one --over with every value of the others.")
  var cross = false
  @Option(help: "Scenes at a time; by default as many as workers and memory allow.")
  var jobs: Int?
  @Flag(help: "Try scenes again that failed with the same input.")
  var retryFailed = false
  @Flag(help: "End with the first scene that fails.")
  var failFast = false
  @Option(
    help: "A lock of `floe lock`: other plugins, libraries or styles are refused.", completion: .file())
  var frozen: String?
  @OptionGroup var settings: SettingOptions
  @OptionGroup var execution: ExecutionOptions
  @OptionGroup var plugins: PluginOptions

  func run() async throws {
    let run = try execution.runOptions()
    if PipelineReader.isStream(pipeline) {
      throw refuse("floe batch reads the pipeline once for each scene: give it as a file, not on standard input")
    }
    if execution.trace != nil { throw refuse("--trace is for single runs: give it to floe run with one of the scenes") }
    var words: [String] = []
    if let scratch = run.scratchFolder { words += ["--scratch", scratch] }
    if let cache = run.cache {
      // Wrong for one scene is wrong for all.
      _ = try StepCache(cache)
      words += ["--cache", cache.folder, "--cache-limit", "\(cache.limit)"]
    } else if execution.noCache {
      words.append("--no-cache")
    }
    for path in plugins.pluginPaths { words += ["--plugin-path", path] }
    if let frozen { words += ["--frozen", frozen] }
    if let jobs, !(1...256).contains(jobs) { throw refuse("--jobs must be between 1 and 256, not \(jobs)") }
    let read = try PipelineFile.read(pipeline)
    guard read.problems.isEmpty else { throw RequestRefused(read.problems) }
    let common = try settings.dictionary()
    let library = await plugins.library()
    let share = try PluginOptions.share()
    // Wrong for one scene is wrong for all.
    if let frozen { try PluginLock(file: frozen).check(read.pipeline, library: library, share: share) }
    let observer = BatchView(style: execution.style, isQuiet: execution.quiet, isVerbose: execution.verbose)
    let items = try BatchItems.find(
      over: over, crosses: cross, common: common, pipeline: read.pipeline, library: library
    ) { observer.note(.notice, $0) }
    try refuseWhatFitsNoScene(read, items, library)
    var options = BatchOptions(
      folder: run.outputFolder, program: PluginOptions.executable, workers: run.workers, memory: run.memory)
    options.jobs = jobs
    options.isForced = run.isForced
    options.isOverwriting = run.isOverwriting
    options.retriesFailed = retryFailed
    options.failsFast = failFast
    options.seed = run.seed
    options.words = words
    let report = try await Batch(
      pipeline: read.pipeline, items: items, options: options, library: library, share: share,
      observer: observer, cancellation: Interrupt.cancellation
    ).run()
    observer.finish()
    if execution.json {
      Terminal.json(try JSONText.encode(Self.json(report), pretty: true))
    } else if !execution.quiet {
      Terminal.notice(Self.text(report, folder: options.folder))
    }
    if report.tally.ended < report.tally.total || report.tally.failed > 0 { throw ExitCode(3) }
  }

  /// A pipeline that is wrong for the first scenes in the same words is wrong itself.
  private func refuseWhatFitsNoScene(
    _ read: (pipeline: Pipeline, problems: [Problem]), _ items: [BatchItem], _ library: StepLibrary
  ) throws {
    var refusals: [RequestRefused] = []
    for item in items.prefix(2) {
      do {
        // A folder that cannot hold anything yet says nothing about the scene's own.
        _ = try Planner.plan(
          read, settings: item.settings, outputFolder: execution.output + "/" + item.name, library: library)
        return
      } catch let refused as RequestRefused {
        refusals.append(refused)
      }
    }
    if let first = refusals.first, let second = refusals.last, refusals.count == 2, first.problems == second.problems {
      throw first
    }
  }

  private static func text(_ report: BatchReport, folder: String) -> String {
    let tally = report.tally
    var lines: [String] = []
    let failed = report.scenes.filter { $0.state == .failed }
    if !failed.isEmpty {
      lines.append("failed:")
      for scene in failed.prefix(10) {
        let isNamed = scene.message.hasPrefix(scene.step + ":") || scene.message.contains(" \(scene.step): ")
        let step = scene.step.isEmpty || isNamed ? "" : scene.step + ": "
        let note = scene.isOld ? " (as before; not tried again)" : ""
        lines.append("  \(scene.item.name): \(step)\(scene.message)\(note)")
      }
      if failed.count > 10 { lines.append("  ... and \(failed.count - 10) more, see summary.csv") }
      if failed.contains(where: \.isOld) { lines.append("  --retry-failed tries them again with the same input") }
    }
    var parts = ["\(tally.total) scene\(tally.total == 1 ? "" : "s"): \(tally.done) done"]
    if tally.unchanged > 0 { parts.append("\(tally.unchanged) there already") }
    if tally.failed > 0 { parts.append("\(tally.failed) failed") }
    if tally.ended < tally.total { parts.append("\(tally.total - tally.ended) not begun") }
    lines.append(parts.joined(separator: ", "))
    lines.append("summary: \(folder)/summary.html, summary.csv, catalog.json")
    return lines.joined(separator: "\n")
  }

  /// The report for programs; `floe gather` writes its own in the same form.
  static func json(_ report: BatchReport) -> JSONValue {
    [
      "total": .integer(report.tally.total), "done": .integer(report.tally.done),
      "unchanged": .integer(report.tally.unchanged), "failed": .integer(report.tally.failed),
      "scenes": .array(
        report.scenes.map { scene in
          [
            "scene": .string(scene.item.name), "state": .string(scene.state.rawValue), "step": .string(scene.step),
            "message": .string(scene.message), "seconds": .number(scene.seconds),
            "settings": .object(scene.item.settings.mapValues { .string($0) }),
          ]
        }),
    ]
  }
}
