import FloeIO
import FloeSDK
import Foundation

/// Brings the folders of several batches of one pipeline into one: a folder for each scene, one ledger, summary and
/// STAC catalogue. Which chunk a scene came in does not matter: scenes stand in the order of their names.
public struct Gather {
  private let sources: [String]
  private let folder: String
  private let season: SeasonOptions?

  /// A gathering of folders that `floe batch` wrote into a folder that is new or empty.
  ///
  /// - Parameter season: makes tables and monthly composites of a class, where it is given.
  public init(sources: [String], folder: String, season: SeasonOptions? = nil) {
    self.sources = sources
    self.folder = folder
    self.season = season
  }

  /// A scene and the folder of the batch that it is in.
  private struct Found {
    let source: String
    let state: LedgerContent.State
  }

  /// Does the work, whole or not at all.
  ///
  /// - Throws: `RequestRefused` for folders that are no batches, batches of different pipelines, a scene in two
  ///   folders, and a target that holds files.
  public func run() throws -> BatchReport {
    guard !sources.isEmpty else { throw RequestRefused.because("give at least one folder that floe batch wrote") }
    if FileManager.default.fileExists(atPath: folder) {
      let files: [String]
      do { files = try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
        throw RequestRefused.because("\(folder) cannot be listed; give a folder that is new or empty with -o")
      }
      guard files.isEmpty else {
        throw RequestRefused.because(
          "\(folder) holds files (\(files.sorted()[0])); give a folder that is new or empty with -o")
      }
    }
    var pipeline = ""
    var found: [String: Found] = [:]
    var leftOut = 0
    for source in sources {
      let ledger = try LedgerContent(folder: source)
      guard pipeline.isEmpty || pipeline == ledger.pipeline else {
        throw RequestRefused.because(
          """
          \(source) holds a batch of \(ledger.pipeline), \(sources[0]) one of \(pipeline): gather one pipeline at a \
          time
          """
        )
      }
      pipeline = ledger.pipeline
      // The summary is what a batch writes last: without it scenes may be missing that the ledger knows nothing of.
      guard FileManager.default.fileExists(atPath: "\(source)/summary.csv") else {
        throw RequestRefused.because(
          """
          the batch in \(source) has not come to its end (there is no \(source)/summary.csv): run it again, which does \
          what is missing
          """)
      }
      for (scene, state) in ledger.states {
        if case .waiting = state {
          throw RequestRefused.because(
            """
            the batch in \(source) has not come to its end (scene '\(scene)' was not run): run it again, which does \
            what is missing
            """)
        }
        if let other = found.updateValue(Found(source: source, state: state), forKey: scene) {
          throw RequestRefused.because("scene '\(scene)' is both in \(other.source) and in \(source)")
        }
      }
      leftOut += ledger.leftOut.count
    }
    let making = "\(folder).new-\(getpid())"
    try Folder.make(making)
    do {
      var report = try gather(found.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }, pipeline, making)
      report.leftOut = leftOut
      // Takes the place of an empty folder in one act.
      guard rename(making, folder) == 0 else {
        throw FloeError("\(folder) cannot be put in place: \(String(cString: strerror(errno)))")
      }
      return report
    } catch {
      // What could not be finished goes; the error that is thrown says why.
      try? FileManager.default.removeItem(atPath: making)
      throw error
    }
  }

  private func gather(_ found: [(key: String, value: Found)], _ pipeline: String, _ making: String) throws
    -> BatchReport
  {
    let ledger = try BatchLedger(folder: making, pipeline: pipeline, isOverwriting: false)
    var scenes: [BatchReport.Scene] = []
    var tally = BatchTally()
    tally.total = found.count
    var text = ""
    for (name, one) in found {
      let there = "\(one.source)/\(name)"
      let record = FolderRecord(of: there).run
      let settings = (record?[.settings]?.objectValue ?? [:]).compactMapValues(\.stringValue)
      let item = BatchItem(name: name, settings: settings)
      switch one.state {
      case .failed(let entry):
        tally.failed += 1
        scenes.append(
          .init(item: item, state: .failed, seconds: entry.seconds, step: entry.step, message: entry.message))
        try ledger.add(entry)
      case .done(let entry):
        guard let record else {
          throw RequestRefused.because(
            "scene '\(name)' is done by the ledger of \(one.source), but there is no \(there)/run.json")
        }
        tally.done += 1
        if text.isEmpty { text = record[.pipelineText]?.stringValue ?? "" }
        try Self.bring(there, to: "\(making)/\(name)")
        scenes.append(.init(item: item, state: .done, seconds: entry.seconds, record: record))
        try ledger.add(entry)
      // Refused before.
      case .waiting: continue
      }
    }
    let read = text.isEmpty ? nil : try PipelineReader.parse(text, file: pipeline, folder: making).pipeline
    let report = BatchReport(scenes: scenes, tally: tally)
    let name = (folder as NSString).lastPathComponent
    var chart: SeasonChart?
    if let season {
      let made = try Season(Self.rasters(of: scenes, in: making), options: season)
      chart = SeasonChart(season: made, composites: try made.write(to: making))
    }
    try BatchSummary(
      pipeline: read ?? Pipeline(file: pipeline, folder: making, title: "", steps: [:], outputs: []), report: report,
      folder: making, name: name, chart: chart
    ).write()
    return report
  }

  /// The rasters of the scenes that are done, in the order in which their pipeline lists them.
  private static func rasters(of scenes: [BatchReport.Scene], in folder: String) -> [(name: String, paths: [String])] {
    scenes.filter { $0.state != .failed }.map { scene in
      let names = (scene.record[.outputs]?.arrayValue ?? []).filter { $0[.kind]?.stringValue == "raster" }
        .compactMap { $0[.name]?.stringValue }
      return (scene.item.name, names.map { "\(folder)/\(scene.item.name)/\($0)" })
    }
  }

  /// Brings a scene's folder: links to the same files where the file system allows it, else copies.
  private static func bring(_ from: String, to: String) throws {
    try Folder.make(to)
    guard let files = FileManager.default.enumerator(atPath: from) else { throw FloeError("\(from) cannot be listed") }
    for case let name as String in files {
      let source = "\(from)/\(name)"
      let target = "\(to)/\(name)"
      if Folder.isFolder(source) {
        try Folder.make(target)
      } else if link(source, target) != 0 {
        do { try FileManager.default.copyItem(atPath: source, toPath: target) } catch {
          throw FloeError("\(target) cannot be written: \(error.localizedDescription)")
        }
      }
    }
  }
}
