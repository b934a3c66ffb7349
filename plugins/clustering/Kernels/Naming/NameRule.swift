import FloeSDK

/// One demand that a rule makes of a cluster.
public enum NameCondition: Sendable, Hashable {
  /// The centre's value of a feature, in physical units, lies on one side of a number.
  case threshold(feature: Int, comparison: LimitComparison, value: Double)
  /// The cluster with the highest or lowest centre in a feature.
  case extreme(feature: Int, isHighest: Bool)
  /// The cluster with the lowest mean over all bands.
  case darkest
  /// The cluster with the highest mean over all bands.
  case brightest
  /// Every cluster that passes the physical test of this word, such as `dark`.
  case evident(String)
  /// The mean over all bands, as a share of the scene's ice level, lies on one side of a number.
  case brightness(comparison: LimitComparison, share: Double)
}

/// A class and what a cluster must fulfil to get its name; without conditions it takes what no other rule names.
public struct NameRule: Sendable, Hashable {
  public let code: Int
  public let name: String
  public let conditions: [NameCondition]
  /// Whether this is the rule for what is left.
  public var isRest: Bool { conditions.isEmpty }

  /// Reads rules such as `lead: darkest`, `lead: B04 < 0.25 and B02 > 0.1`, `lead: highest peakiness`, `lead: dark`,
  /// `thin_ice: brightness < 0.75`, `sea_ice: rest`.
  ///
  /// - Parameters:
  ///   - pairs: class name and rule, in the order in which they are tried.
  ///   - features: names of the bands or columns, in the order of the centres.
  ///   - hasBrightness: whether a mean over features means something (bands of a raster, not columns of a table).
  ///   - tests: words of physical tests that the samples allow.
  public static func parse(
    _ pairs: [(name: String, rule: String)], features: [String], classes: ClassTable = .seaIce, hasBrightness: Bool,
    tests: [String] = []
  ) throws(FloeError) -> [NameRule] {
    guard !pairs.isEmpty else {
      throw FloeError("names is empty; write for example 'lead: darkest' and 'sea_ice: rest'")
    }
    var rules: [NameRule] = []
    for (name, text) in pairs {
      guard let entry = classes.named(name) else {
        throw FloeError(
          "names has no class '\(name)'\(hint(name, classes.entries.map(\.name))); classes are "
            + classes.entries.map(\.name).joined(separator: ", "))
      }
      if rules.contains(where: { $0.code == entry.code }) { throw FloeError("names gives '\(name)' twice") }
      let words = tokens(text)
      if words == ["rest"] {
        if let other = rules.first(where: \.isRest) {
          throw FloeError("names has 'rest' twice, for '\(other.name)' and '\(name)'; one class takes what is left")
        }
        rules.append(NameRule(code: entry.code, name: name, conditions: []))
        continue
      }
      var conditions: [NameCondition] = []
      for part in words.split(separator: "and", omittingEmptySubsequences: false) {
        conditions.append(try condition(Array(part), name: name, text: text, features, hasBrightness, tests))
      }
      rules.append(NameRule(code: entry.code, name: name, conditions: conditions))
    }
    return rules
  }

  private static func condition(
    _ words: [String], name: String, text: String, _ features: [String], _ hasBrightness: Bool, _ tests: [String]
  ) throws(FloeError) -> NameCondition {
    func place(_ feature: String) throws(FloeError) -> Int {
      if let i = features.firstIndex(of: feature) { return i }
      throw FloeError(
        "names: rule '\(name): \(text)' speaks of '\(feature)'\(hint(feature, features)); there are "
          + features.joined(separator: ", "))
    }
    switch words.count {
    case 1 where words[0] == "darkest" || words[0] == "brightest":
      guard hasBrightness else {
        throw FloeError("names: a table has no '\(words[0])' cluster; write 'highest COLUMN' or 'lowest COLUMN'")
      }
      return words[0] == "darkest" ? .darkest : .brightest
    case 1 where tests.contains(words[0]): return .evident(words[0])
    case 1 where words[0] == "dark":
      throw FloeError("names: a table has no '\(words[0])' clusters; write 'highest COLUMN' or 'lowest COLUMN'")
    case 2 where words[0] == "highest" || words[0] == "lowest":
      return .extreme(feature: try place(words[1]), isHighest: words[0] == "highest")
    case 3:
      if hasBrightness, words[0] == "brightness", !features.contains("brightness"),
        let comparison = LimitComparison(rawValue: words[1]), let share = Double(words[2]), share.isFinite
      {
        return .brightness(comparison: comparison, share: share)
      }
      if let comparison = LimitComparison(rawValue: words[1]), let value = Double(words[2]), value.isFinite {
        return .threshold(feature: try place(words[0]), comparison: comparison, value: value)
      }
    default: break
    }
    throw FloeError(
      """
      names: rule '\(name): \(text)' cannot be read; write \(tests.map { "'\($0)', " }.joined())\
      \(hasBrightness ? "'darkest', 'brightest', " : "")'rest', 
      """
        + "'\(features.first ?? "B04") < 0.25', 'highest \(features.first ?? "B04")', or several joined by 'and'")
  }

  /// Words, with comparison signs as words of their own whether or not spaces surround them.
  private static func tokens(_ text: String) -> [String] {
    var result: [String] = []
    var word = ""
    var wasSign = false
    for c in text {
      let isSign = c == "<" || c == ">" || (c == "=" && wasSign)
      if c.isWhitespace || isSign != wasSign {
        if !word.isEmpty { result.append(word) }
        word = ""
      }
      if !c.isWhitespace { word.append(c) }
      wasSign = isSign
    }
    return word.isEmpty ? result : result + [word]
  }

  /// ` (did you mean 'x'?)` for the nearest of some words, or nothing when none is near.
  static func hint(_ word: String, _ candidates: [String]) -> String {
    Spelling.nearest(word, among: candidates).map { " (did you mean '\($0)'?)" } ?? ""
  }
}
