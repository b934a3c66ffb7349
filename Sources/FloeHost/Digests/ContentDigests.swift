import FloeIO
import FloeSDK
import Foundation
import Synchronization

/// SHA-256 of files and folders by their content, remembered by path, size, inode and times.
///
/// A file is one digest of its bytes, as `sha256sum` prints it. Where files lie beside it that GDAL, OGR or SQLite read
/// with it, or where it is a mosaic that names others, and for a folder, the digest is that of the list of digests and
/// names. A product's folder whose files are as its manifest says is known by the manifest, as on a server.
///
/// What was found is kept in `$XDG_CACHE_HOME/floe/digests`, a small file for each path, written aside and renamed, so
/// that any number of processes may use it at once; a damaged one costs reading again.
public final class ContentDigests: Sendable {
  /// A file that has been read.
  private struct Known: Codable, Sendable {
    let state: FileState
    let digest: String
  }
  /// What is kept about a path that was asked for.
  private struct Entry: Codable, Sendable {
    var path: String
    /// By the files' real paths, with the algorithm after them where it is another than SHA-256.
    var files: [String: Known]
  }
  /// A file, and the algorithm of a digest of it.
  private struct Part: Hashable, Sendable {
    static let standard = "SHA256"
    let path: String, algorithm: String

    init(_ path: String, _ algorithm: String = Part.standard) {
      self.path = path
      self.algorithm = algorithm
    }
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
    // Where a product's files turn out to be others than its manifest says, their own digests are needed then.
    for _ in 0..<2 {
      var missing: Set<Part> = []
      for path in Set(paths).sorted() {
        // A path that cannot be resolved is reported where its digest is needed.
        guard let content = try? Content(path) else { continue }
        recall(path)
        missing.formUnion(parts(of: content).filter { found(of: $0) == nil })
      }
      let unread = missing.sorted { ($0.path, $0.algorithm) < ($1.path, $1.algorithm) }
      _ = try await pool.map(unread.count, cancellation: cancellation) { i in
        // Likewise: the failure recurs, and is reported, where the digest is needed.
        _ = try? self.digest(of: unread[i])
      }
    }
  }

  /// What of a content is to be read: by the checksums of its manifest, unless one is known to differ.
  private func parts(of content: Content) -> [Part] {
    let listed = content.listed.map { (part: Part($0.path, $0.algorithm), value: $0.value) }
    let isOther = listed.contains { one in found(of: one.part).map { $0 != one.value } ?? false }
    return listed.isEmpty || isOther ? content.files.map { Part($0.path) } : listed.map(\.part)
  }

  /// Reads what is not known yet of some files, on all workers.
  func prepare(files: [String], pool: WorkerPool, cancellation: Cancellation) async throws {
    let unread = files.filter { found(of: Part($0)) == nil }
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
  public func of(_ path: String) throws -> String { try identity(of: path).digest }

  /// The digest of a file or folder, and what it rests on where that is not its bytes: `manifest`, or of an input on
  /// the network `etag`.
  func identity(of path: String) throws -> (digest: String, by: String?) {
    if RemotePath.isURL(path) || RemotePath.isRemote(path) {
      let found = try remote(path)
      return (found.digest, found.by == "bytes" ? nil : found.by)
    }
    let content = try Content(path)
    recall(path)
    if let manifest = content.manifest {
      let isSame = try content.listed.allSatisfy { try digest(of: Part($0.path, $0.algorithm)) == $0.value }
      if isSame {
        // The manifest is read with the content; its own digest shows later whether it was touched.
        _ = try digest(ofFile: manifest.path)
        keep(content, as: path)
        return (try manifest.digest(), "manifest")
      }
    }
    var list = ""
    for part in content.files { list += "\(try digest(ofFile: part.path))  \(part.name)\n" }
    keep(content, as: path)
    if content.isPlain, let only = content.files.first { return (try digest(ofFile: only.path), nil) }
    return (try SHA256.hexadecimal(of: Array(list.utf8)), nil)
  }

  /// Whether nothing of a file or folder was touched since its digest was taken, not even to be changed and changed
  /// back. Of an input on the network each part that is read is compared with what the server said at first.
  func isUntouched(_ path: String) -> Bool {
    if RemotePath.isURL(path) || RemotePath.isRemote(path) { return true }
    // One that cannot be looked at is not the one that was read.
    guard let content = try? Content(path) else { return false }
    if let manifest = content.manifest, found(of: Part(manifest.path)) == nil { return false }
    return parts(of: content).allSatisfy { found(of: $0) != nil }
  }

  private func remote(_ path: String) throws -> RemoteInput.Identity {
    let place = try RemotePath.resolve(path) ?? path
    if let found = remotes.withLock({ $0[place] }) { return found }
    let found = try RemoteInput.identity(place)
    remotes.withLock { $0[place] = found }
    return found
  }

  /// The digest of one file's bytes.
  func digest(ofFile path: String) throws -> String { try digest(of: Part(path)) }

  private func digest(of part: Part) throws -> String {
    let path = part.path
    guard let before = FileState(of: path), let name = Self.name(of: part) else {
      throw FloeError("there is no file '\(path)'")
    }
    if let kept = known.withLock({ $0[name] }), kept.state == before { return kept.digest }
    // An algorithm that libcrypto lacks gives no digest, which no checksum equals.
    let digest =
      try part.algorithm == Part.standard
      ? Fingerprint.sha256(ofFile: path) : FileDigest.hexadecimal(of: path, algorithm: part.algorithm) ?? ""
    guard FileState(of: path) == before else { throw FloeError("'\(path)' changed while it was read") }
    known.withLock { $0[name] = Known(state: before, digest: digest) }
    unkept.withLock { _ = $0.insert(name) }
    return digest
  }

  /// A digest that need not be read again; nil for any other.
  private func found(of part: Part) -> String? {
    guard let state = FileState(of: part.path), let name = Self.name(of: part) else { return nil }
    return known.withLock { $0[name].flatMap { $0.state == state ? $0.digest : nil } }
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

  private static func name(of part: Part) -> String? {
    real(part.path).map { part.algorithm == Part.standard ? $0 : "\($0)#\(part.algorithm)" }
  }

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

  /// Keeps what was found out about a path, where anything of it is new.
  private func keep(_ content: Content, as path: String) {
    let parts = content.files.map { Part($0.path) } + content.listed.map { Part($0.path, $0.algorithm) }
    let names = parts.compactMap(Self.name(of:))
    guard unkept.withLock({ unkept in names.contains { unkept.contains($0) } }) else { return }
    let files = known.withLock { known in
      Dictionary(names.compactMap { name in known[name].map { (name, $0) } }) { first, _ in first }
    }
    keep(Entry(path: Self.real(path) ?? path, files: files))
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
