import FloeSDK

/// The parameters that turn clusters into classes, shared by the fitting steps.
struct ClassRules {
  let rules: [NameRule]
  let darkRatio: Double

  /// The rules of `names` and `rest`; nil when no names were asked for.
  init?(names: Pairs?, rest: String?, darkRatio: Double, source: SampleSource) throws {
    guard let names else {
      if rest != nil { throw ParameterError("rest", "has nothing to complete: give 'names' too") }
      return nil
    }
    var pairs = names.entries.map { (name: $0.key, rule: $0.value) }
    if let rest { pairs.append((name: rest, rule: "rest")) }
    do {
      rules = try NameRule.parse(pairs, features: source.features.map(\.name), hasBrightness: source.hasBrightness)
    } catch {
      throw ParameterError("names", error.message)
    }
    self.darkRatio = darkRatio
  }

  /// The names of fitted clusters, told to the user; an order without evidence is a warning.
  func apply(_ clusters: [ClusterSummary], features: [String], context: RunContext) -> NamingResult {
    let result = ClassAssignment(rules: rules, darkRatio: darkRatio).name(clusters, features: features)
    for sentence in result.evidence {
      if sentence.hasPrefix("no ") { context.warn(sentence) } else { context.log(.info, sentence) }
    }
    context.record("naming", .array(result.evidence.map(JSONValue.string)))
    context.record("summary", .string(result.evidence.joined(separator: "; ")))
    return result
  }
}
