import FloeIO
import FloeSDK
import Foundation
import Synchronization

/// SHA-256 of files and folders by their content, remembered by path, size, inode and times.
///
/// A file is one digest of its bytes, as `sha256sum` prints it. Where files lie beside it that GDAL, OGR or SQLite read
/// with it, or where it is a mosaic that names others, and for a folder, the digest is that of the list of digests and
/// names. What was found is kept in `$XDG_CACHE_HOME/floe/digests`, a small file for each path, written aside and
/// renamed, so that any number of processes may use it at once; a damaged one costs reading again.
public final class ContentDigests: Sendable {
  /// A file that has been read.
  private struct Known: Codable, Sendable {
    let state: FileState
    let digest: String
  }
  /// What is kept about a path that was asked for.
  private struct Entry: Codable, Sendable {
    var path: String
    /// By the files' real paths.
    var files: [String: Known]
  }
  private let folder: String?
  private let known = Mutex<[String: Known]>([:])
  private let entriesRead = Mutex<Set<String>>([])
  /// Inputs on the network; every part that is read of one is compared with what the server said at first.
  private let remotes = Mutex<[String: RemoteInput.Identity]>([:])
  /// Files that were read by this process.
  private let unkept = Mutex<Set<String>>([])

  /// Digests that are kept in a folder, or for this process alone.
  public init(folder: String? = ContentDigests.standardFolder) { self.folder = folder }

  /// `$XDG_CACHE_HOME/floe/digests` or `~/.cache/floe/digests`.
  public static var standardFolder: String? { PluginCache.standardFolder.map { $0 + "/digests" } }

  /// Reads what is not known yet of some files and folders, on all workers.
  func prepare(_ paths: [String], pool: WorkerPool, cancellation: Cancellation) async throws {
    var missing: [String] = []
    for path in Set(paths).sorted() {
      // A path that cannot be resolved is reported where its digest is needed.
      guard let parts = try? Content(path).files else { continue }
      recall(path)
      missing += parts.map(\.path).filter { part in !isKnown(part) }
    }
    let unread = Array(Set(missing)).sorted()
    _ = try await pool.map(unread.count, cancellation: cancellation) { i in
      // Likewise: the failure recurs, and is reported, where the digest is needed.
      _ = try? self.digest(ofFile: unread[i])
    }
  }

  /// Reads what is not known yet of some files, on all workers.
  func prepare(files: [String], pool: WorkerPool, cancellation: Cancellation) async throws {
    let unread = files.filter { !isKnown($0) }
    // A file that is missing has no digest, which is reported where the digest is needed.
    _ = try await pool.map(unread.count, cancellation: cancellation) { i in _ = try? self.digest(ofFile: unread[i]) }
  }

  /// Takes up what was kept about the outputs in a folder.
  func recall(outputsOf folder: String) { recall(folder + "#outputs") }

  /// Keeps what was found out about the outputs in a folder.
  func keep(_ files: [String], outputsOf folder: String) {
    var entry = Entry(path: folder + "#outputs", files: [:])
    var isNew = false
    for file in files {
      guard let real = Self.real(file), let kept = known.withLock({ $0[real] }) else { continue }
      entry.files[real] = kept
      if unkept.withLock({ $0.contains(real) }) { isNew = true }
    }
    if isNew { keep(entry) }
  }

  /// The digest of a file or folder, 64 hexadecimal digits.
  ///
  /// - Throws: a sentence where the content cannot be known: a path into an archive or to the network, a file that may
  ///   not be read, or one that changes while it is read.
  public func of(_ path: String) throws -> String {
    if RemotePath.isURL(path) || RemotePath.isRemote(path) { return try remote(path).digest }
    let content = try Content(path)
    recall(path)
    var isNew = false
    var files: [String: Known] = [:]
    var list = ""
    for part in content.files {
      let digest = try digest(ofFile: part.path)
      list += "\(digest)  \(part.name)\n"
      guard let real = Self.real(part.path), let kept = known.withLock({ $0[real] }) else { continue }
      files[real] = kept
      if unkept.withLock({ $0.contains(real) }) { isNew = true }
    }
    if isNew { keep(Entry(path: Self.real(path) ?? path, files: files)) }
    if content.isPlain, let only = content.files.first { return try digest(ofFile: only.path) }
    return try SHA256.hexadecimal(of: Array(list.utf8))
  }

