import FloeSDK

/// The parameters that turn clusters into classes, shared by the fitting steps.
struct ClassRules {
  let rules: [NameRule]
  /// Codes, labels and colours of the classes.
  let classes: ClassTable
  let darkRatio: Double
  /// The limits of `dark`; its ratio is `darkRatio`.
  let limits: OpticalEvidence.Limits

  /// The rules of `names` and `rest`; nil when no names were asked for.
  init?(
    names: ClassNames?, rest: String?, limits: OpticalEvidence.Limits, source: SampleSource
  ) throws {
    guard var names else {
      if rest != nil { throw ParameterError("rest", "has nothing to complete: give 'names' too") }
      return nil
    }
    if let rest { names.entries.append(ClassNames.Entry(name: rest, rule: "rest")) }
    do {
      classes = try names.table()
      rules = try NameRule.parse(
        names.entries.map { ($0.name, $0.rule) }, features: source.features.map(\.name), classes: classes,
        hasBrightness: source.hasBrightness, tests: source.hasBrightness ? ["dark"] : [])
    } catch {
      throw ParameterError("names", error.message)
    }
    self.limits = limits
    darkRatio = limits.darkRatio
  }

  /// Whether a rule looks at the scene's ice level.
  var needsIceLevel: Bool {
    rules.contains { rule in
      rule.conditions.contains {
        switch $0 {
        case .evident, .brightness: true
        default: false
        }
      }
    }
  }

  /// The names of fitted clusters, reported to the user; an order without evidence is a warning.
  ///
  /// - Parameters:
  ///   - tests: physical tests by their word.
  ///   - iceLevel: the brightness that shares refer to.
  ///   - table: what limits in physical units say of a table; they decide which clusters are leads.
  ///   - shares: the records of each cluster within those limits.
  func apply(
    _ clusters: [ClusterSummary], features: [String], tests: [String: any ClusterEvidence] = [:],
    iceLevel: Double? = nil, table: TableEvidence? = nil, shares: [TableEvidence.Share] = [],
    context: RunContext
  ) -> NamingResult {
    let isLimited = table?.decides ?? false
    let asked = isLimited ? rules.filter { $0.name != "lead" } : rules
    var result = ClassAssignment(rules: asked, darkRatio: darkRatio, tests: tests, iceLevel: iceLevel)
      .name(clusters, features: features)
    if isLimited, let table { result = table.named(shares, others: result, rules: asked) }
    for sentence in result.evidence {
      if sentence.hasPrefix("no ") { context.warn(sentence) } else { context.log(.info, sentence) }
    }
    context.record(.naming, .array(result.evidence.map(JSONValue.string)))
    if !result.facts.isEmpty { context.record(.evidence, .object(result.facts)) }
    context.record(.summary, .string(result.evidence.joined(separator: "; ")))
    return result
  }
}
