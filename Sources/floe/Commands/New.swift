import ArgumentParser
import FloeHost
import FloeSDK
import Foundation

struct New: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes the skeleton of a plugin in Swift, or of a step in another language.",
    discussion: """
      A plugin is a Swift package with one step, a test and a README; a step is a \
      manifest and a Python program beside it.

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
    print(
      """
      \(folder) is written. Next:
        cd \(folder) && swift build -c release && swift test
        floe plugins --plugin-path \(folder)/.build/release
      """)
  }
}

struct NewStep: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "step", abstract: "Writes a manifest and a program in Python; any other language does as well.")
  @Argument(help: "The step's name, for example lead-width.")
  var name: String
  @Option(name: .customLong("in"), help: "The folder in which the step's folder is made.", completion: .directory)
  var parent = "."

  func run() throws {
    let folder = try Skeleton(name: name, kit: "").write("step", share: try PluginOptions.share(), into: parent)
    print(
      """
      \(folder) is written. Next:
        floe plugins --plugin-path \(folder)
      """)
  }
}
