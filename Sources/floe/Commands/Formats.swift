import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK

struct Formats: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the output formats: endings, what each holds, and what a pipeline may set.",
    discussion: """
      EXAMPLE
        floe formats
        floe formats --json
      """)
  @Flag(help: "Print JSON.")
  var json = false
  @OptionGroup var plugins: PluginOptions

  func run() async throws {
    let formats = await plugins.library().formats
    if json { return Terminal.json(try JSONView.text(formats)) }
    for format in formats {
      let traits =
        [format.kinds.map(\.rawValue).joined(separator: " or ")] + (format.hasLayers ? ["several layers"] : [])
        + (format.isFolder ? ["a folder"] : [])
      print(
        "\(format.suffixes.map { "." + $0 }.joined(separator: " "))  \(format.name): \(traits.joined(separator: ", "))")
      print(Terminal.wrapped(format.summary, indent: "  "))
      for p in format.parameters {
        let fallback = p.defaultValue.map { " (default: \($0.description))" } ?? ""
        let choices = p.choices.map { ", one of \($0.joined(separator: ", "))" } ?? ""
        print(Terminal.wrapped("\(p.name): \(p.help), \(p.type)\(choices)\(fallback)", indent: "    "))
      }
    }
  }
}
