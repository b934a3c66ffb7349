import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK
import Foundation

struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks a pipeline without computing anything.",
    discussion: """
      Reports every mistake at once with file and line; for a sound pipeline prints the order of steps, grids, \
      sizes, memory and disk. It takes the same words as `floe run`. Exit status 2 when something is wrong.

      EXAMPLE
        floe check examples/ice-lead.yaml --set scene=S2A_MSIL1C_....SAFE
      """)
  @Argument(help: "The pipeline, a YAML file.", completion: .file(extensions: ["yaml", "yml"]))
  var pipeline: String
  @OptionGroup var settings: SettingOptions
  @OptionGroup var part: PartOptions
  @OptionGroup var execution: ExecutionOptions
  @OptionGroup var plugins: PluginOptions

  func run() async throws {
    do {
      let options = try execution.runOptions()
      let read = try PipelineFile.read(pipeline)
      let library = await plugins.library()
      if let lock = part.frozen {
        try PluginLock(file: lock).check(read.pipeline, library: library, share: try PluginOptions.share())
      }
      let plan = try Session.plan(read, try settings.dictionary(), part.part, options, library)
      for sentence in try FolderGuard.recover(options.outputFolder) { Terminal.error(sentence) }
      let obstacles = FolderGuard.mistakes(plan: plan, options: options)
      guard obstacles.isEmpty else { throw RequestRefused(obstacles) }
      let view = PlanView(
        plan: plan, memoryLimit: options.memory,
        memory: MemoryEstimate(plan, workers: options.workers, limit: options.memory), folder: options.outputFolder,
        estimate: RunHistory().estimate(plan, workers: options.workers))
      if execution.json {
        Terminal.json(try JSONText.encode(view.json, pretty: true))
      } else if !execution.quiet {
        print(view.text)
        let network = NetworkTraffic.total
        if network.requests > 0 {
          print("read \(SystemResources.text(network.bytes)) over the network in \(network.requests) requests")
        }
      }
    } catch let refused as RequestRefused where execution.json {
      let problems = refused.problems.map { p -> JSONValue in
        ["file": .string(p.file), "line": .integer(p.line), "message": .string(p.message)]
      }
      Terminal.json(try JSONText.encode(["sound": false, "problems": .array(problems)], pretty: true))
      throw ExitCode(2)
    }
  }
}
