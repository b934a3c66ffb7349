import FloeSDK
import Foundation
import Subprocess

/// Opens an unknown plugin in a child process, so that one that traps while registering harms nobody.
struct PluginProbe {
  let executable: String

  /// Runs the probe over a file and returns what it printed, or why the plugin is refused.
  func run(_ file: String) async -> PluginManifest {
    do {
      let result = try await withThrowingTaskGroup(of: PluginManifest?.self) { group in
        group.addTask { try await self.ask(file) }
        group.addTask {
          try await Task.sleep(for: .seconds(20))
          return nil
        }
        let first = try await group.next() ?? nil
        group.cancelAll()
        return first
      }
      return result ?? PluginManifest(path: file, refusal: "it did not answer within 20 s when it was opened")
    } catch {
      return PluginManifest(path: file, refusal: "it could not be tried: \(error)")
    }
  }

  private func ask(_ file: String) async throws -> PluginManifest {
    let result = try await Subprocess.run(
      .path(.init(executable)), arguments: ["__probe", file],
      environment: .inherit.updating(["SWIFT_BACKTRACE": "enable=no"]),
      output: .string(limit: 8 << 20), error: .string(limit: 1 << 16))
    if result.terminationStatus.isSuccess {
      // What a plugin prints while it registers comes before the manifest's line.
      for line in result.standardOutput.split(separator: "\n").reversed() where line.hasPrefix("{") {
        return try JSONDecoder().decode(PluginManifest.self, from: Data(line.utf8))
      }
      return PluginManifest(path: file, refusal: "it ended the probe without an answer")
    }
    let said = result.standardError.split(separator: "\n").first.map { ": \($0.prefix(200))" } ?? ""
    return PluginManifest(
      path: file, refusal: "it crashed when it was opened (\(result.terminationStatus.inWords))\(said)")
  }
}
