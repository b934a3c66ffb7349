internal import Foundation
import Synchronization

/// A folder in which files are made before they are renamed to their places; it is gone whatever becomes of the run.
///
/// Steps that write products of their own use one beside the target, so that nothing half written is ever seen:
/// ```swift
/// let making = try TemporaryFolder(in: folder)
/// ... write into making.path ...
/// try making.publish()
/// ```
public final class TemporaryFolder: Sendable {
  /// The temporary folder itself.
  public let path: String
  /// The folder that it stands in, to which `publish` moves its entries.
  public let target: String
  /// Folders above that were made for it, outermost first; removed again when they stay empty.
  private let made: [String]

  /// Makes a folder inside `target`, and `target` itself if need be.
  public init(in target: String) throws {
    self.target = target
    var missing: [String] = [], up = target
    while !up.isEmpty, up != "/", access(up, F_OK) != 0 {
      missing.insert(up, at: 0)
      up = up.lastIndex(of: "/").map { String(up[..<$0]) } ?? ""
    }
    made = missing
    for folder in missing where mkdir(folder, 0o777) != 0 && errno != EEXIST { throw Self.cannotMake(folder) }
    // A folder of that name is somebody else's: of a run that was killed, or of one in another container, where numbers of processes recur.
    func next() -> String { "\(target)/.floe-\(getpid())-\(Self.counter.add(1, ordering: .relaxed).newValue)" }
    var folder = next()
    while mkdir(folder, 0o777) != 0 {
      guard errno == EEXIST else { throw Self.cannotMake(folder) }
      folder = next()
    }
    path = folder
    Self.open.withLock { _ = $0.insert(path) }
  }

  private static func cannotMake(_ folder: String) -> FloeError {
    FloeError("folder \(folder) cannot be made: \(String(cString: strerror(errno)))")
  }

  deinit { discard() }

  /// Renames every entry of the folder into the target, replacing what has the same name, and removes the folder.
  public func publish() throws {
    for name in try VirtualFile.list(path) {
      let to = "\(target)/\(name)"
      if VirtualFile.isDirectory(to) { Self.delete(to) }
      guard rename("\(path)/\(name)", to) == 0 else { throw FloeError("\(to) cannot be put in place: \(String(cString: strerror(errno)))") }
    }
    remove()
  }

  /// Removes the folder after its content was moved away.
  public func remove() {
    Self.delete(path)
    let folder = path
    Self.open.withLock { _ = $0.remove(folder) }
  }

  /// Removes the folder and the folders that were made for it and are empty.
  public func discard() {
    guard Self.open.withLock({ $0.contains(path) }) else { return }
    remove()
    for folder in made.reversed() { rmdir(folder) }
  }

  /// Whether a folder of this process is in use.
  public static var isAnyOpen: Bool { open.withLock { !$0.isEmpty } }

  /// Removes all folders of this process; for one that is interrupted.
  public static func discardAll() {
    for folder in open.withLock({ $0 }) {
      delete(folder)
      if let slash = folder.lastIndex(of: "/") { rmdir(String(folder[..<slash])) }
    }
  }

  private static func delete(_ folder: String) {
    // Another thread may still be writing: a second and third look remove what came in between.
    for _ in 0..<3 where access(folder, F_OK) == 0 {
      // What cannot be removed has nobody to tell: this runs while a process ends.
      try? FileManager.default.removeItem(atPath: folder)
    }
  }

  private static let open = Mutex<Set<String>>([])
  private static let counter = Atomic<Int>(0)
}
