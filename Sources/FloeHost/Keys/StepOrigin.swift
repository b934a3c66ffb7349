import FloeIO
import FloeSDK
import Foundation
import Yams

/// Which plugin a step comes from, and what of it decides about results.
struct StepOrigin: Hashable, Sendable {
  /// The plugin's product, for example `ClusteringFloePlugin`; `floe` for steps of the host.
  let name: String
  /// The plugin's own version; empty where it has none.
  let version: String
  /// SHA-256 of the plugin's code, or of a step's manifest and the programs that its command names.
  let digest: String

  var json: JSONValue {
    JSONValue(keyed: [.name: .string(name), .version: .string(version), .digest: .string(digest)])
  }
}

extension StepLibrary {
  /// The plugin that gives a step.
  ///
  /// - Throws: where the plugin's file, or a program of its command, cannot be read.
  func origin(ofStep name: String, digests: ContentDigests) throws -> StepOrigin {
    try origin(ofFile: file(of: name) ?? "", digests: digests)
  }

  /// The plugin that gives the writer of a format.
  func origin(ofWriter name: String, digests: ContentDigests) throws -> StepOrigin {
    let owner = manifests.first { $0.refusal == nil && $0.writers.contains { $0.name == name } }
    return try origin(ofFile: owner?.path ?? "", digests: digests)
  }

  private func origin(ofFile file: String, digests: ContentDigests) throws -> StepOrigin {
    guard !file.isEmpty else {
      return StepOrigin(name: "floe", version: FloeVersion.current, digest: try HostDigest.own(digests))
    }
    let name = PluginManifest.product(ofFile: file)
    guard PluginManifest.isManifest(file) else {
      let version = manifests.first { $0.path == file }?.version ?? ""
      return StepOrigin(name: name, version: version, digest: try digests.code(ofFile: file))
    }
    var parts = [try digests.digest(ofFile: file)]
    // Words that name files beside the manifest or programs on PATH; what those load themselves is not seen.
    let folder = Folder.parent(of: file)
    for word in try Self.command(of: file) {
      for place in ["\(folder)/\(word)"] + (word.contains("/") ? [word] : Self.searchPath.map { $0 + word })
      where FileState(of: place) != nil && !Folder.isFolder(place) {
        parts.append(try digests.digest(ofFile: place))
        break
      }
    }
    return StepOrigin(
      name: name, version: "", digest: try SHA256.hexadecimal(of: Array(parts.joined(separator: "\n").utf8)))
  }

  /// The words of a manifest's command; `{folder}` stands for the manifest's own.
  private static func command(of manifest: String) throws -> [String] {
    // A manifest that is no YAML is refused before anybody asks for its key.
    guard let root = try? YamlText.compose(try VirtualFile.readText(manifest)), let words = root["command"] else {
      return []
    }
    let texts = words.sequence.map { Array($0).compactMap(\.scalarText) } ?? words.scalarText.map { [$0] } ?? []
    return texts.map { $0.replacing("{folder}/", with: "") }.filter { !$0.isEmpty && !$0.contains("{") }
  }

  private static var searchPath: [String] {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { $0 + "/" }
  }
}

/// What of floe itself decides about outputs: its program, and the styles that it fills.
enum HostDigest {
  /// SHA-256 of the running program's code.
  static func own(_ digests: ContentDigests) throws -> String { try digests.code(ofFile: "/proc/self/exe") }

  /// SHA-256 over the style files.
  static func styles(of share: ResourceDirectory, _ digests: ContentDigests) throws -> String {
    try digests.of(share.folder + "/styles")
  }
}
