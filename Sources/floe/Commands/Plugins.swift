import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK
import Foundation

struct Plugins: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists every plugin found: where, its version, what it brings, or why it is refused.",
    discussion: """
      EXAMPLE
        floe plugins
        floe plugins --plugin-path ~/my-plugin/.build/release
      """)
  @Flag(help: "Print JSON.")
  var json = false
  @OptionGroup var plugins: PluginOptions

  func run() async throws {
    let finder = plugins.finder()
    let manifests = await finder.manifests()
    plugins.warnOfMissing()
    if json { return Terminal.json(try JSONView.text(manifests)) }
    for m in manifests {
      if let refusal = m.refusal {
        print("\(m.product)  REFUSED\n  \(m.path)\n" + Terminal.wrapped(refusal, indent: "  "))
      } else {
        // A manifest may have no version.
        print([m.product, m.version].filter { !$0.isEmpty }.joined(separator: " ") + "\n  \(m.path)")
        if !m.steps.isEmpty {
          print(Terminal.wrapped("steps: " + m.steps.map(\.name).joined(separator: ", "), indent: "  "))
        }
        for loss in m.losses { print(Terminal.wrapped("not used: \(loss)", indent: "  ")) }
        if !m.readers.isEmpty { print("  reads: " + m.readers.joined(separator: ", ")) }
        if !m.writers.isEmpty {
          let endings = m.writers.flatMap(\.suffixes).map { "." + $0 }
          print(Terminal.wrapped("writes: " + endings.joined(separator: ", "), indent: "  "))
        }
      }
    }
    if manifests.isEmpty { print("no plugin found in " + finder.folders.joined(separator: ", ")) }
  }
}
