import ArgumentParser
import FloeHost
import FloeSDK
import Foundation

/// Names for the shell's completion.
enum Completion {
  static func stepNames() async -> [String] {
    let finder = PluginFinder(
      folders: PluginFinder.standardFolders(
        extra: [], executable: PluginOptions.executable, environment: ProcessInfo.processInfo.environment),
      probe: PluginOptions.executable)
    return StepLibrary(manifests: await finder.manifests()).declarations.map(\.name)
  }

  /// What may follow in `floe step NAME ...`: the step's name, its flags, or the choices of the flag before.
  static func stepArguments(_ words: [String]) async -> [String] {
    guard let at = words.firstIndex(of: "step"), at + 1 < words.count else { return await stepNames() }
    let finder = PluginFinder(
      folders: PluginFinder.standardFolders(
        extra: [], executable: PluginOptions.executable, environment: ProcessInfo.processInfo.environment),
      probe: PluginOptions.executable)
    let library = StepLibrary(manifests: await finder.manifests())
    guard let declaration = library.declaration(words[at + 1]) else { return library.declarations.map(\.name) }
    let flags = StepFlags(declaration)
    if words.count >= 2,
      let choices = flags.choices(of: words[words.count - 2]) ?? flags.choices(of: words[words.count - 1])
    {
      return choices
    }
    return flags.names
  }
}
