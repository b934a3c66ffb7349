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

  /// Warns of each `--plugin-path` that is no folder; without it, a step that is missed would be a riddle.
  func warnOfMissing() {
    for folder in pluginPaths where !Folder.isFolder(folder) {
      Terminal.error("warning: --plugin-path '\(folder)' is no folder; name the one that holds the plugin's file")
    }
  }

  /// All steps, formats and products of the plugins that are found.
  func library() async -> StepLibrary {
    warnOfMissing()
    return StepLibrary(manifests: await finder().manifests())
  }

  static func share() throws -> ResourceDirectory {
    try ResourceDirectory.find(executable: executable, environment: ProcessInfo.processInfo.environment)
  }

  /// The file that runs.
  static let executable: String = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
}
