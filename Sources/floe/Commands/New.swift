import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK
import Foundation

struct New: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes the skeleton of a plugin in Swift, or of a step in another language.",
    discussion: """
      A plugin is a Swift package with one step, a test and a README; a step is a manifest and a Python program \
      beside it.

      EXAMPLE
        floe new plugin lead-width
        floe new step lead-width
      """,
    subcommands: [NewPlugin.self, NewStep.self])
}

struct NewPlugin: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin", abstract: "Writes a Swift package with one step that builds with `swift build`.")
  @Argument(help: "The plugin's name, for example lead-width.")
  var name: String
  @Option(help: "The kit's package; the one that came with floe by default.", completion: .directory)
  var kit: String?
  @Option(name: .customLong("in"), help: "The folder in which the package's folder is made.", completion: .directory)
  var parent = "."
  @Flag(help: "Print JSON: the folder and the commands that come next.")
  var json = false

  func run() throws {
    let share = try PluginOptions.share()
    let kit = try kit.map { URL(fileURLWithPath: $0).standardizedFileURL.path } ?? share.kit()
    guard FileManager.default.fileExists(atPath: kit + "/Sources/CFloeStamp") else {
      throw refuse("--kit '\(kit)' is not the kit's package: it has no Sources/CFloeStamp")
    }
    guard FileManager.default.fileExists(atPath: Skeleton.testSupport(besideKit: kit) + "/Package.swift") else {
      throw refuse(
        """
        --kit '\(kit)' has no FloeTestSupport beside it, which the plugin's tests need: both are in Sources of a \
        checkout and in share/floe of an installation
        """
      )
    }
    let skeleton = try Skeleton(name: name, kit: kit)
    let folder = try skeleton.write("plugin", share: share, into: parent)
    try Skeleton.tell(
      folder,
      next: [
        "cd \(folder) && swift build -c release && swift test",
        "floe plugins --plugin-path \(folder)/.build/release",
      ], note: "", json: json)
  }
}

struct NewStep: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "step", abstract: "Writes a manifest and a program in Python; any other language does as well.")
  @Argument(help: "The step's name, for example lead-width.")
  var name: String
  @Option(name: .customLong("in"), help: "The folder in which the step's folder is made.", completion: .directory)
  var parent = "."
  @Flag(help: "Print JSON: the folder and the commands that come next.")
  var json = false

  func run() throws {
    let skeleton = try Skeleton(name: name, kit: "")
    let folder = try skeleton.write("step", share: try PluginOptions.share(), into: parent)
    try Skeleton.tell(
      folder,
      next: [
        "floe plugins --plugin-path \(folder)",
        "floe step \(skeleton.moduleName).threshold --help --plugin-path \(folder)",
      ],
      note: """
        The program runs with the python3 that PATH finds first, which needs NumPy and GDAL's bindings: on Debian \
        apt-get install python3-numpy python3-gdal, in a virtual environment pip install numpy \
        "gdal==$(gdal-config --version)". Another interpreter, such as /usr/bin/python3 beside pyenv, takes the \
        place of python3 in 'command:' of \(skeleton.moduleName).floe-step.yaml.
        """, json: json)
  }
}
