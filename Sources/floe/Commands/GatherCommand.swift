import ArgumentParser
import FloeHost
import Foundation

struct GatherCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gather",
    abstract: "Brings the results of several batches of one pipeline into one folder.",
    discussion: """
      For seasons that were run in chunks, on a cluster or on several machines: one folder for each scene, one \
      summary, one STAC catalogue, one ledger. Files are linked where the file system allows it, else copied. Exit \
      status 3 when some scenes failed in their batches and the flag --strict is given, else 0.

      EXAMPLE
        floe gather chunk-1 chunk-2 chunk-3 -o season
      """)
  @Argument(help: "Folders that floe batch wrote.", completion: .directory)
  var folders: [String]
  @Option(name: .shortAndLong, help: "The folder for all results, new or empty.", completion: .directory)
  var output: String
  @Flag(help: "End with status 3 when some scenes failed.")
  var strict = false

  func run() throws {
    let paths = folders.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
    let folder = URL(fileURLWithPath: output).standardizedFileURL.path
    let report = try Gather(sources: paths, folder: folder).run()
    Terminal.notice(
      """
      \(report.tally.total) scenes: \(report.tally.done) done, \(report.tally.failed) failed; see \(folder)\
      /summary.html
      """
    )
    if strict, report.tally.failed > 0 { throw ExitCode(3) }
  }
}
