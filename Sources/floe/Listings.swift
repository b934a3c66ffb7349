import ArgumentParser
import FloeHost
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
  @Argument(help: "The step to describe.", completion: .custom { (_: [String], _: Int, prefix: String) async in await Completion.stepNames().filter { $0.hasPrefix(prefix) } })
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
      print(json ? try JSONText.encode(encodable: declaration, pretty: true) : StepHelp(declaration).text)
    } else if json {
      print(try JSONText.encode(encodable: library.declarations, pretty: true))
    } else {
      print(Terminal.table(library.declarations.map { [$0.name, $0.summary] }, indent: ""))
    }
  }
}

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
    for folder in plugins.missing { Terminal.error("warning: --plugin-path '\(folder)' is no folder; name the one that holds the plugin's file") }
    if json { return print(try JSONText.encode(encodable: manifests, pretty: true)) }
    for m in manifests {
      if let refusal = m.refusal {
        print("\(m.product)  REFUSED\n  \(m.path)\n" + Terminal.wrapped(refusal, indent: "  "))
      } else {
        print("\(m.product) \(m.version)\n  \(m.path)")
        if !m.steps.isEmpty { print(Terminal.wrapped("steps: " + m.steps.map(\.name).joined(separator: ", "), indent: "  ")) }
        for loss in m.losses { print(Terminal.wrapped("not used: \(loss)", indent: "  ")) }
        if !m.readers.isEmpty { print("  reads: " + m.readers.joined(separator: ", ")) }
      }
    }
    if manifests.isEmpty { print("no plugin found in " + finder.folders.joined(separator: ", ")) }
  }
}

/// The child process that opens an unknown plugin; what it prints is for the parent.
struct Probe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "__probe", shouldDisplay: false)
  @Argument var file: String
  func run() async throws { print(try JSONText.encode(encodable: PluginLoader.probe(file))) }
}

struct Info: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Describes a product, raster or table from its metadata.",
    discussion: """
      EXAMPLE
        floe info S2A_MSIL1C_20190301T235611_....SAFE
        floe info out/ice-lead.tif

      JSON has no numbers that are not finite: with --json they are the texts "NaN", "Infinity" and "-Infinity", as GDAL writes them.
      """)
  @Argument(help: "A product folder, its .zip, or any raster or vector file.", completion: .file())
  var path: String
  @Flag(help: "Print JSON.")
  var json = false
  @OptionGroup var plugins: PluginOptions

  func run() async throws {
    guard FileManager.default.fileExists(atPath: path) else { throw refuse("there is no file or folder '\(path)'") }
    let whole = URL(fileURLWithPath: path).standardizedFileURL.path
    let products = await plugins.library().products
    let view: any InfoView
    do {
      view = products.recognises(whole) ? ProductView(product: try products.describe(whole)) : try FileView(path: whole)
    } catch let error as FloeError {
      throw refuse(error.message)
    }
    print(json ? try view.json() : view.text)
  }
}

/// Names for the shell's completion.
enum Completion {
  static func stepNames() async -> [String] {
    let finder = PluginFinder(
      folders: PluginFinder.standardFolders(extra: [], executable: PluginOptions.executable, environment: ProcessInfo.processInfo.environment),
      probe: PluginOptions.executable)
    return StepLibrary(manifests: await finder.manifests()).declarations.map(\.name)
  }

  /// What may follow in `floe step NAME ...`: the step's name, its flags, or the choices of the flag before.
  static func stepArguments(_ words: [String]) async -> [String] {
    guard let at = words.firstIndex(of: "step"), at + 1 < words.count else { return await stepNames() }
    let finder = PluginFinder(
      folders: PluginFinder.standardFolders(extra: [], executable: PluginOptions.executable, environment: ProcessInfo.processInfo.environment),
      probe: PluginOptions.executable)
    let library = StepLibrary(manifests: await finder.manifests())
    guard let declaration = library.declaration(words[at + 1]) else { return library.declarations.map(\.name) }
    let flags = StepFlags(declaration)
    if words.count >= 2, let choices = flags.choices(of: words[words.count - 2]) ?? flags.choices(of: words[words.count - 1]) { return choices }
    return flags.names
  }
}
