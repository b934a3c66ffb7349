import FloeSDK
import Foundation

/// Finds plugin files and lists what each brings: from the cache, or by probing unknown ones in a child process.
public struct PluginFinder: Sendable {
  /// Folders searched, in order; the first plugin with a step's name wins.
  public let folders: [String]
  /// The executable that is run as `PROBE __probe FILE`.
  public let probe: String
  private let cache: PluginCache

  /// A finder over folders.
  public init(folders: [String], probe: String, cache: PluginCache = PluginCache()) {
    var seen: Set<String> = []
    self.folders = folders.filter { seen.insert($0).inserted }
    self.probe = probe
    self.cache = cache
  }

  /// The usual folders: `extra`, `$FLOE_PLUGIN_PATH`, `$XDG_DATA_HOME/floe/plugins`, beside the executable.
  public static func standardFolders(extra: [String], executable: String, environment: [String: String]) -> [String] {
    var folders = extra
    folders += (environment["FLOE_PLUGIN_PATH"] ?? "").split(separator: ":").map(String.init)
    if let data = environment["XDG_DATA_HOME"] ?? environment["HOME"].map({ $0 + "/.local/share" }) {
      folders.append(data + "/floe/plugins")
    }
    let beside = URL(fileURLWithPath: executable).resolvingSymlinksInPath().deletingLastPathComponent()
    folders.append(beside.path)
    folders.append(beside.deletingLastPathComponent().appendingPathComponent("lib/floe/plugins").path)
    return folders
  }

  /// Every candidate in search order, each with what it brings or why it is refused. Of steps with one name and
  /// of writers for one suffix the first wins; a plugin that has nothing else to bring is refused.
  public func manifests() async -> [PluginManifest] {
    var result: [PluginManifest] = []
    var owners = [FileStep.name: "floe itself"]
    var writers: [(declaration: WriterDeclaration, file: String)] = []
    for file in candidates() {
      var manifest = await manifest(of: file)
      if manifest.refusal == nil {
        for step in manifest.steps { if let owner = owners[step.name] { manifest.shadowed[step.name] = owner } }
        manifest.steps.removeAll { manifest.shadowed[$0.name] != nil }
        for step in manifest.steps { owners[step.name] = file }
        for writer in manifest.writers {
          let rival = writers.first { known in
            known.declaration.name == writer.name
              || known.declaration.suffixes.contains(where: writer.suffixes.contains)
          }
          if let rival { manifest.shadowedWriters[writer.name] = rival.file } else { writers.append((writer, file)) }
        }
        manifest.writers.removeAll { manifest.shadowedWriters[$0.name] != nil }
        if manifest.steps.isEmpty, manifest.readers.isEmpty, manifest.writers.isEmpty, !manifest.losses.isEmpty {
          manifest.refusal = manifest.losses.joined(separator: "; ")
        }
      }
      result.append(manifest)
    }
    return result
  }

  /// All files named `lib*FloePlugin.so`, `*.floe-step.yaml` or `*.floe-writer.yaml` in the folders.
  private func candidates() -> [String] {
    folders.flatMap { folder -> [String] in
      // A search folder that does not exist is no mistake: most machines lack some of them.
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      return names.filter {
        ($0.hasPrefix("lib") && $0.hasSuffix("FloePlugin.so")) || PluginManifest.isManifest($0)
      }.sorted().map { folder + "/" + $0 }
    }
  }

  private func manifest(of file: String) async -> PluginManifest {
    guard let identity = FileIdentity(of: file) else {
      return PluginManifest(path: file, refusal: "it is a link to nothing or cannot be looked at")
    }
    guard identity.isFile else {
      return PluginManifest(path: file, refusal: "it is no file but a folder, pipe or device")
    }
    if PluginManifest.isManifest(file) { return PluginManifest(describing: file) }
    if let known = cache[file, identity] { return known }
    let manifest = await examine(file)
    cache.store(manifest, file, identity)
    return manifest
  }

  private func examine(_ file: String) async -> PluginManifest {
    let bytes: Data
    do {
      bytes = try Data(contentsOf: URL(fileURLWithPath: file), options: .mappedIfSafe)
    } catch {
      return PluginManifest(path: file, refusal: "it cannot be read: \(error.localizedDescription)")
    }
    guard bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else {
      return PluginManifest(path: file, refusal: "it is not a shared library")
    }
    guard let stamp = PluginStamp.find(in: bytes), let own = PluginStamp.own else {
      return PluginManifest(
        path: file, refusal: "it carries no floe-kit stamp, so it is no floe plugin or was built without the kit")
    }
    if let refusal = stamp.refusal(by: own) { return PluginManifest(path: file, refusal: refusal) }
    return await PluginProbe(executable: probe).run(file)
  }
}
