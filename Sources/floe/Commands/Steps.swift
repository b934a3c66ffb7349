import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK
import Foundation

struct Steps: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists all steps, or describes one.",
    discussion: """
      EXAMPLE
        floe steps
        floe steps cluster.kmeans
        floe steps --json                      follows docs/steps.schema.json
        floe steps --markdown docs/steps       one page a step, and an index
      """)
  @Argument(
    help: "The step to describe.",
    completion: .custom { (_: [String], _: Int, prefix: String) async in
      await Completion.stepNames().filter { $0.hasPrefix(prefix) }
    })
  var name: String?
  @Flag(help: "Print JSON.")
  var json = false
  @Option(help: "Write the reference of all steps as Markdown into this folder.", completion: .directory)
  var markdown: String?
  @OptionGroup var plugins: PluginOptions

  func run() async throws {
    let library = await plugins.library()
    if let markdown {
      try StepReference(library.declarations).write(to: markdown)
    } else if let name {
      guard let declaration = library.declaration(name) else { throw refuse(library.unknown(name)) }
      if json {
        Terminal.json(try JSONView.text(declaration))
      } else {
        print(StepHelp(declaration).text)
      }
    } else if json {
      Terminal.json(try JSONView.text(library.declarations))
    } else if isatty(1) == 1 {
      print(Terminal.list(library.declarations.map { ($0.name, $0.summary) }))
    } else {
      // For programs that read lines: one a step.
      print(Terminal.table(library.declarations.map { [$0.name, $0.summary] }, indent: ""))
    }
  }
}
