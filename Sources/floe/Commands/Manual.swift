import ArgumentParser
import FloeHost
import FloeSDK

/// Prints the manual page; `make install` keeps what it says.
struct Manual: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "__manual", shouldDisplay: false)
  func run() throws { print(try ManualPage(toolDescription: RootCommand.type?._dumpHelp() ?? "").text, terminator: "") }
}
