import FloeSDK
import Foundation

/// Folders of the local disk.
public enum Folder {
  /// Makes a folder and those above it that are missing.
  ///
  /// - Throws: a sentence that names the folder which cannot be made, and the system's reason.
  public static func make(_ path: String) throws {
    var missing: [String] = []
    var up = path
    while !up.isEmpty, up != "/", !isFolder(up) {
      missing.insert(up, at: 0)
      up = parent(of: up)
    }
    for folder in missing where mkdir(folder, 0o777) != 0 {
      let reason = errno
      // Another process may have made it in between.
      if reason == EEXIST, isFolder(folder) { continue }
      throw FloeError(
        """
        folder '\(folder)' cannot be made: \
        \(reason == EEXIST ? "a file or a link to nothing is in its place" : String(cString: strerror(reason)))
        """
      )
    }
  }

  /// The folder, or the nearest one above it that exists.
  public static func nearest(_ path: String) -> String {
    var up = path
    while !isFolder(up), up != "/", !up.isEmpty { up = parent(of: up) }
    return up.isEmpty ? "." : up
  }

  /// The folder that a path lies in; empty for a bare name. Foundation's own traps on names of one letter.
  static func parent(of path: String) -> String {
    path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ""
  }

  /// Whether there is a folder, or a link to one.
  public static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }
}
