import FloeSDK
import Foundation

/// Looks over the installation.
public enum Doctor {
  /// All findings, in the order in which they are best read.
  ///
  /// - Parameter asked: the folders that were named with `--plugin-path`.
  public static func examine(
    finder: PluginFinder, asked: [String] = [], scratch: String, share: () throws -> ResourceDirectory
  ) async -> [Finding] {
    var findings = [
      Finding(
        "floe", .fine,
        "\(FloeVersion.current), kit \(PluginStamp.own.map { "\($0.version) (\($0.digest))" } ?? "without stamp")")
    ]
    findings += LibraryChecks.findings()
    let manifests = await finder.manifests()
    findings += PlaceChecks.plugins(manifests, folders: finder.folders, asked: asked)
    let environment = ProcessInfo.processInfo.environment
    findings += PlaceChecks.programs(manifests, path: environment["PATH"] ?? "")
    findings.append(PlaceChecks.mapLibrary())
    return findings + [
      PlaceChecks.share(share), PlaceChecks.cache(PluginCache.standardFolder), PlaceChecks.scratch(scratch),
      PlaceChecks.memory(),
    ] + PlaceChecks.leftovers([FileManager.default.currentDirectoryPath, scratch])
  }
}
