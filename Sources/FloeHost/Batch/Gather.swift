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
    let entry: BatchLedger.Entry
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
    for source in sources {
      let ledger = try Self.ledger(of: source)
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
      for (scene, entry) in ledger.entries.sorted(by: { $0.key < $1.key }) {
        if let other = found.updateValue(Found(source: source, entry: entry), forKey: scene) {
          throw RequestRefused.because("scene '\(scene)' is both in \(other.source) and in \(source)")
        }
      }
    }
    let making = "\(folder).new-\(getpid())"
    try Folder.make(making)
    do {
      let report = try gather(found.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }, pipeline, making)
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
      if one.entry.state == "failed" {
        tally.failed += 1
        scenes.append(
          .init(
            item: item, state: .failed, seconds: one.entry.seconds, step: one.entry.step, message: one.entry.message))
      } else if let record {
        tally.done += 1
        if text.isEmpty { text = record[.pipelineText]?.stringValue ?? "" }
        try Self.bring(there, to: "\(making)/\(name)")
        scenes.append(.init(item: item, state: .done, seconds: one.entry.seconds, record: record))
      } else {
        throw RequestRefused.because(
          "scene '\(name)' is done by the ledger of \(one.source), but there is no \(there)/run.json")
      }
      try ledger.add(one.entry)
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

  /// What the ledger of a folder holds; the folder itself may be read-only.
  private static func ledger(of folder: String) throws -> (pipeline: String, entries: [String: BatchLedger.Entry]) {
    let path = "\(folder)/\(BatchLedger.name)"
    let bytes: [UInt8]
    do { bytes = try VirtualFile.read(path) } catch {
      throw RequestRefused.because("\(folder) is no folder that floe batch wrote: \(path) cannot be read")
    }
    let lines = bytes.split(separator: 10, omittingEmptySubsequences: true).map(Array.init)
    guard let first = lines.first,
      let header = try? JSONText.decode(String(decoding: first, as: UTF8.self), name: path),
      header["floe_batch"]?.intValue == 1, let pipeline = header["pipeline"]?.stringValue
    else { throw RequestRefused.because("\(path) is no ledger of a batch of floe's") }
    var entries: [String: BatchLedger.Entry] = [:]
    for (i, line) in lines.enumerated().dropFirst() {
      do {
        let entry = try JSONText.decode(BatchLedger.Entry.self, from: line, name: path)
        entries[entry.scene] = entry
      } catch {
        throw RequestRefused.because(
          "line \(i + 1) of \(path) cannot be read: run the same batch again, which mends it")
      }
    }
    return (pipeline, entries)
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
