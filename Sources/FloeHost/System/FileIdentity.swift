import FloeSDK
import Foundation

/// What distinguishes one state of a file from another.
struct FileIdentity: Codable, Hashable {
  let size: Int
  let modified: Double
  let isFile: Bool

  init?(of path: String) {
    var info = stat()
    guard stat(path, &info) == 0 else { return nil }
    size = Int(info.st_size)
    isFile = info.st_mode & S_IFMT == S_IFREG
    modified = Double(info.st_mtim.tv_sec) + Double(info.st_mtim.tv_nsec) * 1e-9
  }
}
