import FloeIO
import FloeSDK
import Foundation

/// What made an output: the request of an earlier run, found by its record, and how a new run differs from it.
public struct Replay: Sendable {
  /// The record of the earlier run.
  public let record: JSONValue
  /// Where the record lies.
  public let path: String

  /// Finds the record of a run: the file itself, or the one that lists an output.
  ///
  /// - Throws: `RequestRefused` where there is none, or where it does not hold the request.
  public init(of file: String) throws {
    func refused(_ message: String) -> RequestRefused { RequestRefused([Problem(file: file, line: 0, message)]) }
    let whole = URL(fileURLWithPath: file).standardizedFileURL.path
    var found: (path: String, record: JSONValue)?
    if let own = FolderRecord(of: whole).run {
      found = ("\(whole)/\(OutputNames.record)", own)
    } else if !Folder.isFolder(whole), let own = FolderRecord.read(whole) {
      found = (whole, own)
    } else {
      var folder = Folder.parent(of: whole)
      // An output may lie in folders below its record's, and be gone.
      for _ in 0..<8 where found == nil && !folder.isEmpty && folder != "/" {
        let name = String(whole.dropFirst(folder.count + 1))
        // An output may be a folder, or lie in one.
        found = FolderRecord(of: folder).records.first { record in
          FolderRecord.files(record.record).contains { $0.name == name || $0.name.hasPrefix(name + "/") }
        }
        folder = Folder.parent(of: folder)
      }
    }
    guard let found else { throw refused(Self.refusal(of: whole)) }
    (path, record) = (found.path, found.record)
    guard let text = record[.pipelineText]?.stringValue, !text.isEmpty else {
      throw refused(
        """
        it was made by `\(record[.pipeline]?.stringValue ?? "a single step")` of an older floe, whose record holds no \
        pipeline to run again: run the command again, with --force, and compare the outputs
        """)
    }
  }

  /// The pipeline as it was.
  public func pipeline() throws -> (pipeline: Pipeline, problems: [Problem]) {
    let file = record[.pipeline]?.stringValue ?? path
    let folder = record[.pipelineFolder]?.stringValue ?? Folder.parent(of: path)
    let parts = (record[.pipelineParts]?.objectValue ?? [:]).compactMapValues(\.stringValue)
    return try PipelineReader.parse(
      record[.pipelineText]?.stringValue ?? "", file: file, folder: folder, parts: parts)
  }

  /// The values of inputs and parameters as they were, relative paths from where they counted.
  public func settings(of pipeline: Pipeline) -> [String: String] {
    let folder = record[.workingFolder]?.stringValue ?? "."
    // In the folder of the run they count as they did: a step may take the text of a path for a name.
    let isThere = folder == FileManager.default.currentDirectoryPath
    var result: [String: String] = [:]
    for (name, value) in record[.settings]?.objectValue ?? [:] {
      guard let text = value.stringValue else { continue }
      guard let input = pipeline.inputs[name] else {
        result[name] = text
        continue
      }
      let values = input.values(in: text)
      // Of a list, what the record names as a file.
      let moved = values.map { value -> String in
        let isRelative = !value.hasPrefix("/") && !RemotePath.isURL(value) && DatasetName(value) == nil
        guard isRelative, !isThere, input.isFile || isInput("\(folder)/\(value)") else { return value }
        return "\(folder)/\(value)"
      }
      result[name] = moved == values ? text : moved.joined(separator: ",")
    }
    return result
  }

  /// Whether the run read a file.
  func isInput(_ path: String) -> Bool {
    let whole = URL(fileURLWithPath: path).standardizedFileURL.path
    return (record[.inputs]?.arrayValue ?? []).contains { $0.stringValue == whole }
  }

  /// The part of the pipeline that it ran.
  public var part: PipelinePart {
    var part = PipelinePart()
    part.until = (record[.until]?.arrayValue ?? []).compactMap(\.stringValue)
    part.keep = (record[.keep]?.arrayValue ?? []).compactMap(\.stringValue)
    return part
  }

  /// The seed that the run used.
  public var seed: UInt64? { record[.seed]?.stringValue.flatMap { UInt64($0) } }

  /// A file beside the record that is not as the record says.
  public struct Changed: Sendable {
    /// Its name, relative to the record's folder.
    public let name: String
    /// The whole sentence.
    public let sentence: String
  }

  /// Compares the files beside the record with what it says of them, and names those that are not there any more; those
  /// of records without digests are not compared.
  ///
  /// - Throws: a sentence where a file cannot be read.
  public func changedFiles() throws -> (changed: [Changed], missing: [String]) {
    let folder = Folder.parent(of: path)
    let digests = ContentDigests(folder: nil)
    var changed: [Changed] = []
    var missing: [String] = []
    for file in FolderRecord.files(record) {
      let place = "\(folder)/\(file.name)"
      guard let state = FileState(of: place) else {
        missing.append(file.name)
        continue
      }
      guard let wanted = file.sha256 else { continue }
      guard !Folder.isFolder(place) else {
        changed.append(Changed(name: file.name, sentence: "\(place) is a folder, the record says a file"))
        continue
      }
      let says = "is not what the record \(path) says"
      if let bytes = file.bytes, bytes != state.size {
        changed.append(Changed(name: file.name, sentence: "\(place) \(says): \(state.size) bytes, not \(bytes)"))
        continue
      }
      let found = try digests.digest(ofFile: place)
      if found != wanted {
        changed.append(
          Changed(
            name: file.name,
            sentence: "\(place) \(says): its SHA-256 is \(found.prefix(12))..., not \(wanted.prefix(12))..."))
      }
    }
    return (changed, missing)
  }

  /// Files whose bytes are not the same, or that only one of the runs made. The page of a report shows times of its run
  /// and is left out, with what records hold.
  public func differingFiles(from new: JSONValue) -> [String] {
    func sums(_ record: JSONValue) -> [String: String] {
      Dictionary(FolderRecord.files(record).map { ($0.name, $0.sha256 ?? "") }) { first, _ in first }
    }
    let before = sums(record)
    let after = sums(new)
    return Set(before.keys).union(after.keys).sorted().filter { before[$0] != after[$0] && !$0.hasSuffix(".html") }
  }

  /// What differs between the requests and surroundings of the two runs, a sentence each.
  public func causes(_ new: JSONValue) -> [String] {
    var found: [String] = []
    let before = record[.fingerprints]?.arrayValue ?? []
    let after = new[.fingerprints]?.arrayValue ?? []
    for (old, now) in zip(before, after) {
      let name = now[.name]?.stringValue ?? "?"
      if old[.fingerprint] != now[.fingerprint] {
        found.append("the input \(name) has another content")
      } else if let former = old[.name]?.stringValue, former != name {
        found.append("the input \(former) is called \(name) here, which outputs tell")
      }
    }
    if before.count != after.count { found.append("there were \(before.count) inputs, now \(after.count)") }
    let made = RunSurroundings(members: new.objectValue ?? [:])
    found += made.differences(from: record)
    let programs = record[.programs]?.objectValue ?? [:]
    for (name, digest) in programs.sorted(by: { $0.key < $1.key }) where new[.programs]?[name] != digest {
      found.append("the program \(name) is another one here, or not installed")
    }
    if new[.seed] != record[.seed] { found.append("the seed is not the same") }
    for (name, value) in new[.settings]?.objectValue ?? [:]
    where record[.settings]?[name] != value && !(value.stringValue?.contains("/") ?? false) {
      let was = record[.settings]?[name]?.stringValue ?? "not set"
      found.append("'\(name)' is \(value.stringValue ?? "?"), was \(was)")
    }
    return found
  }
}
