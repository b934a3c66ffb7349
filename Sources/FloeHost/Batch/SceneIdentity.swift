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
    let files = item.identity.filter { pipeline.inputs[$0]?.isFile == true }
    guard !files.isEmpty, let record = FolderRecord(of: folder).run else { return nil }
    let working = record[.workingFolder]?.stringValue ?? "."
    let contents = Set((record[.fingerprints]?.arrayValue ?? []).compactMap { $0[.fingerprint]?.stringValue })
    for name in files {
      guard let was = record[.settings]?[name]?.stringValue, let now = item.settings[name] else { continue }
      let before = Self.place(was, from: working)
      let after = Self.place(now, from: FileManager.default.currentDirectoryPath)
      if before == after { continue }
      // An input that cannot be told is not known to be the same.
      if let digest = try? digests.of(now), contents.contains(digest) { continue }
      return """
        scene '\(item.name)' in \(folder) was made of \(name)=\(before) and would be replaced by that of \(after): \
        choose another folder with -o, name the scenes in a CSV file with a column 'name', or give --overwrite to \
        replace it
        """
    }
    return nil
  }

  /// A path as a whole; what is none stays as it is.
  private static func place(_ value: String, from folder: String) -> String {
    if RemotePath.isURL(value) || DatasetName(value) != nil { return value }
    let path = value.hasPrefix("/") ? value : "\(folder)/\(value)"
    return URL(fileURLWithPath: path).standardizedFileURL.path
  }
}
