import FloeIO
import FloeSDK
import Foundation

extension StacDocument {
  /// The item of a folder that a platform staged in: with a catalogue of this one item, whose files lie below it.
  ///
  /// A folder of results, whose items floe wrote, is the folder that it is; nil for it as for any other folder.
  static func staged(_ text: String) throws -> Entry? {
    let folder = URL(fileURLWithPath: text, isDirectory: true).standardizedFileURL.path
    let catalogue = "\(folder)/catalog.json"
    guard Folder.isFolder(folder), FileState(of: catalogue) != nil,
      let entries = try StacDocument(catalogue)?.entries(), entries.count == 1, !entries[0].isOwn,
      URL(fileURLWithPath: entries[0].path).standardizedFileURL.path.hasPrefix(folder + "/")
    else { return nil }
    return entries[0]
  }
}

extension StacDocument.Entry {
  /// Compares a file of the disk with what its item says of it.
  ///
  /// - Parameter document: the document that the item is of, for sentences.
  /// - Returns: a sentence for people where the file is another one and may be; nil for nothing.
  /// - Throws: a sentence where it is not the file that the item describes.
  func check(named document: String) throws -> String? {
    guard size != nil || sha256 != nil, !RemotePath.isRemote(path), !Folder.isFolder(path),
      let state = FileState(of: path)
    else { return nil }
    let who = "the item '\(id)' of \(document)"
    if let size, size != state.size {
      throw FloeError(
        "\(path) is not the file that \(who) describes: it has \(state.size) bytes, file:size says \(size)")
    }
    guard let sha256 else { return nil }
    let digests = ContentDigests()
    // Takes up what was kept of the file, and keeps what is found: the run needs the same digest.
    _ = try digests.of(path)
    let found = try digests.digest(ofFile: path)
    guard found != sha256 else { return nil }
    if try VirtualFile.read(path, limit: 15) == Array("SQLite format 3".utf8) {
      return
        "\(path) was changed since \(who) was written, if only by a program that looked at it: its SHA-256 is another"
    }
    throw FloeError(
      """
      \(path) is not the file that \(who) describes: its SHA-256 is \(found.prefix(12))..., file:checksum says \
      \(sha256.prefix(12))...
      """)
  }
}
