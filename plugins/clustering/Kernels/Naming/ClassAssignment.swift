import FloeCore

/// Class codes of clusters and the evidence for them.
public struct NamingResult: Sendable, Hashable {
  /// `codes[cluster]`.
  public let codes: [Int]
  /// A sentence a rule: which clusters it named and why, or what was missing.
  public let evidence: [String]
  /// Clusters that a limit divides; nil when none is.
  public var division: ClusterDivision?
  /// The figures of the physical tests, by word.
  public var facts: [String: JSONValue] = [:]
}

/// Gives clusters the names of classes by rules on their centres in physical units, standardised or not.
///
/// The first rule that holds names a cluster. A name by order (`darkest`, `brightest`, `highest`, `lowest`) is given to
/// one cluster and only on evidence: a cluster is `darkest` if its brightness is at most `darkRatio` times the
/// brightest cluster's, and any name by order asks for a distance of one standard deviation from the next cluster,
/// pooled from the variances within the two. A cluster that fails as `darkest` or `brightest` goes on to the later
/// rules and the rest; clusters on which `highest` and `lowest` disagree, or do not tell apart, become `unclassified`.
public struct ClassAssignment: Sendable {
  public let rules: [NameRule]
  /// The largest brightness of a dark cluster as a share of the brightest cluster's, dimensionless.
  public let darkRatio: Double
  /// The code of what no rule names.
  public let unclassified: Int
  /// Physical tests by the word that rules call them with.
  public let tests: [String: any ClusterEvidence]
  /// The brightness that shares of brightness refer to; nil where there is none.
  public let iceLevel: Double?

  /// Naming by rules; 0.5 and 3 are the defaults of the sea-ice classes.
  public init(
    rules: [NameRule], darkRatio: Double = 0.5, unclassified: Int = 3, tests: [String: any ClusterEvidence] = [:],
    iceLevel: Double? = nil
  ) {
    self.tests = tests
    self.iceLevel = iceLevel
    self.rules = rules
    self.darkRatio = darkRatio
    self.unclassified = unclassified
  }

  /// Names the clusters.
  public func name(_ clusters: [ClusterSummary], features: [String]) -> NamingResult {
    var codes = [Int?](repeating: nil, count: clusters.count)
    var evidence: [String] = []
    var facts: [String: JSONValue] = [:]
    var divided: [Int: Int] = [:]
    var limit: ClusterDivision.Limit?
    for rule in rules where !rule.isRest {
      let finding = finding(rule, clusters, features)
      facts.merge(finding.facts) { $1 }
      limit = limit ?? finding.limit
      if let failure = finding.failure {
        evidence.append("no \(rule.name) found: \(failure)")
        for j in finding.undecided where codes[j] == nil { codes[j] = unclassified }
        continue
      }
      let parts = finding.fits.filter { finding.partly.contains($0) && codes[$0] == nil && divided[$0] == nil }
      for j in parts { divided[j] = rule.code }
      let named = finding.fits.filter { codes[$0] == nil && !finding.partly.contains($0) }
      for j in named { codes[j] = rule.code }
      evidence.append(Self.sentence(rule, finding, named, parts))
    }
    let rest = rules.first(where: \.isRest)?.code ?? unclassified
    var result = NamingResult(codes: codes.map { $0 ?? rest }, evidence: evidence)
    result.facts = facts
    let places = divided.keys.sorted()
    if let limit, !places.isEmpty {
      result.division = ClusterDivision(limit: limit, clusters: places, codes: places.compactMap { divided[$0] })
    }
    return result
  }

  /// What the conditions of a rule say of the clusters.
  private struct Finding {
    /// The clusters that fulfil all of them.
    var fits: [Int]
    /// What each condition found, for the sentence.
    var reasons: [String] = []
    /// Why the rule names none; nil where it holds.
    var failure: String?
    /// Clusters that conditions by order point to, and those that they do not tell apart.
    var chosen: Set<Int> = [], undecided: Set<Int> = []
    /// Clusters of which a test names a part alone.
    var partly: Set<Int> = []
    /// The limit of the first test that has one, and the tests' figures by word.
    var limit: ClusterDivision.Limit?
    var facts: [String: JSONValue] = [:]
  }

  private func finding(_ rule: NameRule, _ clusters: [ClusterSummary], _ features: [String]) -> Finding {
    var finding = Finding(fits: Array(clusters.indices))
    for condition in rule.conditions { apply(condition, clusters, features, to: &finding) }
    if finding.chosen.count > 1 {
      let numbers = finding.chosen.sorted().map(String.init).joined(separator: ", ")
      finding.failure = "the conditions point to different clusters (\(numbers))"
      finding.undecided.formUnion(finding.chosen)
    }
    return finding
  }