  /// Whether nothing of a file or folder was touched since its digest was taken, not even to be changed and changed
  /// back. Of an input on the network each part that is read is compared with what the server told at first.
  func isUntouched(_ path: String) -> Bool {
    if RemotePath.isURL(path) || RemotePath.isRemote(path) { return true }
    // One that cannot be looked at is not the one that was read.
    guard let content = try? Content(path) else { return false }
    return content.files.allSatisfy { isKnown($0.path) }
  }

  /// What the digest of an input on the network rests on where that is not its bytes; nil for all others.
  func basis(of path: String) -> String? {
    guard RemotePath.isURL(path) || RemotePath.isRemote(path) else { return nil }
    // An input without a digest has no basis either.
    return (try? remote(path).by).flatMap { $0 == "bytes" ? nil : $0 }
  }

  private func remote(_ path: String) throws -> RemoteInput.Identity {
    let place = try RemotePath.resolve(path) ?? path
    if let found = remotes.withLock({ $0[place] }) { return found }
    let found = try RemoteInput.identity(place)
    remotes.withLock { $0[place] = found }
    return found
  }

  /// The digest of one file's bytes.
  func digest(ofFile path: String) throws -> String {
    guard let before = FileState(of: path), let real = Self.real(path) else {
      throw FloeError("there is no file '\(path)'")
    }
    if let kept = known.withLock({ $0[real] }), kept.state == before { return kept.digest }
    let digest = try Fingerprint.sha256(ofFile: path)
    guard FileState(of: path) == before else { throw FloeError("'\(path)' changed while it was read") }
    known.withLock { $0[real] = Known(state: before, digest: digest) }
    unkept.withLock { _ = $0.insert(real) }
    return digest
  }

  /// Whether a file need not be read again.
  private func isKnown(_ path: String) -> Bool {
    guard let state = FileState(of: path), let real = Self.real(path) else { return false }
    return known.withLock { $0[real]?.state == state }
  }

  /// The digest of a library or program without what depends on the place where it was built, remembered likewise.
  func code(ofFile path: String) throws -> String {
    guard let state = FileState(of: path) else { throw FloeError("there is no file '\(path)'") }
    let name = (Self.real(path) ?? path) + "#code"
    recall(name)
    if let kept = known.withLock({ $0[name] }), kept.state == state { return kept.digest }
    let digest = try ProgramDigest.of(path)
    let found = Known(state: state, digest: digest)
    known.withLock { $0[name] = found }
    keep(Entry(path: name, files: [name: found]))
    return digest
  }

  // MARK: Keeping

  private static func real(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }

  private func file(_ name: String, in folder: String) throws -> String {
    "\(folder)/\(try SHA256.hexadecimal(of: Array(name.utf8)).prefix(32)).json"
  }

  private func recall(_ path: String) {
    let name = path.hasSuffix("#code") || path.hasSuffix("#outputs") ? path : Self.real(path) ?? path
    guard let folder, entriesRead.withLock({ $0.insert(name).inserted }) else { return }
    // An absent or damaged entry only means that the content is read again.
    guard let file = try? file(name, in: folder), let data = FileManager.default.contents(atPath: file),
      let entry = try? JSONDecoder().decode(Entry.self, from: data), entry.path == name
    else { return }
    known.withLock { known in for (path, found) in entry.files where known[path] == nil { known[path] = found } }
  }

  private func keep(_ entry: Entry) {
    var entry = entry
    entry.files = entry.files.filter { $0.value.state.isSettled }
    guard let folder, !entry.files.isEmpty else { return }
    // A read-only or full home only costs the next run some time, as does an entry that is lost to another process.
    guard let file = try? file(entry.path, in: folder), let data = try? JSONEncoder().encode(entry) else { return }
    try? Folder.make(folder)
    try? data.write(to: URL(fileURLWithPath: file), options: .atomic)
  }
}
