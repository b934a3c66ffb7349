import ArgumentParser
import FloeHost
import FloeSDK

/// The words of the command line before they are parsed.
enum CommandWords {
  /// Options that collect what each of them is given.
  private static let collecting: Set<String> = ["--set", "--until", "--keep", "--plugin-path", "--over", "--cross"]

  /// General flags, which may stand before the command as well as after it.
  private static let general: Set<String> = ["-q", "--quiet", "-v", "--verbose"]

  /// The words with `-V` alone as the option that it stands for, `help step NAME` as what prints that step's help,
  /// general flags after the command that they are for, and negative numbers in one word with their options.
  ///
  /// A command without such a flag prints its answer alone, quiet or not: the flag is left out.
  static func spelledOut(_ words: [String]) -> [String] { ordered(withNegatives(words)) }

  /// `--seed -5` as `--seed=-5`: the parser takes what begins with a minus for an option, and would miss the value.
  private static func withNegatives(_ words: [String]) -> [String] {
    var out: [String] = []
    for word in words {
      let isNegative = word.hasPrefix("-") && word.dropFirst().first.map { "0123456789.".contains($0) } ?? false
      if isNegative, let option = out.last, taking.contains(option), !out.contains("--") {
        out[out.count - 1] = "\(option)=\(word)"
      } else {
        out.append(word)
      }
    }
    return out
  }

  private static func ordered(_ words: [String]) -> [String] {
    if words == ["-V"] { return ["--version"] }
    if words.count > 2, words[0] == "help", words[1] == "step", !words[2].hasPrefix("-") {
      return Array(words.dropFirst()) + ["--help"]
    }
    let flags = Array(words.prefix { general.contains($0) })
    guard !flags.isEmpty, flags.count < words.count else { return words }
    var rest = Array(words.dropFirst(flags.count))
    // The words below a flag may ask for help, too.
    if rest[0] == "help" || rest[0].hasPrefix("-") { return ordered(rest) }
    guard let command = lastCommand(rest) else { return rest }
    // The name of a step, and the one command of several, belong to the command.
    let isStep = rest[0] == "step"
    let hasParts = isStep || !children(of: topCommand(rest[0])).isEmpty
    let known = isStep ? flags : flags.filter { has($0, command) }
    rest.insert(contentsOf: known, at: hasParts && rest.count > 1 && !rest[1].hasPrefix("-") ? 2 : 1)
    return rest
  }

  /// The command that words lead to, one below another; nil for one that is not there.
  private static func lastCommand(_ words: [String]) -> (any ParsableCommand.Type)? {
    guard let top = words.first, let command = topCommand(top) else { return nil }
    guard words.count > 1 else { return command }
    return children(of: command).first { $0._commandName == words[1] } ?? command
  }

  /// Whether a command has a general flag.
  private static func has(_ flag: String, _ command: any ParsableCommand.Type) -> Bool {
    options(of: command).contains(flag.hasSuffix("q") || flag.hasSuffix("quiet") ? "--quiet" : "--verbose")
  }

  /// The long names of a command's options, as its help lists them.
  private static func options(of command: any ParsableCommand.Type) -> [String] {
    let help = RootCommand.type?.helpMessage(for: command, includeHidden: true, columns: 400) ?? ""
    var found: [String] = []
    for line in help.split(separator: "\n") where line.hasPrefix("  -") {
      // Names stand before the explanation, with commas between them.
      for word in line.split(whereSeparator: { $0 == " " || $0 == "," }).prefix(while: { !isText($0) })
      where word.hasPrefix("--") {
        found.append(String(word))
      }
    }
    return found
  }

  /// Whether a word of a help's line is no option and no name of a value.
  private static func isText(_ word: Substring) -> Bool { !word.hasPrefix("-") && !word.hasPrefix("<") }

  /// Refuses an option that a command does not have: the parser reports a missing argument first.
  ///
  /// - Throws: a sentence with the nearest option.
  static func checkOptions(_ words: [String]) throws {
    guard words.first != "step", let command = lastCommand(words) else { return }
    let known = options(of: command)
    guard !known.isEmpty else { return }
    for word in words {
      if word == "--" { return }
      guard word.hasPrefix("--"), !word.hasPrefix("---") else { continue }
      let name = String(word.prefix { $0 != "=" })
      guard !known.contains(name), !builtIn.contains(name) else { continue }
      let near = Spelling.nearest(name, among: known + ["--help"]).map { " (did you mean '\($0)'?)" } ?? ""
      throw refuse("Unknown option '\(name)'\(near); `floe \(words[0]) --help` lists all")
    }
  }

  /// Options that every command has.
  private static let builtIn: Set<String> = [
    "--help", "--help-hidden", "--version", "--generate-completion-script", "--experimental-dump-help",
  ]

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
