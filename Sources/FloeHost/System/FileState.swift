import FloeSDK
import Foundation

/// What shows, without reading it, that a file is the one that was read before.
struct FileState: Codable, Hashable, Sendable {
  let size: Int
  let inode: UInt
  /// Time of the last change of the content, in nanoseconds since 1970.
  let modified: Int
  /// Time of the last change of content or attributes, in nanoseconds since 1970; no program can set it back.
  let changed: Int

  /// The state of what a path leads to; nil where nothing is there.
  init?(of path: String) {
    var info = stat()
    guard stat(path, &info) == 0 else { return nil }
    self.init(info)
  }

  init(_ info: stat) {
    size = Int(info.st_size)
    inode = UInt(info.st_ino)
    modified = Self.nanoseconds(info.st_mtim)
    changed = Self.nanoseconds(info.st_ctim)
  }

  /// Whether the file was left alone long enough for its time to tell a later change: some file systems count in steps
  /// of two seconds (FAT), and a change within a step would not be seen.
  var isSettled: Bool {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return changed < Self.nanoseconds(now) - 2_000_000_000
  }

  private static func nanoseconds(_ t: timespec) -> Int {
    // A broken clock or disk may give any time; wrapping only costs that the file is read again.
    Int(t.tv_sec) &* 1_000_000_000 &+ Int(t.tv_nsec)
  }
}

extension Folder {
  /// The regular files under a folder, relative to it, in the order of their names' bytes, each with its state.
  ///
  /// Links count as what they lead to; one that leads back up is not followed, pipes and devices are left out.
  ///
  /// - Throws: a sentence where a folder cannot be listed.
  static func files(in folder: String) throws -> [(name: String, state: FileState)] {
    var found: [(name: String, state: FileState)] = []
    try walk(folder, prefix: "", above: [], into: &found)
    return found.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  private struct Place: Hashable { let device: UInt, inode: UInt }

  private static func walk(
    _ folder: String, prefix: String, above: Set<Place>, into found: inout [(name: String, state: FileState)]
  ) throws {
    var info = stat()
    guard stat(folder, &info) == 0 else { return }
    let own = Place(device: UInt(info.st_dev), inode: UInt(info.st_ino))
    guard !above.contains(own) else { return }
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
      throw FloeError("folder '\(folder)' cannot be listed: \(String(cString: strerror(errno)))")
    }
    for name in names {
      var inner = stat()
      // A link to nothing has no content that a step could read.
      guard stat("\(folder)/\(name)", &inner) == 0 else { continue }
      switch inner.st_mode & S_IFMT {
      case S_IFDIR: try walk("\(folder)/\(name)", prefix: "\(prefix)\(name)/", above: above.union([own]), into: &found)
      case S_IFREG: found.append((prefix + name, FileState(inner)))
      default: break
      }
    }
  }
}
