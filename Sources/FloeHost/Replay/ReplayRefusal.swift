import FloeIO
import FloeSDK
import Foundation

/// Why there is nothing to make again, in words for what was given.
extension Replay {
  /// The sentence about a path that no record tells of.
  static func refusal(of path: String) -> String {
    let isThere = FileState(of: path) != nil
    let (above, name) = (Folder.parent(of: path), (path as NSString).lastPathComponent)
    if let message = failure(of: name, in: above) { return "the scene failed and wrote nothing: \(message)" }
    guard isThere else { return "there is no such output or record" }
    for folder in [path, above] {
      if let batch = ledger(in: folder) { return sentence(about: batch, in: folder) }
      if let refusal = FolderRecord(of: folder).refusal {
        return "\(refusal), or was cut short: nothing tells what made the files beside it"
      }
    }
    if isLock(path) { return "it is a lock, not an output: floe run and floe batch take it with --frozen" }
    return "no \(OutputNames.record) beside it tells of it; give the record of the run that made it"
  }

  private static func ledger(in folder: String) -> LedgerContent? {
    let path = "\(folder)/\(BatchFiles.ledger)"
    // A folder whose ledger is not there or cannot be read is none of a batch.
    return (try? VirtualFile.read(path)).flatMap { LedgerContent($0, path: path) }
  }

  private static func failure(of scene: String, in folder: String) -> String? {
    guard let ledger = Self.ledger(in: folder), case .failed(let entry) = ledger.state(of: scene),
      FileState(of: "\(folder)/\(scene)/\(OutputNames.record)") == nil
    else { return nil }
    return entry.message
  }

  private static func sentence(about ledger: LedgerContent, in folder: String) -> String {
    let done = ledger.states.first { FolderRecord(of: "\(folder)/\($0.scene)").run != nil }
    guard let done else { return "it is of a batch, of which no scene is done: there is nothing to make again" }
    return """
      it is of a batch, in which each scene has a record of its own: give one of the scenes, such as \
      \(folder)/\(done.scene)
      """
  }

  private static func isLock(_ path: String) -> Bool {
    // What cannot be read, or is no JSON, is no lock.
    guard let bytes = try? VirtualFile.read(path), bytes.first == UInt8(ascii: "{"),
      let value = try? JSONText.decode(bytes: bytes, name: path)
    else { return false }
    return value[.lock] != nil
  }

  /// Refuses a replay whose inputs are not where they were.
  ///
  /// - Parameters:
  ///   - settings: what the inputs are set to, paths made absolute.
  ///   - named: the inputs that the caller sets anew, about which the planner tells.
  /// - Throws: `RequestRefused` with a sentence for each file that is gone.
  public func requireInputs(_ settings: [String: String], of pipeline: Pipeline, except named: Set<String>) throws {
    var problems: [Problem] = []
    for (name, value) in settings.sorted(by: { $0.key < $1.key }) where !named.contains(name) {
      guard let input = pipeline.inputs[name] else { continue }
      for text in input.values(in: value) {
        let file = DatasetName(text)?.file ?? text
        guard file.hasPrefix("/"), input.isFile || isInput(file), !VirtualFile.exists(file) else { continue }
        problems.append(
          Problem(
            file: path, line: 0,
            """
            input '\(name)': there is no file or folder \(file) any more; --set \(name)=PATH tells where it is now
            """))
      }
    }
    guard problems.isEmpty else { throw RequestRefused(problems) }
  }
}
