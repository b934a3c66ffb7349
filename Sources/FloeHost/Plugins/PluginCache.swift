import FloeSDK
import Foundation
import Synchronization

/// Declarations of known plugins in `$XDG_CACHE_HOME/floe/plugins`, so that listing steps loads no plugin.
///
/// Each plugin has a file of its own, so that a start reads nothing of plugins that lie elsewhere. An entry holds for
/// one path, size, time of change and kit stamp. A cache that cannot be read or written costs time, never a result.
public final class PluginCache: Sendable {
  private struct Entry: Codable {
    let path: String
    let identity: FileIdentity
    let stamp: String
    let manifest: PluginManifest
  }
  private let folder: String?
  private let entries = Mutex<[String: Entry]>([:])

  /// A cache in a folder; nil keeps nothing beyond the process.
  public init(folder: String? = PluginCache.standardFolder) { self.folder = folder.map { $0 + "/plugins" } }

  /// `$XDG_CACHE_HOME/floe` or `~/.cache/floe`.
  public static var standardFolder: String? {
    let environment = ProcessInfo.processInfo.environment
    return (environment["XDG_CACHE_HOME"] ?? environment["HOME"].map { $0 + "/.cache" }).map { $0 + "/floe" }
  }

  subscript(path: String, identity: FileIdentity) -> PluginManifest? {
    entries.withLock { entries in
      if entries[path] == nil { entries[path] = read(path) }
      guard let e = entries[path], e.identity == identity, e.stamp == PluginEntryPoint.kitStamp else { return nil }
      return e.manifest
    }
  }

  func store(_ manifest: PluginManifest, _ path: String, _ identity: FileIdentity) {
    let entry = Entry(path: path, identity: identity, stamp: PluginEntryPoint.kitStamp, manifest: manifest)
    entries.withLock { $0[path] = entry }
    // Encoding plain values cannot fail; were it to, the cache would only stay as it was.
    guard let folder, let data = try? JSONEncoder().encode(entry) else { return }
    // A read-only home only costs the next start some time.
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try? data.write(to: URL(fileURLWithPath: file(path, in: folder)), options: .atomic)
  }

  private func read(_ path: String) -> Entry? {
    // An absent, outdated or broken entry only means that the plugin is probed again.
    guard let folder, let data = FileManager.default.contents(atPath: file(path, in: folder)) else { return nil }
    guard let entry = try? JSONDecoder().decode(Entry.self, from: data), entry.path == path else { return nil }
    return entry
  }

  /// The plugin's own name and a digest of its path (FNV-1a): two plugins of one digest only replace each other's
  /// entry.
  private func file(_ path: String, in folder: String) -> String {
    let digest = path.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return "\(folder)/\(PluginManifest.product(ofFile: path))-\(String(digest, radix: 16)).json"
  }
}
