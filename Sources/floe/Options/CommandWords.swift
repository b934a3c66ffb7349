import FloeHost
import FloeSDK

/// The words of the command line before they are parsed.
enum CommandWords {
  /// Options that collect what each of them is given.
  private static let collecting: Set<String> = ["--set", "--until", "--keep", "--plugin-path", "--over", "--cross"]

  /// The words with `-V` alone as the option that it stands for.
  static func spelledOut(_ words: [String]) -> [String] { words == ["-V"] ? ["--version"] : words }

  /// Refuses an option that takes one value and is given twice: the last one would win without a word.
  ///
  /// - Throws: a sentence with both values. The flags of steps are judged where their declaration is known.
  static func check(_ words: [String]) throws {
    guard words.first != "step" else { return }
    var seen: [String: String] = [:]
    for (i, word) in words.enumerated() {
      if word == "--" { return }
      guard word.hasPrefix("--") || word == "-o" else { continue }
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      let name = parts[0] == "-o" ? "--output" : parts[0]
      guard !collecting.contains(name) else { continue }
      // A flag without a value may be repeated: it says the same again.
      let next = i + 1 < words.count && !words[i + 1].hasPrefix("-") ? words[i + 1] : nil
      guard let value = parts.count > 1 ? parts[1] : next else { continue }
      if let earlier = seen.updateValue(value, forKey: name), taking.contains(name) {
        throw refuse("\(name) is given twice, as '\(earlier)' and '\(value)': give it once")
      }
    }
  }

  /// Options that take one value, by their long names.
  private static let taking: Set<String> = [
    "--output", "--workers", "--memory", "--scratch", "--seed", "--progress", "--log", "--frozen", "--jobs", "--size",
    "--world",
  ]
}