  /// Narrows a finding down by one condition; of several failures the first is kept.
  private func apply(
    _ condition: NameCondition, _ clusters: [ClusterSummary], _ features: [String], to finding: inout Finding
  ) {
    func fail(_ sentence: String) { finding.failure = finding.failure ?? sentence }
    switch condition {
    case .threshold(let f, let comparison, let value):
      finding.fits = finding.fits.filter { comparison.holds(clusters[$0].mean[f], value) }
      finding.reasons.append("\(features[f]) \(comparison.rawValue) \(short(value))")
    case .darkest, .brightest:
      let verdict = byBrightness(clusters, isDark: condition == .darkest)
      finding.fits = finding.fits.filter { $0 == verdict.cluster }
      if verdict.holds { finding.reasons.append(verdict.reason) } else { fail(verdict.reason) }
    case .evident(let word):
      guard let test = tests[word] else { return fail("there is no test '\(word)' for these samples") }
      let verdict = test.judge(clusters)
      finding.facts[word] = verdict.facts
      if !verdict.isFound { fail(verdict.sentence) }
      finding.fits = finding.fits.filter { verdict.standings[$0] == .whole || verdict.standings[$0] == .divided }
      finding.partly.formUnion(clusters.indices.filter { verdict.standings[$0] == .divided })
      finding.limit = finding.limit ?? verdict.limit
      finding.reasons.append(verdict.sentence)
    case .brightness(let comparison, let share):
      guard let iceLevel, iceLevel > 0 else { return fail("there is no ice level to compare with") }
      finding.fits = finding.fits.filter { comparison.holds(clusters[$0].brightness / iceLevel, share) }
      finding.reasons.append("brightness \(comparison.rawValue) \(short(share)) of the ice level \(short(iceLevel))")
    case .extreme(let f, let isHighest):
      let verdict = byFeature(clusters, f, isHighest, features[f])
      finding.chosen.insert(verdict.cluster)
      finding.fits = finding.fits.filter { $0 == verdict.cluster }
      if verdict.holds {
        finding.reasons.append(verdict.reason)
      } else {
        fail(verdict.reason)
        finding.undecided.formUnion([verdict.cluster, verdict.next])
      }
    }
  }

  /// What a rule that holds named, and why; or why nothing was left for it.
  private static func sentence(_ rule: NameRule, _ finding: Finding, _ named: [Int], _ parts: [Int]) -> String {
    let reason = finding.reasons.joined(separator: " and ")
    if !named.isEmpty || !parts.isEmpty { return "\(rule.name): \(listed(named, parts)), \(reason)" }
    if finding.fits.isEmpty { return "no \(rule.name) found: no cluster has \(reason)" }
    return "no \(rule.name) found: none is left: earlier rules took \(clusters(finding.fits)) (\(reason))"
  }

  /// `clusters 0, 1 and the dark part of cluster 2`.
  private static func listed(_ whole: [Int], _ parts: [Int]) -> String {
    func list(_ numbers: [Int]) -> String {
      "cluster\(numbers.count == 1 ? "" : "s") \(numbers.map(String.init).joined(separator: ", "))"
    }
    let dark = "the dark part\(parts.count == 1 ? "" : "s") of \(list(parts))"
    return parts.isEmpty ? list(whole) : whole.isEmpty ? dark : "\(list(whole)) and \(dark)"
  }

  /// `cluster 1`, `clusters 1 and 2`, `clusters 0, 1 and 2`.
  private static func clusters(_ numbers: [Int]) -> String {
    let texts = numbers.map(String.init)
    guard let last = texts.last, texts.count > 1 else { return "cluster \(texts.first ?? "")" }
    return "clusters \(texts.dropLast().joined(separator: ", ")) and \(last)"
  }

  private struct Verdict {
    var cluster = 0, next = 0
    var holds = false
    var reason = ""
  }

  private func byBrightness(_ clusters: [ClusterSummary], isDark: Bool) -> Verdict {
    let rising = clusters.orderByBrightness
    guard rising.count > 1 else { return Verdict(reason: "there is only one cluster, with nothing to compare it to") }
    let order = isDark ? rising : rising.reversed()
    var verdict = Verdict(cluster: order[0], next: order[1])
    let own = clusters[order[0]]
    let next = clusters[order[1]]
    let brightest = clusters[rising[rising.count - 1]].brightness
    if isDark {
      // Dark pixels may fall below zero after the offset; they count as dark as long as the brightest is above zero.
      let share =
        "\(short(own.brightness)) is \(short(own.brightness / brightest)) of the brightest \(short(brightest))"
      guard brightest > 0, own.brightness <= darkRatio * brightest else {
        verdict.reason = "darkest cluster \(share); at most \(short(darkRatio)) is asked"
        return verdict
      }
      verdict.reason = "brightness \(share)"
    } else {
      verdict.reason = "brightness \(short(own.brightness)) is the highest"
    }
    let pooled = pooledDeviation(own, next) { $0.brightnessVariance }
    let distance = abs(own.brightness - next.brightness)
    return separated(verdict, distance, pooled, "brightness")
  }

  private func byFeature(_ clusters: [ClusterSummary], _ f: Int, _ isHighest: Bool, _ name: String) -> Verdict {
    let rising = clusters.map(\.mean).order(byFeature: f)
    guard rising.count > 1 else { return Verdict(reason: "there is only one cluster, with nothing to compare it to") }
    let order = isHighest ? rising.reversed() : rising
    let own = clusters[order[0]]
    let next = clusters[order[1]]
    let verdict = Verdict(
      cluster: order[0], next: order[1], reason: "\(isHighest ? "highest" : "lowest") \(name) \(short(own.mean[f]))")
    return separated(verdict, abs(own.mean[f] - next.mean[f]), pooledDeviation(own, next) { $0.variance[f] }, name)
  }

  private func separated(_ verdict: Verdict, _ distance: Double, _ pooled: Double, _ quantity: String) -> Verdict {
    var result = verdict
    result.holds = distance > 0 && distance >= pooled
    if result.holds {
      result.reason +=
        pooled > 0
        ? ", \(short(distance / pooled)) pooled standard deviations from the next cluster" : ", apart from the next"
    } else {
      result.reason =
        """
        cluster \(verdict.cluster) lies \(short(distance)) in \(quantity) from cluster \(verdict.next); at least \
        one pooled 
        """
        + "standard deviation, \(short(pooled)), is asked"
    }
    return result
  }

  private func pooledDeviation(
    _ a: ClusterSummary, _ b: ClusterSummary, _ variance: (ClusterSummary) -> Double
  ) -> Double {
    let n = a.count + b.count
    guard n > 0 else { return 0 }
    return ((a.count * variance(a) + b.count * variance(b)) / n).squareRoot()
  }
}
