import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK
import Foundation

struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Makes an output again from what its run recorded, and tells whether the bytes are the same.",
    discussion: """
      Takes a run.json, its folder, or an output beside it. Inputs are looked for where they were; --set names them \
      where they are now. Before that the files beside the record are compared with what it says of them. Exit \
      status: 0 the same bytes, 1 other bytes (with the input, plugin or version that differs) or a file that was \
      changed or removed since, 2 nothing that could be run again.

      EXAMPLE
        floe replay out/ice-lead.tif
        floe replay out/run.json --set scene=/archive/S2A_MSIL1C_....SAFE -o again
      """)
  @Argument(help: "An output, a run.json, or the folder of one.", completion: .file())
  var file: String
  @Option(
    name: .shortAndLong, help: "The folder that keeps the new outputs; they are removed by default.",
    completion: .directory)
  var output: String?
  @Option(help: "Threads that compute.")
  var workers: Int?
  @Option(help: "The cap on resident memory, for example 512MB.")
  var memory: String?
  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false
  @Flag(help: "Print JSON.")
  var json = false
  @OptionGroup var settings: SettingOptions
  @OptionGroup var plugins: PluginOptions

  func run() async throws {
    let replay = try Replay(of: file)
    let read = try replay.pipeline()
    // Before the run, whose outputs may go into the same folder.
    let (changed, missing) = try replay.changedFiles()
    if !json {
      for file in changed { print(file.sentence) }
      if !missing.isEmpty { print("not there any more: \(missing.joined(separator: ", "))") }
    }
    let own = try settings.dictionary()
    let given = replay.settings(of: read.pipeline).merging(own) { _, new in new }
    try replay.requireInputs(given, of: read.pipeline, except: Set(own.keys))
    // On the disk of the outputs: a place in memory may be too small for them.
    let aside = output == nil ? try TemporaryFolder(in: (replay.path as NSString).deletingLastPathComponent) : nil
    var words = ["-o", output ?? aside.map { $0.path + "/again" } ?? ".", "--force", "--no-cache"]
    if let workers { words += ["--workers", "\(workers)"] }
    if let memory { words += ["--memory", memory] }
    if let seed = replay.seed { words += ["--seed", "\(seed)"] }
    if quiet || json { words.append("--quiet") }
    let report: RunReport
    do {
      report = try await Session(execution: try ExecutionOptions.parse(words), plugins: plugins).run(
        read, settings: given, part: replay.part, isSilent: true)
    } catch {
      aside?.discard()
      throw error
    }
    aside?.discard()
    let files = replay.differingFiles(from: report.record)
    let causes = replay.causes(report.record)
    if json {
      let differing = Set(files).union(changed.map(\.name)).sorted()
      let reasons = changed.map(\.sentence) + missing.map { "\($0) is not there any more" } + causes
      Terminal.json(
        try JSONText.encode(
          [
            "same": .bool(files.isEmpty && changed.isEmpty && missing.isEmpty),
            "differing": .array(differing.map { .string($0) }),
            "missing": .array(missing.map { .string($0) }),
            "causes": .array(reasons.map { .string($0) }),
          ], pretty: true))
    } else if files.isEmpty {
      if !quiet {
        print(
          changed.isEmpty && missing.isEmpty
            ? "the same bytes in all outputs" : "the run makes the bytes that the record tells of")
      }
    } else {
      print("other bytes in \(files.joined(separator: ", "))")
      print(
        causes.isEmpty
          ? "  inputs, settings, plugins and versions are the same" : causes.map { "  " + $0 }.joined(separator: "\n"))
    }
    if !files.isEmpty || !changed.isEmpty || !missing.isEmpty { throw ExitCode(1) }
  }
}
