import FloeSDK
import Foundation
import Synchronization

/// Declarations of known plugins in `$XDG_CACHE_HOME/floe`, so that listing steps loads no plugin.
///
/// An entry holds for one path, size, time of change and kit stamp. A cache that cannot be read or written costs time,
/// never a result.
public final class PluginCache: Sendable {
  private struct Entry: Codable {
    let identity: FileIdentity
    let stamp: String
    let manifest: PluginManifest
  }
  private let file: String?
  private let entries: Mutex<[String: Entry]>

  /// A cache in a folder; nil keeps nothing beyond the process.
  public init(folder: String? = PluginCache.standardFolder) {
    file = folder.map { $0 + "/plugins.json" }
    var loaded: [String: Entry] = [:]
    // An absent, outdated or broken cache only means that plugins are probed again.
    if let file, let data = FileManager.default.contents(atPath: file), let read = try? JSONDecoder().decode([String: Entry].self, from: data) {
      loaded = read
    }
    entries = Mutex(loaded)
  }

  /// `$XDG_CACHE_HOME/floe` or `~/.cache/floe`.
  public static var standardFolder: String? {
    let environment = ProcessInfo.processInfo.environment
    return (environment["XDG_CACHE_HOME"] ?? environment["HOME"].map { $0 + "/.cache" }).map { $0 + "/floe" }
  }

  subscript(path: String, identity: FileIdentity) -> PluginManifest? {
    entries.withLock { entries in
      guard let e = entries[path], e.identity == identity, e.stamp == PluginDoor.kitStamp else { return nil }
      return e.manifest
    }
  }

  func store(_ manifest: PluginManifest, _ path: String, _ identity: FileIdentity) {
    let data: Data? = entries.withLock { entries in
      entries[path] = Entry(identity: identity, stamp: PluginDoor.kitStamp, manifest: manifest)
      // Encoding plain values cannot fail; were it to, the cache would only stay as it was.
      return try? JSONEncoder().encode(entries)
    }
    guard let file, let data else { return }
    // A read-only home only costs the next start some time.
    try? FileManager.default.createDirectory(atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try? data.write(to: URL(fileURLWithPath: file), options: .atomic)
  }
}
