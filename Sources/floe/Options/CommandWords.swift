import ArgumentParser
import FloeHost
import FloeSDK

/// The words of the command line before they are parsed.
enum CommandWords {
  /// Options that collect what each of them is given.
  private static let collecting: Set<String> = ["--set", "--until", "--keep", "--plugin-path", "--over", "--cross"]

  /// General flags, which may stand before the command as well as behind it.
  private static let general: Set<String> = ["-q", "--quiet", "-v", "--verbose"]

  /// The words with `-V` alone as the option that it stands for, and general flags behind the command that they are
  /// for.
  static func spelledOut(_ words: [String]) -> [String] {
    if words == ["-V"] { return ["--version"] }
    let flags = Array(words.prefix { general.contains($0) })
    guard !flags.isEmpty, flags.count < words.count else { return words }
    var rest = Array(words.dropFirst(flags.count))
    // The name of a step, and the one command of several, belong to the command.
    let hasParts = rest[0] == "step" || !children(of: topCommand(rest[0])).isEmpty
    rest.insert(contentsOf: flags, at: hasParts && rest.count > 1 && !rest[1].hasPrefix("-") ? 2 : 1)
    return rest
  }

  /// Refuses a command that is not there, and an option that takes one value and is given twice: the last one would win
  /// without a word.
  ///
  /// - Throws: a sentence with what is known, or with both values. The flags of steps are judged where their
  ///   declaration is known.
  static func check(_ words: [String]) throws {
    try checkCommands(words)
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

  // MARK: Commands

  private static func checkCommands(_ words: [String]) throws {
    let asksForHelp = words.first == "help"
    var command = RootCommand.type
    var path = "floe"
    for word in words.dropFirst(asksForHelp ? 1 : 0) {
      let known = children(of: command)
      // What follows the last command is its own.
      guard !word.hasPrefix("-"), !known.isEmpty else { return }
      if word == "help", path == "floe" { return }
      guard let found = known.first(where: { $0._commandName == word }) else {
        let names = known.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
        let near = Spelling.nearest(word, among: names).map { " (did you mean '\($0)'?)" } ?? ""
        let whole = (path + " " + word).dropFirst("floe ".count)
        throw refuse("there is no command '\(whole)'\(near); `\(path) --help` lists all")
      }
      command = found
      path += " \(word)"
    }
  }

  private static func children(of command: (any ParsableCommand.Type)?) -> [any ParsableCommand.Type] {
    command?.configuration.subcommands ?? []
  }

  /// The command of the first level with a name; nil when there is none.
  private static func topCommand(_ name: String) -> (any ParsableCommand.Type)? {
    children(of: RootCommand.type).first { $0._commandName == name }
  }

  /// Options that take one value, by their long names.
  private static let taking: Set<String> = [
    "--output", "--workers", "--memory", "--scratch", "--seed", "--progress", "--log", "--frozen", "--jobs", "--size",
    "--world",
  ]
}
