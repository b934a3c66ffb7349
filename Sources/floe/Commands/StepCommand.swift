import ArgumentParser
import FloeHost
import FloeSDK
import Foundation

struct StepCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "step",
    abstract: "Runs one step on files.",
    discussion: """
      Inputs and outputs are flags that take files, parameters are flags too; all come from the step's declaration. \
      `floe step NAME --help` lists them. The options of `floe run` (-o, --workers, --memory ...) hold as well. \
      With -C FOLDER before the name, all paths and patterns count from that folder.

      EXAMPLE
        floe step cluster.kmeans --samples stack.tif --clusters 2 \\
          --labels labels.tif -o out
      """)
  @Argument(
    parsing: .captureForPassthrough, help: "The step's name and its flags.",
    completion: .custom { (words: [String], _: Int, prefix: String) async in
      await Completion.stepArguments(words).filter { $0.hasPrefix(prefix) }
    })
  var words: [String] = []

  func run() async throws {
    let words = try Self.moved(self.words)
    guard let name = words.first, name != "--help", name != "-h" else {
      print(RootCommand.type?.helpMessage(for: Self.self) ?? Self.helpMessage())
      return
    }
    let arguments = Array(words.dropFirst())
    let wantsHelp = arguments.contains("--help") || arguments.contains("-h")
    let library = try await pluginOptions(arguments).library()
    guard let declaration = library.declaration(name) else { throw refuse(library.unknown(name)) }
    if wantsHelp { return print(StepHelp(declaration).text) }
    let flags = StepFlags(declaration)
    let (pipeline, rest) = try flags.parse(arguments)
    let common: StepOptions
    do { common = try StepOptions.parse(rest) } catch {
      throw refuse("\(StepOptions.message(for: error)); `floe step \(name) --help` lists the step's flags")
    }
    if pipeline.outputs.isEmpty {
      throw refuse(
        """
        nothing would be written: name at least one output file with \
        \(declaration.outputs.map { flags.flag(ofOutput: $0.name) }.joined(separator: ", "))
        """
      )
    }
    try await Session(execution: common.execution, plugins: common.plugins).run((pipeline, []), settings: [:])
  }

  /// The words without `-C FOLDER`, with that folder as the working one, as make and git have it.
  private static func moved(_ words: [String]) throws -> [String] {
    guard let at = words.firstIndex(of: "-C"), words[..<at].allSatisfy({ $0.hasPrefix("-") }) else { return words }
    guard at + 1 < words.count else { throw refuse("-C needs a folder") }
    guard FileManager.default.changeCurrentDirectoryPath(words[at + 1]) else {
      throw refuse("-C must be a folder that may be entered, not '\(words[at + 1])'")
    }
    // General flags that stood before the command belong after the step's name.
    return Array(words[(at + 2)...]) + words[..<at]
  }

  private func pluginOptions(_ arguments: [String]) throws -> PluginOptions {
    var own: [String] = []
    for (i, word) in arguments.enumerated() {
      if word.hasPrefix("--plugin-path=") { own.append(word) }
      if word == "--plugin-path", i + 1 < arguments.count { own += [word, arguments[i + 1]] }
    }
    return try PluginOptions.parse(own)
  }
}
