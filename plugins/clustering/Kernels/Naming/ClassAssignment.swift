import FloeCore

/// Class codes of clusters and the figures that speak for them.
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
      var fits = Array(clusters.indices)
      var reasons: [String] = []
      var failure: String?
      var undecided: Set<Int> = []
      var chosen: Set<Int> = []
      var partly: Set<Int> = []
      for condition in rule.conditions {
        switch condition {
        case .threshold(let f, let comparison, let value):
          fits = fits.filter { comparison.holds(clusters[$0].mean[f], value) }
          reasons.append("\(features[f]) \(comparison.rawValue) \(short(value))")
        case .darkest, .brightest:
          let verdict = byBrightness(clusters, isDark: condition == .darkest)
          fits = fits.filter { $0 == verdict.cluster }
          if verdict.holds { reasons.append(verdict.reason) } else { failure = failure ?? verdict.reason }
        case .evident(let word):
          guard let test = tests[word] else {
            failure = failure ?? "there is no test '\(word)' for these samples"
            continue
          }
          let verdict = test.judge(clusters)
          facts[word] = verdict.facts
          if !verdict.isFound { failure = failure ?? verdict.sentence }
          fits = fits.filter { verdict.standings[$0] == .whole || verdict.standings[$0] == .divided }
          partly.formUnion(clusters.indices.filter { verdict.standings[$0] == .divided })
          limit = limit ?? verdict.limit
          reasons.append(verdict.sentence)
        case .brightness(let comparison, let share):
          guard let iceLevel, iceLevel > 0 else {
            failure = failure ?? "there is no ice level to compare with"
            continue
          }
          fits = fits.filter { comparison.holds(clusters[$0].brightness / iceLevel, share) }
          reasons.append("brightness \(comparison.rawValue) \(short(share)) of the ice level \(short(iceLevel))")
        case .extreme(let f, let isHighest):
          let verdict = byFeature(clusters, f, isHighest, features[f])
          chosen.insert(verdict.cluster)
          fits = fits.filter { $0 == verdict.cluster }
          if verdict.holds {
            reasons.append(verdict.reason)
          } else {
            failure = failure ?? verdict.reason
            undecided.formUnion([verdict.cluster, verdict.next])
          }
        }
      }
      if chosen.count > 1 {
        failure =
          "the conditions point to different clusters (\(chosen.sorted().map(String.init).joined(separator: ", ")))"
        undecided.formUnion(chosen)
      }
      if let failure {
        evidence.append("no \(rule.name) found: \(failure)")
        for j in undecided where codes[j] == nil { codes[j] = unclassified }
        continue
      }
      let parts = fits.filter { partly.contains($0) && codes[$0] == nil && divided[$0] == nil }
      for j in parts { divided[j] = rule.code }
      let named = fits.filter { codes[$0] == nil && !partly.contains($0) }
      for j in named { codes[j] = rule.code }
      let reason = reasons.joined(separator: " and ")
      if !named.isEmpty || !parts.isEmpty {
        evidence.append("\(rule.name): \(Self.listed(named, parts)), \(reason)")
      } else if fits.isEmpty {
        evidence.append("no \(rule.name) found: no cluster has \(reason)")
      } else {
        let taken = "earlier rules took \(Self.clusters(fits))"
        evidence.append("no \(rule.name) found: none is left: \(taken) (\(reason))")
      }
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

/// A number for a sentence: two decimals near one, three significant digits for small ones.
func short(_ x: Double) -> String {
  guard x.isFinite, abs(x) < 1e15 else { return "\(x)" }
  var digits = 100.0
  while abs(x) * digits < 10 && x != 0 && digits < 1e8 { digits *= 10 }
  let rounded = (x * digits).rounded() / digits
  return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
}
