import FloeIO
import FloeSDK
import Foundation

/// Whether the folder of a scene holds the outputs of another scene: files of one name from several folders, day by day
/// into one batch, would replace each other.
struct SceneIdentity: Sendable {
  let pipeline: Pipeline
  let digests: ContentDigests

  /// The sentence about a scene whose folder was made of another input; nil where it is the same scene, wherever the
  /// input lies by now, or where nothing is there.
  func conflict(_ item: BatchItem, folder: String) -> String? {
    guard !item.identity.isEmpty, let record = FolderRecord(of: folder).run else { return nil }
    let working = record[.workingFolder]?.stringValue ?? "."
    let contents = Set((record[.fingerprints]?.arrayValue ?? []).compactMap { $0[.fingerprint]?.stringValue })
    let inputs = Set((record[.inputs]?.arrayValue ?? []).compactMap(\.stringValue))
    for name in item.identity {
      guard let input = pipeline.inputs[name], let was = record[.settings]?[name]?.stringValue,
        let now = item.settings[name]
      else { continue }
      let before = input.values(in: was).map { Self.place($0, from: working) }
      let after = input.values(in: now).map { Self.place($0, from: FileManager.default.currentDirectoryPath) }
      if before == after { continue }
      // A list may be one of files as well as one of names.
      guard input.isFile || (before + after).contains(where: { isFile($0, among: inputs) }) else { continue }
      // An input without a digest is not known to be the same.
      let found = after.compactMap { try? digests.of($0) }
      if before.count == after.count, found.count == after.count, found.allSatisfy({ contents.contains($0) }) {
        continue
      }
      return """
        scene '\(item.name)' in \(folder) was made of \(name)=\(before.joined(separator: ",")) and would be replaced \
        by that of \(after.joined(separator: ",")): choose another folder with -o, name the scenes in a CSV file with \
        a column 'name', or give --overwrite to replace it
        """
    }
    return nil
  }

  /// Whether a value names a file: one that the run read, or one that lies there.
  private func isFile(_ value: String, among inputs: Set<String>) -> Bool {
    let file = DatasetName(value)?.file ?? value
    return inputs.contains(file) || RemotePath.isURL(file) || FileState(of: file) != nil
  }

  /// A path as a whole; what is none stays as it is.
  private static func place(_ value: String, from folder: String) -> String {
    if RemotePath.isURL(value) { return value }
    if let name = DatasetName(value) { return name.moved(to: place(name.file, from: folder)) }
    let path = value.hasPrefix("/") ? value : "\(folder)/\(value)"
    return URL(fileURLWithPath: path).standardizedFileURL.path
  }
}
