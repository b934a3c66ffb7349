import FloeSDK
import Foundation

/// Checks of the folder that outputs go to.
enum OutputFolder {
  /// Why a folder cannot take outputs; nil when it can. A folder that does not exist yet is judged by its nearest
  /// parent.
  static func refusal(_ folder: String) -> String? {
    if let refusal = FileNameLength(folder).refusal() { return refusal }
    var url = URL(fileURLWithPath: folder)
    let files = FileManager.default
    var isFolder: ObjCBool = false
    while !files.fileExists(atPath: url.path, isDirectory: &isFolder) {
      if url.path == "/" { return "the output folder cannot be made" }
      // An entry that is there and leads nowhere: a folder cannot be made in its place.
      if let target = try? files.destinationOfSymbolicLink(atPath: url.path) {
        return "the output folder cannot be made: \(url.path) is a link to \(target), which does not exist"
      }
      url.deleteLastPathComponent()
    }
    if !isFolder.boolValue { return "the output folder cannot be made: \(url.path) is a file" }
    if access(url.path, W_OK) != 0 {
      return "the output folder cannot be written: no permission to write in \(url.path)"
    }
    return nil
  }
}
