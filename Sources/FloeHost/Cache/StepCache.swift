import FloeIO
import FloeSDK
import Foundation

/// Outputs of steps by their content keys, a file for each step, in a folder that any number of processes and machines
/// may share.
///
/// Files are written under another name, brought to the disk and renamed, so that an entry is whole or not there; one
/// that was damaged later is found by its checksums when it is read. Entries that were not used for longest go first
/// when the folder holds more than its limit.
public struct StepCache: Sendable {
  /// How a folder of a cache is used.
  public struct Options: Sendable {
    /// The folder.
    public var folder: String
    /// What the entries may take together, in bytes.
    public var limit: Int
    /// A cache in a folder.
    public init(folder: String, limit: Int = Self.standardLimit) {
      self.folder = folder
      self.limit = limit
    }
    /// 20 GB: some twenty full tiles.
    public static let standardLimit = 20_000_000_000
  }

  /// An entry as its file describes it, without its content.
  public struct Listed: Sendable {
    /// The key, 64 hexadecimal digits.
    public let key: String
    /// Size of the file in bytes.
    public let bytes: Int
    /// When it was last used, in seconds since 1970.
    public let used: Int
    /// The step that it holds outputs of (name in the pipeline, kind), and their names; nil for a damaged one.
    public let content: (step: String, use: String, ports: [String])?
  }

  static let ending = ".floe-step"
  /// The end of names of files that are being written.
  static let unfinished = "unfinished.floe-step-part"
  /// What is being written for longer than this was left by a process that was killed.
  private static let longestWriting = 24 * 3600

  let options: Options
  /// Whether entries can be added.
  let isWritable: Bool

  /// Opens a cache, and makes its folder where it is to be written.
  ///
  /// - Throws: `RequestRefused` with a sentence where the folder cannot be made or read.
  public init(_ options: Options) throws {
    self.options = options
    let folder = options.folder
    do { try Folder.make(folder) } catch { throw RequestRefused.because("the cache's \(error)") }
    // Only a listing shows whether it can be read; on some network disks rights alone do not.
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      throw RequestRefused.because("the cache's folder '\(folder)' cannot be read: \(String(cString: strerror(errno)))")
    }
    isWritable = access(folder, W_OK) == 0
    // A folder that holds other things too is not marked: programs that back up would leave these out as well.
    if isWritable, !names.contains(Self.tag), names.allSatisfy(Self.isOwn) {
      // Programs that back up leave out folders with this file (bford.info/cachedir); without it they only take longer.
      try? VirtualFile.write(
        "Signature: 8a477f597d28d172789f06886806bc55\n# Outputs of steps that floe keeps; see `floe cache`.\n",
        to: "\(folder)/\(Self.tag)")
    }
  }

  private static let tag = "CACHEDIR.TAG"

  private static func isOwn(_ name: String) -> Bool { name.hasSuffix(ending) || name.hasSuffix(unfinished) }

  /// Whether a folder is one of a cache: empty, marked, or with entries.
  public static func isCache(_ folder: String) -> Bool {
    guard Folder.isFolder(folder) else { return false }
    // Why a folder cannot be listed is told by whoever opens it.
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return true }
    return names.isEmpty || names.contains { $0 == tag || isOwn($0) }
  }

  func path(_ key: String) -> String { "\(options.folder)/\(key)\(Self.ending)" }

  // MARK: - Looking after it

  /// The entries, those used last first.
  public func list() throws -> [Listed] {
    try files(Self.ending).map { name, info in
      let path = "\(options.folder)/\(name)"
      // One whose description cannot be read is listed as damaged.
      let head = (try? CacheFile(path))?.head
      return Listed(
        key: String(name.dropLast(Self.ending.count)), bytes: Int(info.st_size), used: Int(info.st_mtim.tv_sec),
        content: head.map { ($0.step, $0.use, $0.ports.keys.sorted()) })
    }
  }

  /// What is wrong with an entry; nil for a whole one, and for one that is gone.
  public func damage(of key: String) -> String? {
    do {
      guard let file = try CacheFile(path(key)) else { return nil }
      guard file.head.key == key else { return "it is the entry of another key" }
      for section in file.head.ports.values.flatMap(\.sections) where try !file.isWhole(section) {
        return "its content has another checksum"
      }
      return nil
    } catch { return "\(error)" }
  }

  /// Takes an entry away; processes that read it go on reading.
  public func remove(_ key: String) throws {
    guard unlink(path(key)) == 0 || errno == ENOENT else {
      throw FloeError("'\(path(key))' cannot be removed: \(String(cString: strerror(errno)))")
    }
  }

  /// Takes entries away until the rest keeps to a limit, those first that were not used for longest, and what killed
  /// processes left half written.
  ///
  /// - Parameters:
  ///   - limit: bytes that may stay; nil for the cache's own limit.
  ///   - oldest: entries that were last used before this time go as well, in seconds since 1970.
  /// - Returns: how many entries went, and their bytes.
  @discardableResult
  public func prune(to limit: Int? = nil, oldest: Int = .min) throws -> (entries: Int, bytes: Int) {
    let limit = limit ?? options.limit
    let now = Int(time(nil))
    for (name, info) in try files("-" + Self.unfinished) where Int(info.st_mtim.tv_sec) < now - Self.longestWriting {
      unlink("\(options.folder)/\(name)")
    }
    var gone = (entries: 0, bytes: 0)
    var kept = 0
    var failure: FloeError?
    for (name, info) in try files(Self.ending) {
      let size = Int(info.st_size)
      if kept + size <= limit, Int(info.st_mtim.tv_sec) >= oldest {
        kept += size
        continue
      }
      guard unlink("\(options.folder)/\(name)") == 0 || errno == ENOENT else {
        // In a shared folder one entry may be another user's; the rest goes all the same.
        failure =
          failure
          ?? FloeError(
            "'\(options.folder)/\(name)' cannot be removed: \(String(cString: strerror(errno)))")
        continue
      }
      gone.entries += 1
      gone.bytes += size
      // What was used longer ago than one that went does not stay for being small; one that is larger than the limit
      // takes no other with it.
      if size <= limit { kept = max(kept, limit) }
    }
    if let failure { throw failure }
    return gone
  }

  /// Files with an ending, those used last first; of equal times by name.
  private func files(_ ending: String) throws -> [(name: String, info: stat)] {
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: options.folder) } catch {
      throw FloeError("the cache's folder '\(options.folder)' cannot be read: \(String(cString: strerror(errno)))")
    }
    return names.filter { $0.hasSuffix(ending) }.compactMap { name in
      var info = stat()
      // Another process may have taken it away since.
      return lstat("\(options.folder)/\(name)", &info) == 0 && info.st_mode & S_IFMT == S_IFREG ? (name, info) : nil
    }.sorted { a, b in
      (b.info.st_mtim.tv_sec, b.info.st_mtim.tv_nsec, a.name) < (a.info.st_mtim.tv_sec, a.info.st_mtim.tv_nsec, b.name)
    }
  }
}
