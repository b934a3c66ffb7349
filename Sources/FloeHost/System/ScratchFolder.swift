import FloeIO
import FloeSDK
import Foundation

/// A run's own folder inside of a shared one (`--scratch`): runs that use the same one do not meet, and what a run
/// leaves that is killed is found and removed by the next.
final class ScratchFolder: Sendable {
  private let temporary: TemporaryFolder
  /// Tells other processes that the folder's run is alive.
  private let lock: FileLock?
  /// The run's own folder.
  var path: String { temporary.path }

  /// Makes a folder inside of `shared`.
  init(in shared: String) throws {
    do { temporary = try TemporaryFolder(in: shared) } catch {
      throw FloeError("scratch folder \(shared) cannot be written: \(error)")
    }
    lock = try FolderMark.put(on: temporary.path)
  }

  /// Removes the folder.
  func remove() { temporary.discard() }
}

/// The file by which a temporary folder shows whether its run is alive: its lock ends with the process.
enum FolderMark {
  static let name = "lock"

  /// Puts it into a folder, under its own name only once it is locked: a process that finds it unlocked knows that the
  /// run has ended.
  static func put(on folder: String) throws -> FileLock? {
    let file = "\(folder)/\(name)"
    try VirtualFile.write([], to: file + ".new")
    let lock = FileLock(file + ".new", waits: false)
    guard rename(file + ".new", file) == 0 else {
      throw FloeError("\(file) cannot be made: \(String(cString: strerror(errno)))")
    }
    return lock
  }

  /// The temporary folders in a folder whose runs are gone, by name.
  static func abandoned(in folder: String) -> [String] {
    // A folder that cannot be listed has nothing that could be removed.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { name in
      guard name.hasPrefix(".floe-"), Folder.isFolder("\(folder)/\(name)"),
        let lock = FileLock("\(folder)/\(name)/\(Self.name)", waits: false)
      else { return false }
      return withExtendedLifetime(lock) { true }
    }.sorted()
  }
}
