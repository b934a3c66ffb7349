import FloeIO
import FloeSDK
import Foundation

/// What earlier runs wrote into a folder, as their records there say.
struct FolderRecord {
  /// A file that floe wrote.
  struct Written: Hashable, Sendable {
    let name: String
    let bytes: Int?
    /// SHA-256; nil in records of older versions.
    let sha256: String?
  }

  let folder: String
  /// The content of `run.json`; nil without one.
  let run: JSONValue?
  /// Why `run.json` is no record of floe's; nil when it is one, or is not there.
  let refusal: String?
  /// What the run of `run.json` wrote, its record left out.
  let files: [Written]
  /// Everything that floe wrote here and that records still name.
  private(set) var owned: [String: Written] = [:]

  /// Reads the records of a folder.
  init(of folder: String) {
    self.folder = folder
    let path = "\(folder)/\(OutputNames.record)"
    var refusal: String?
    run = Self.read(path)
    if run == nil, FileState(of: path) != nil { refusal = "\(path) is no record of a run of floe's" }
    self.refusal = refusal
    files = run.map(Self.files) ?? []
    for file in files { owned[file.name] = file }
    if run != nil { owned[OutputNames.record] = Written(name: OutputNames.record, bytes: nil, sha256: nil) }
    // A folder that does not exist or cannot be listed holds no records: what lies there counts as another's.
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where name.hasSuffix("." + OutputNames.record) {
      guard let record = Self.read("\(folder)/\(name)") else { continue }
      owned[name] = Written(name: name, bytes: nil, sha256: nil)
      for file in Self.files(record) { owned[file.name] = file }
    }
    for file in Self.list(run?[.earlierFiles]) { owned[file.name] = file }
  }

  /// All records of the folder.
  var records: [(path: String, record: JSONValue)] {
    let names = owned.keys.filter { $0 == OutputNames.record || $0.hasSuffix("." + OutputNames.record) }.sorted()
    return names.compactMap { name in Self.read("\(folder)/\(name)").map { ("\(folder)/\(name)", $0) } }
  }

  /// Whether `run.json` is that of a single step.
  var isOfStep: Bool { run.map { Self.isStep($0[.pipeline]?.stringValue ?? "") } ?? false }

  /// The name of the pipeline's file that `run.json` gives.
  var pipeline: String { ((run?[.pipeline]?.stringValue ?? "") as NSString).lastPathComponent }

  /// Whether a pipeline's name stands for a single step.
  static func isStep(_ pipeline: String) -> Bool { pipeline.hasPrefix("floe step ") }

  /// Whether a file is no longer what floe wrote. A GeoPackage never is: SQLite changes it
  /// when it is only looked at.
  func isChanged(_ file: Written, digests: ContentDigests) -> Bool {
    guard let state = FileState(of: "\(folder)/\(file.name)"), let wanted = file.sha256 else { return false }
    // One that cannot be read is no GeoPackage as far as is known; its digest, below, cannot be found either.
    if (try? VirtualFile.read("\(folder)/\(file.name)", limit: 15)).map({ $0 == Array("SQLite format 3".utf8) }) == true
    {
      return false
    }
    if let bytes = file.bytes, bytes != state.size { return true }
    // One that cannot be read may be anything.
    return (try? digests.digest(ofFile: "\(folder)/\(file.name)")) != wanted
  }

  /// The record of `run.json`, or of a single step's own, when the outputs here are those that a plan would make.
  func unchanged(_ plan: Plan, keys: RunKeys, record name: String, digests: ContentDigests) -> JSONValue? {
    guard let record = Self.read("\(folder)/\(name)"), let outputs = record[.outputs]?.arrayValue,
      !plan.outputs.isEmpty, outputs.count == plan.outputs.count
    else { return nil }
    for output in outputs {
      guard let name = output[.name]?.stringValue, let key = output[.key]?.stringValue, keys.outputs[name] == key
      else { return nil }
    }
    guard isFromThere(record, plan) else { return nil }
    let files = Self.files(record)
    guard Self.list(record[.files]).count == record[.files]?.arrayValue?.count else { return nil }
    guard areIntact(files, digests: digests) else { return nil }
    return record
  }

  /// Whether no product of a record lay at a distance that a plan has elsewhere. Of one that is known by its manifest
  /// parts may have been read that were compared with nothing: who names its copy on the disk wants that one read.
  private func isFromThere(_ record: JSONValue, _ plan: Plan) -> Bool {
    let places = (record[.inputs]?.arrayValue ?? []).map(\.stringValue)
    let contents = record[.fingerprints]?.arrayValue ?? []
    return zip(places, contents).enumerated().allSatisfy { i, input in
      guard let place = input.0, RemotePath.isURL(place), input.1[.by]?.stringValue == "manifest" else { return true }
      return i < plan.inputPaths.count && RemotePath.shown(plan.inputPaths[i]) == place
    }
  }

  /// Whether all files are there and as floe wrote them; false for none.
  func areIntact(_ files: [Written], digests: ContentDigests) -> Bool {
    digests.recall(outputsOf: folder)
    defer { digests.keep(files.map { "\(folder)/\($0.name)" }, outputsOf: folder) }
    return !files.isEmpty
      && files.allSatisfy { file in
        let path = "\(folder)/\(file.name)"
        guard let wanted = file.sha256, FileState(of: path)?.size == file.bytes else { return false }
        // A file that cannot be read is not the one that was written.
        return (try? digests.digest(ofFile: path)) == wanted
      }
  }

  /// The record in a file; nil for anything else.
  static func read(_ path: String) -> JSONValue? {
    // What is no JSON object of a run is no record, whatever it is.
    guard let bytes = try? VirtualFile.read(path), let value = try? JSONText.decode(bytes: bytes, name: path),
      value[.floe]?.stringValue != nil, value[.outputs]?.arrayValue != nil
    else { return nil }
    return value
  }

  /// The files that a record lists; of older versions, which list none, the outputs.
  static func files(_ record: JSONValue) -> [Written] {
    if record[.files]?.arrayValue != nil { return list(record[.files]) }
    return list(record[.outputs])
  }

  private static func list(_ value: JSONValue?) -> [Written] {
    (value?.arrayValue ?? []).compactMap { file in
      // A name that leads out of the folder is none that floe wrote.
      guard let name = file[.name]?.stringValue, OutputNames.normal(name) == name else { return nil }
      return Written(name: name, bytes: file[.bytes]?.intValue, sha256: file[.sha256]?.stringValue)
    }
  }
}
