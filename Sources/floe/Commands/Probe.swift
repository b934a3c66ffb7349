import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK
import Foundation

/// The child process that opens an unknown plugin; what it prints is for the parent.
struct Probe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "__probe", shouldDisplay: false)
  @Argument var file: String
  func run() async throws { Terminal.json(try JSONText.encode(encodable: PluginLoader.probe(file))) }
}
