import ArgumentParser
import FloeHost
import FloeSDK
import Foundation

/// Where plugins are searched.
struct PluginOptions: ParsableArguments {
  @Option(
    name: .customLong("plugin-path"),
    help: "A folder searched for plugins before the usual ones. May be given several times.", completion: .directory)
  var pluginPaths: [String] = []

  func finder() -> PluginFinder {
    let executable = Self.executable
    return PluginFinder(
      folders: PluginFinder.standardFolders(
        extra: pluginPaths, executable: executable, environment: ProcessInfo.processInfo.environment),
      probe: executable)
  }

  /// Those of `--plugin-path` that are no folders.
  var missing: [String] { pluginPaths.filter { !Folder.isFolder($0) } }

  func library() async -> StepLibrary { StepLibrary(manifests: await finder().manifests()) }

  static func share() throws -> ResourceDirectory {
    try ResourceDirectory.find(executable: executable, environment: ProcessInfo.processInfo.environment)
  }

  /// The file that runs.
  static let executable: String = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
}
