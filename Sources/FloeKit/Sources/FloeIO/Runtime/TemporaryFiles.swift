import FloeCore
internal import Foundation
import Glibc
import Synchronization

/// Names for files that live for a moment, on a disk and not in memory.
public enum TemporaryFiles {
  /// `TMPDIR` or, without it, `/var/tmp`.
  static var standardFolder: String {
    let named = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    return named.isEmpty ? LocalFile.isDirectory("/var/tmp") ? "/var/tmp" : "/tmp" : named
  }

  /// An empty file of one's own with a name that nobody can guess, which ends in `label`; the caller removes it.
  ///
  /// - Parameter folder: the folder to make it in; nil for `TMPDIR` or, without it, `/var/tmp`.
  /// - Throws: when the folder cannot be written.
  public static func make(_ label: String, in folder: String? = nil) throws -> String {
    let folder = folder ?? standardFolder
    let ending = "-" + label.replacing("/", with: "-")
    var template = Array("\(folder)/floe-XXXXXX\(ending)".utf8CString)
    // Made at once and never followed where a link of that name lies: in folders of everybody names can be taken.
    let descriptor = mkstemps(&template, Int32(ending.utf8.count))
    guard descriptor >= 0 else {
      throw FloeError("no temporary file can be made in '\(folder)': \(String(cString: strerror(errno)))")
    }
    close(descriptor)
    return template.withUnsafeBufferPointer { text($0.baseAddress) ?? "" }
  }
}

/// A file without a name for scratch: it vanishes with its descriptor, however the process ends. Read with pread, never
/// mapped.
final class UnnamedTemporaryFile: Sendable {
  let descriptor: Int32
  /// The folder it was made in.
  let directory: String

  /// A new file in a folder, which should not lie on a memory file system.
  init(in directory: String) throws {
    self.directory = directory
    // Together with O_DIRECTORY this is O_TMPFILE, a combined macro that Swift does not see.
    let unnamed = open(directory, 0o20_000_000 | O_DIRECTORY | O_RDWR | O_CLOEXEC, 0o600)
    if unnamed >= 0 {
      descriptor = unnamed
      return
    }
    var template = Array("\(directory)/floe-scratch-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw Self.failure(errno, directory, 0) }
    // What Swift sees of glibc has no mkostemp.
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    unlink(template)
  }

  deinit { Self.closeAside(descriptor) }

  /// The sentence that scratch of so many bytes cannot be written.
  func failure(_ code: Int32, _ byteCount: Int) -> FloeError { Self.failure(code, directory, byteCount) }
  /// The sentence that scratch cannot be read.
  func readingFailure(_ code: Int32) -> FloeError {
    FloeError("the scratch file in '\(directory)' cannot be read: \(String(cString: strerror(code)))")
  }

  private static func failure(_ code: Int32, _ directory: String, _ byteCount: Int) -> FloeError {
    let reason = String(cString: strerror(code))
    return FloeError(
      """
      scratch of \(byteCount) bytes cannot be written to the folder '\(directory)': \(reason); choose another \
      folder with more room
      """
    )
  }

  /// Closes on a thread of its own: the system gives back a large file's pages for a third of a second, and nobody
  /// needs to wait for that.
  private static func closeAside(_ descriptor: Int32) {
    guard descriptor >= 0 else { return }
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { pthread_attr_destroy(&attributes) }
    // The number travels in the pointer, one higher since a descriptor may be 0.
    let status = pthread_create(
      &thread, &attributes,
      { raw in
        close(Int32(Int(bitPattern: raw) - 1))
        return nil
      }, UnsafeMutableRawPointer(bitPattern: Int(descriptor) + 1))
    if status != 0 { close(descriptor) }
  }
}

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
    var missing: [String] = []
    var up = target
    while !up.isEmpty, up != "/", access(up, F_OK) != 0 {
      missing.insert(up, at: 0)
      up = up.lastIndex(of: "/").map { String(up[..<$0]) } ?? ""
    }
    made = missing
    for folder in missing where mkdir(folder, 0o777) != 0 && errno != EEXIST { throw Self.cannotMake(folder) }
    // A folder of that name is somebody else's: of a run that was killed, or of one in another container, where numbers
    // of processes recur.
    func next() -> String { "\(target)/.floe-\(getpid())-\(Self.counter.add(1, ordering: .relaxed).newValue)" }
    var folder = next()
    while mkdir(folder, 0o777) != 0 {
      guard errno == EEXIST else { throw Self.cannotMake(folder) }
      folder = next()
    }
    path = folder
    Self.open.withLock { $0[path] = made }
  }

  private static func cannotMake(_ folder: String) -> FloeError {
    FloeError("folder \(folder) cannot be made: \(String(cString: strerror(errno)))")
  }

  deinit { discard() }

  /// Renames every entry of the folder into the target, replacing what has the same name, and removes the folder.
  public func publish() throws {
    for name in try LocalFile.list(path) {
      let to = "\(target)/\(name)"
      if LocalFile.isDirectory(to) { Self.delete(to) }
      guard rename("\(path)/\(name)", to) == 0 else {
        throw FloeError("\(to) cannot be put in place: \(String(cString: strerror(errno)))")
      }
    }
    remove()
  }

  /// Removes the folder after its content was moved away.
  public func remove() {
    Self.delete(path)
    let folder = path
    Self.open.withLock { $0[folder] = nil }
  }

  /// Removes the folder and the folders that were made for it and are empty.
  public func discard() {
    guard Self.open.withLock({ $0[path] != nil }) else { return }
    remove()
    for folder in made.reversed() { rmdir(folder) }
  }

  /// Whether a folder of this process is in use.
  public static var isAnyOpen: Bool { open.withLock { !$0.isEmpty } }

  /// Removes all folders of this process, and those that were made for them and are empty; for one that ends, whatever
  /// ends it. A folder that was there before, such as `TMPDIR`, stays.
  public static func discardAll() {
    let all = open.withLock { $0 }
    for folder in all.keys { delete(folder) }
    // The innermost first: each must be empty.
    for folder in all.values.joined().sorted(by: { $0.utf8.count > $1.utf8.count }) { rmdir(folder) }
  }

  private static func delete(_ folder: String) {
    // Another thread may still be writing: a second and third look remove what came in between.
    for _ in 0..<3 where access(folder, F_OK) == 0 {
      // What cannot be removed is not reported: this runs while a process ends.
      try? FileManager.default.removeItem(atPath: folder)
    }
  }

  /// The folders in use, each with those that were made for it.
  private static let open = Mutex<[String: [String]]>([:])
  private static let counter = Atomic<Int>(0)
}
