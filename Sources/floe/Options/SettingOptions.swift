import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK
import Foundation

/// Settings of a pipeline's inputs.
struct SettingOptions: ParsableArguments {
  @Option(
    name: .customLong("set"),
    help: """
      The value of a pipeline's input, name=value, or of a step's parameter, step.parameter=value. May be given \
      several times.
      """,
    completion: .file())
  var settings: [String] = []

  func dictionary() throws -> [String: String] {
    var result: [String: String] = [:]
    for s in settings {
      guard let cut = s.firstIndex(of: "="), cut != s.startIndex else {
        throw refuse("--set must be name=value, not '\(s)'")
      }
      let name = String(s[..<cut])
      let value = String(s[s.index(after: cut)...])
      if let earlier = result.updateValue(HiddenURLs.whole(value), forKey: name) {
        let both = [earlier, value].map { "'\(RemotePath.shown($0))'" }.joined(separator: " and ")
        throw refuse("--set \(name) is given twice, as \(both): give it once")
      }
    }
    return result
  }
}
