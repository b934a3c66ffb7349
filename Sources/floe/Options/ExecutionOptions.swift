import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK
import Foundation

/// How a run is carried out.
struct ExecutionOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "The folder for the outputs.", completion: .directory)
  var output = "."
  @Option(help: "Threads that compute and read, at most one a processor; the result does not depend on it.")
  var workers: Int?
  @Option(help: "The cap on resident memory, for example 512MB or 8GB; the result does not depend on it.")
  var memory: String?
  @Option(help: "The folder for scratch files; beside the outputs by default.", completion: .directory)
  var scratch: String?
  @Option(help: "The number from which all random choices follow; replaces the pipeline's.")
  var seed: UInt64?
  @OptionGroup var cache: CacheOptions
  @Flag(help: "Use no cache, whatever FLOE_CACHE says.")
  var noCache = false
  @Option(help: "How progress is shown: bar, plain, json or none; a bar on a terminal by default.")
  var progress: ProgressStyle?
  @Flag(help: "Compute also what the folder or the cache holds.")
  var force = false
  @Flag(help: "Replace files that floe did not write, and take away those of another run in the folder.")
  var overwrite = false
  @Option(help: "A file that keeps everything the run says, each line with its time; added to.", completion: .file())
  var log: String?
  @Option(
    help: "A file for the times of all steps, passes and outputs, in Chrome's trace format; ui.perfetto.dev draws it.",
    completion: .file())
  var trace: String?
  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false
  @Flag(name: .shortAndLong, help: "Print more of what the steps say.")
  var verbose = false
  @Flag(help: "Print JSON: what the command found or made, at its end.")
  var json = false

  /// The log begins before anything is read, so that what is wrong with a pipeline is in it.
  mutating func validate() throws { if let log { RunLog.open(log) } }

  func runOptions() throws -> RunOptions {
    try RunLog.check()
    var options = RunOptions(outputFolder: try LocalPlace.folder(output, "--output"))
    if let workers {
      guard (1...256).contains(workers) else { throw refuse("--workers must be between 1 and 256, not \(workers)") }
      options.workers = workers
    }
    if let memory {
      guard let bytes = SystemResources.bytes(memory) else {
        throw refuse("--memory must be a size such as 512MB or 8GB, not '\(memory)'")
      }
      guard bytes >= 200_000_000 else {
        throw refuse("--memory must be at least 200MB, not '\(memory)': libraries and codecs alone take that much")
      }
      options.memory = bytes
    }
    TableMemory.allow(options.memory)
    if let scratch {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: scratch, isDirectory: &isFolder), isFolder.boolValue else {
        throw refuse("--scratch '\(scratch)' is no folder")
      }
      options.scratchFolder = URL(fileURLWithPath: scratch).standardizedFileURL.path
    }
    options.seed = seed
    options.isForced = force
    options.isOverwriting = overwrite
    options.cache = noCache ? nil : try cache.options()
    return options
  }

  /// How progress is shown.
  var style: ProgressStyle { ProgressStyle.chosen(progress, quiet: quiet) }

  /// The least serious notes that are shown: what the flags say, else `FLOE_LOG`, else notices.
  private func minimum() throws -> LogLevel {
    if quiet { return .error }
    if verbose { return .debug }
    guard let text = ProcessInfo.processInfo.environment["FLOE_LOG"], !text.isEmpty else { return .notice }
    guard let level = LogLevel(rawValue: text) else {
      throw refuse(
        "FLOE_LOG must be one of \(LogLevel.allCases.map(\.rawValue).joined(separator: ", ")), not '\(text)'")
    }
    return level
  }

  /// Who shows the run, and keeps its trace where one is asked for.
  func observer() throws -> any RunObserver {
    let console = ConsoleObserver(style: style, minimum: try minimum())
    return try trace.map { try RunTrace($0, before: console) } ?? console
  }
}
