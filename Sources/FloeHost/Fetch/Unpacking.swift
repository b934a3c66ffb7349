import FloeIO
import FloeSDK
import Foundation

/// Unpacks a fetched archive into the product's folder, whole or not at all.
enum Unpacking {
  /// - Parameters:
  ///   - archive: removed once the folder is in place.
  ///   - name: the folder at the archive's top.
  static func unpack(_ archive: String, to target: String, named name: String) throws {
    let root = VirtualFile.zip(archive)
    let making = try TemporaryFolder(in: Folder.parent(of: target))
    var count = 0
    for entry in try VirtualFile.list(root, recursive: true) {
      let parts = entry.split(separator: "/", omittingEmptySubsequences: true)
      guard !entry.hasPrefix("/"), !parts.contains(".."), parts.first.map(String.init) == name else {
        throw FloeError("\(archive) holds '\(entry.prefix(80))', which would not lie in the folder \(name)")
      }
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
}
