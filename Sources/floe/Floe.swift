import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK
import Foundation

/// The command line.
@main
struct Floe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "floe",
    abstract: "Sea ice and leads from satellite products, step by step, without a desktop.",
    discussion: """
      A pipeline is a YAML file that chains steps; plugins bring the steps.

      EXAMPLE
        floe demo /tmp/floe-demo
        floe run ice-lead.yaml --set scene=S2A_....SAFE -o out
        floe check ice-lead.yaml --set scene=S2A_....SAFE

      -V stands for --version; -q (--quiet) and -v (--verbose) stand before or after a command; - as a pipeline is \
      standard input. docs/recipes.md has whole tasks.
      """,
    version: FloeVersion.current,
    subcommands: [
      Run.self, BatchCommand.self, ReplayCommand.self, LockCommand.self,
      GatherCommand.self, CacheCommand.self, CWLCommand.self, FindCommand.self, FetchCommand.self, Check.self,
      StepCommand.self, Steps.self,
      Formats.self, Plugins.self, Info.self, Demo.self, New.self,
      DoctorCommand.self, Probe.self, Manual.self,
    ])

  /// Mistakes of the command line begin as all others do.
  static var _errorPrefix: String { "error: " }

  /// Exit status: 0 done, 1 the run failed, 2 the request was wrong, 130 interrupted.
  static func main() async {
    Terminal.openStreams()
    Interrupt.install {
      Terminal.error(
        Interrupt.isHeld
          ? "\ninterrupted: scenes that are done stay" : "\ninterrupted: leaving without outputs")
    }
    RootCommand.type = Floe.self
    do {
      try AddressSpace.check()
      let words = CommandWords.spelledOut(Array(CommandLine.arguments.dropFirst()))
      try CommandWords.check(words)
      var command = try await parsed(words)
      if var async = command as? any AsyncParsableCommand { try await async.run() } else { try command.run() }
      end(0)
    } catch {
      leave(with: error)
    }
  }

  /// The command that the words name.
  private static func parsed(_ words: [String]) async throws -> any ParsableCommand {
    do { return try await asyncParseAsRoot(words) } catch {
      if exitCode(for: error) == .validationFailure, !message(for: error).contains("Unknown option") {
        try CommandWords.checkOptions(words)
      }
      throw error
    }
  }

  /// Ends the process at once: GDAL and the libraries below it are over a hundred, and unloading them costs 10 ms
  /// and has nothing left to do.
  private static func end(_ status: Int32) -> Never {
    fflush(nil)
    TemporaryFolder.discardAll()
    _exit(status)
  }

  private static func leave(with error: any Error) -> Never {
    switch error {
    case let refused as RequestRefused:
      FailureView.tell(refused.problems, status: 2)
      Terminal.error(refused.problems.map { "error: \($0)" }.joined(separator: "\n"))
      end(2)
    case let failure as FolderFailure:
      FailureView.tell([Problem(file: "", line: 0, "\(failure)")], status: 1)
      Terminal.error("error: \(failure)")
      end(1)
    case let failure as FloeError:
      FailureView.tell([Problem(file: "", line: 0, "\(failure)")], status: 1)
      Terminal.error("error: \(failure)")
      end(1)
    case let interrupted as BatchInterrupted:
      FailureView.tell([Problem(file: "", line: 0, "\(interrupted)")], status: 130)
      Terminal.error("\(interrupted)")
      end(130)
    case is Cancelled:
      FailureView.tell([Problem(file: "", line: 0, "interrupted; nothing was written")], status: 130)
      Terminal.error("interrupted; nothing was written")
      end(130)
    default:
      let code = exitCode(for: error)
      let text = fullMessage(for: error)
      if code == .success {
        if !text.isEmpty { print(text) }
        end(0)
      }
      if !text.isEmpty {
        let message = self.message(for: error)
        FailureView.tell([Problem(file: "", line: 0, message)], status: code == .validationFailure ? 2 : code.rawValue)
        Terminal.error(text)
      }
      end(code == .validationFailure ? 2 : code.rawValue)
    }
  }
}
