import FloeIO
import FloeSDK
import Foundation

/// Unpacks a fetched archive into the product's folder, whole or not at all.
enum Unpacking {
  /// Whether a file begins as zip archives do (PKWARE's APPNOTE 6.3, 4.3.7 and 4.3.16 for an empty one).
  static func isArchive(_ path: String) throws -> Bool {
    let start = try VirtualFile.read(path, limit: 4)
    return start == [0x50, 0x4b, 0x03, 0x04] || start == [0x50, 0x4b, 0x05, 0x06]
  }

  /// - Parameters:
  ///   - archive: removed once the folder is in place.
  ///   - name: the folder at the archive's top.
  static func unpack(_ archive: String, to target: String, named name: String) throws {
    guard try isArchive(archive) else { throw FloeError("\(archive) is no zip archive") }
    let root = VirtualFile.zip(archive)
    let entries: [String]
    do { entries = try VirtualFile.list(root, recursive: true) } catch is FloeError {
      // The library's sentence is about a folder, which nobody asked for.
      throw FloeError("\(archive) is no zip archive that can be read: its list of files is missing or damaged")
    }
    // The library leaves out in silence what would lie outside.
    for entry in try ArchiveIndex.names(of: archive) { try check(entry, archive, name) }
    let making = try TemporaryFolder(in: Folder.parent(of: target))
    var count = 0
    for entry in entries {
      try check(entry, archive, name)
      let to = "\(making.path)/\(entry)"
      if entry.hasSuffix("/") {
        try Folder.make(to)
      } else {
        try Folder.make(Folder.parent(of: to))
        try VirtualFile.extract("\(root)/\(entry)", to: to)
        count += 1
      }
    }
    guard count > 0 else { throw FloeError("\(archive) holds no file") }
    try making.publish()
    unlink(archive)
  }

  private static func check(_ entry: String, _ archive: String, _ name: String) throws {
    let parts = entry.split(separator: "/", omittingEmptySubsequences: true)
    guard !entry.hasPrefix("/"), !parts.contains(".."), parts.first.map(String.init) == name else {
      throw FloeError("\(archive) holds '\(entry.prefix(200))', which would not lie in the folder \(name)")
    }
  }
}
