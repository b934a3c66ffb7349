import FloeSDK
import Foundation

/// Programs of `PATH` that steps declare to run (gnuplot for the figures of a report): what such a step makes rests on
/// them as on its plugin.
enum NeededPrograms {
  /// SHA-256 of the code of each program by its name; an empty text for one that is not installed or cannot be read.
  static func found(for steps: [StepDeclaration], _ digests: ContentDigests) -> [String: JSONValue] {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    var found: [String: JSONValue] = [:]
    for name in Set(steps.flatMap { $0.programs.map(\.name) }) {
      let place = folders.lazy.map { folder -> String in "\(folder)/\(name)" }.first { access($0, X_OK) == 0 }
      // One that cannot be read is not the one that will be read later.
      found[name] = .string(place.flatMap { try? digests.code(ofFile: $0) } ?? "")
    }
    return found
  }
}

extension RecordKey {
  /// The programs that steps run, SHA-256 by name; absent where no step declares one.
  static let programs = RecordKey(rawValue: "programs")
}
