import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK
import Foundation

struct GatherCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gather",
    abstract: "Brings the results of several batches of one pipeline into one folder.",
    discussion: """
      For seasons that were run in chunks, on a cluster or on several machines: one folder for each scene, one \
      summary, one STAC catalogue, one ledger. Files are linked where the file system allows it, else copied. Exit \
      status 3 when some scenes failed in their batches and the flag --strict is given, else 0.

      With --season lead the scenes' class rasters become one result: the area of that class by scene and by day \
      with its uncertainty (season-scenes.csv, season-days.csv), a composite on a polar grid for each month \
      (season-2019-03.tif: frequency, number of observations, days), and a time series in summary.html.

      EXAMPLE
        floe gather chunk-1 chunk-2 chunk-3 -o season
        floe gather chunk-* -o season --season lead --grid EPSG:3413 --cell 12500
      """)
  @Argument(help: "Folders that floe batch wrote.", completion: .directory)
  var folders: [String]
  @Option(name: .shortAndLong, help: "The folder for all results, new or empty.", completion: .directory)
  var output: String
  @Flag(help: "End with status 3 when some scenes failed.")
  var strict = false
  @Option(help: "Counts this class over all scenes, for example lead.")
  var season: String?
  @Option(
    help: "With --season: a projected system in metres. By default EASE-Grid 2.0, EPSG:6931 north and EPSG:6932 south.")
  var grid: String?
  @Option(parsing: .unconditional, help: "With --season: the side of a composite's cell in metres.")
  var cell = 25_000.0
  @Option(help: "With --season: threads that read scenes.")
  var workers: Int?
  @Flag(help: "Print JSON, in the form of floe batch --json.")
  var json = false

  func run() throws {
    let paths = folders.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
    let folder = try LocalPlace.folder(output, "--output")
    if season == nil, grid != nil {
      throw ValidationError("--grid is for composites: give --season with the name of a class, for example lead")
    }
    let options = try season.map {
      try SeasonOptions(
        className: $0, grid: grid, cell: cell, workers: workers ?? ProcessInfo.processInfo.activeProcessorCount,
        style: try PluginOptions.share().style("season.qml"))
    }
    let report = try Gather(sources: paths, folder: folder, season: options).run()
    if json {
      Terminal.json(try JSONText.encode(BatchCommand.json(report), pretty: true))
    } else {
      Terminal.notice(
        """
        \(report.tally.total) scenes: \(report.tally.done) done, \(report.tally.failed) failed; see \(folder)\
        /summary.html
        """
      )
      if report.leftOut > 0 {
        Terminal.notice(
          "\(report.leftOut) more of earlier lists, which the batches' own summaries leave out, are left out")
      }
    }
    if strict, report.tally.failed > 0 { throw ExitCode(3) }
  }
}
