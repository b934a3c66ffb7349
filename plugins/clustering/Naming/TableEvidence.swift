import FloeSDK

/// What limits in physical units say of the clusters and records of a table.
///
/// Clusters of a table differ from each other in any data, so that a name by order alone finds leads in open ocean.
/// With limits, a cluster is a lead if at least half of its records lie within the limits of leads, whatever the order;
/// it is sea ice if half of them lie within those of sea ice; others keep the name that the remaining rules give. Then
/// each record is held against the limits once more: one within those of leads is a lead in a cluster of sea ice too,
/// for leads are rare and a cluster of them need not exist; one within those of no class, or within those of sea ice in
/// a cluster of leads, is unclassified, and so is one whose posterior is too low.
struct TableEvidence: Sendable {
  /// Nil where there are none; then clusters keep the names that the rules give.
  let limits: TableLimits?
  /// Why no evidence can be had, in which case no cluster is a lead; nil where none is asked for.
  let absence: String?
  /// Whether the limits decide which clusters are leads.
  var decides: Bool { limits != nil || absence != nil }
  private let verdicts: [LimitVerdict]
  private let lead: Int, seaIce: Int, unclassified: Int
  /// The least share of a cluster's records within a class's limits.
  static let leastShare = 0.5

  /// What a cluster's records say.
  struct Share: Sendable, Hashable {
    var count = 0, lead = 0, seaIce = 0
    /// Whether most lie within the limits of leads, or of sea ice.
    var isLead: Bool { count > 0 && Double(lead) >= TableEvidence.leastShare * Double(count) }
    var isSeaIce: Bool { !isLead && count > 0 && Double(seaIce) >= TableEvidence.leastShare * Double(count) }
    /// Whether some records lie within the limits of leads, but too few for the cluster.
    var isMixed: Bool { !isLead && !isSeaIce && lead > 0 }
  }

  init(limits: TableLimits?, absence: String?, table: Table, classes: ClassTable = .seaIce) throws(FloeError) {
    self.limits = limits
    self.absence = absence
    verdicts = try limits?.verdicts(table) ?? []
    lead = classes.named("lead")?.code ?? 2
    seaIce = classes.named("sea_ice")?.code ?? 1
    unclassified = classes.named("unclassified")?.code ?? 3
  }

  /// Tells how the limits fit the table.
  func tell(_ context: RunContext) {
    guard let limits else { return }
    for note in limits.notes { if limits.isUncertain { context.warn(note) } else { context.log(.info, note) } }
    guard case .object(var members) = limits.json else { return }
    members["notes"] = .array(limits.notes.map(JSONValue.string))
    context.record("limits", .object(members))
  }

  /// The records of each cluster within the limits.
  func shares(_ clusters: [UInt8], count: Int) -> [Share] {
    var result = [Share](repeating: Share(), count: count)
    for (row, cluster) in clusters.enumerated() where cluster != 255 && !verdicts.isEmpty {
      result[Int(cluster)].count += 1
      if verdicts[row] == .lead { result[Int(cluster)].lead += 1 }
      if verdicts[row] == .seaIce { result[Int(cluster)].seaIce += 1 }
    }
    return result
  }

  /// Names of clusters by the limits, and by the other rules where the limits say nothing.
  ///
  /// - Parameters:
  ///   - others: what the rules say without the one for leads.
  ///   - rules: those rules.
  func named(_ shares: [Share], others: NamingResult, rules: [NameRule]) -> NamingResult {
    guard let limits else {
      return NamingResult(
        codes: others.codes,
        evidence: ["no lead found: \(absence ?? "there is no evidence in physical units")"] + others.evidence)
    }
    let codes = shares.indices.map { j in
      shares[j].isLead ? lead : shares[j].isSeaIce ? seaIce : shares[j].isMixed ? unclassified : others.codes[j]
    }
    let words = "\(TableLimits.text(limits.lead)) (\(limits.name))"
    func share(_ j: Int) -> String { "\(shares[j].lead) of \(shares[j].count) records" }
    let leads = shares.indices.filter { shares[$0].isLead }
    var evidence: [String] = []
    // Records of clusters that are no leads are leads by their own values.
    let single = shares.reduce(0) { $0 + ($1.isLead ? 0 : $1.lead) }
    if leads.isEmpty, single > 0 {
      evidence.append(
        """
        lead: no cluster has half of its records within \(words), but \(single) \
        record\(single == 1 ? " lies" : "s lie") within, each held against the limits alone
        """)
    } else if leads.isEmpty {
      let nearest = shares.indices.max { a, b in
        shares[a].lead * max(1, shares[b].count) < shares[b].lead * max(1, shares[a].count)
      }
      evidence.append(
        "no lead found: no cluster has half of its records within \(words)"
          + (nearest.map { "; nearest is cluster \($0) with \(share($0))" } ?? ""))
    } else {
      evidence.append(
        """
        lead: cluster\(leads.count == 1 ? "" : "s") \(leads.map { "\($0) (\(share($0)))" }.joined(separator: ", ")) \
        within \(words)
        """
      )
    }
    let mixed = shares.indices.filter { shares[$0].isMixed }
    if !mixed.isEmpty {
      evidence.append(
        """
        mixed: cluster\(mixed.count == 1 ? "" : "s") \(mixed.map { "\($0) (\(share($0)))" }.joined(separator: ", "))\
         within the limits of leads; each record is held against the limits alone
        """
      )
    }
    let inIce = shares.reduce(0) { $0 + ($1.isSeaIce ? $1.lead : 0) }
    if !leads.isEmpty, inIce > 0 {
      evidence.append(
        "lead: \(inIce) record\(inIce == 1 ? "" : "s") in clusters of sea ice within the limits of leads; "
          + "each is held against the limits alone")
    }
    // The limits name sea ice as well: what its rule says of whole clusters would contradict them.
    for (rule, sentence) in zip(rules.filter { !$0.isRest }, others.evidence) {
      evidence.append(rule.code == seaIce && !limits.seaIce.isEmpty ? iceEvidence(shares, limits) : sentence)
    }
    return NamingResult(codes: codes, evidence: evidence)
  }

  /// What the limits of sea ice say of the clusters.
  private func iceEvidence(_ shares: [Share], _ limits: TableLimits) -> String {
    let words = "\(TableLimits.text(limits.seaIce)) (\(limits.name))"
    let within = shares.indices.filter { shares[$0].isSeaIce }.map {
      "\($0) (\(shares[$0].seaIce) of \(shares[$0].count) records)"
    }
    return within.isEmpty
      ? "sea_ice: no cluster has half of its records within \(words); each record is held against the limits alone"
      : "sea_ice: cluster\(within.count == 1 ? "" : "s") \(within.joined(separator: ", ")) within \(words)"
  }

  /// The class of each record, -1 for those without a cluster, and how many are unclassified for which reason.
  ///
  /// - Parameters:
  ///   - codes: the class of each cluster.
  ///   - posterior: `posterior[cluster][row]` of a mixture; nil for k-means.
  ///   - least: the least posterior of a record's class.
  func classes(
    _ clusters: [UInt8], codes: [Int], shares: [Share], posterior: [[Float]]?, least: Double
  ) -> (codes: [Int16], unclassified: [String: Int]) {
    var reasons: [String: Int] = [:]
    // Without a cluster of leads no posterior speaks of them: those of the clusters that hold some stand for it.
    let isWithoutLeads = !codes.contains(lead)
    let probable = verdicts.isEmpty ? posterior.map { RecordClasses.MostProbable(codes: codes, posterior: $0) } : nil
    let result = clusters.indices.map { row -> Int16 in
      guard clusters[row] != 255 else { return -1 }
      let cluster = Int(clusters[row])
      let verdict = verdicts.isEmpty ? nil : verdicts[row]
      var (code, reason) = limited(probable?.code(row) ?? codes[cluster], shares[cluster], verdict)
      if reason == nil, code != unclassified, let posterior, least > 0 {
        var mass = 0.0
        // Open ocean is separated from ice by the concentration alone: its echoes are those of the clusters of ice.
        let isOcean = code == 0 && verdict == .openOcean
        let holdsLeads = code == lead && isWithoutLeads
        for j in codes.indices
        where codes[j] == code || shares[j].isMixed || isOcean && codes[j] != lead || holdsLeads && shares[j].lead > 0 {
          mass += Double(posterior[j][row])
        }
        if mass < least { (code, reason) = (unclassified, "posterior below \(short(least))") }
      }
      if let reason { reasons[reason, default: 0] += 1 }
      return Int16(truncatingIfNeeded: code)
    }
    return (result, reasons)
  }

  /// What applying a model needs to know of its evidence.
  func json(shares: [Share], leastPosterior: Double) -> JSONValue {
    [
      "limits": limits?.json ?? .null, "min_posterior": .number(leastPosterior),
      "records": .array(shares.map { [.integer($0.count), .integer($0.lead), .integer($0.seaIce)] }),
    ]
  }

  private func limited(_ code: Int, _ share: Share, _ verdict: LimitVerdict?) -> (code: Int, reason: String?) {
    guard let verdict, limits != nil else { return (code, code == unclassified ? "no rule names the cluster" : nil) }
    // A class of the user's own, or open ocean: the limits name leads and sea ice only.
    guard code == lead || code == seaIce || code == unclassified else {
      return verdict == .lead ? (unclassified, "within the limits of leads in a cluster of another class") : (code, nil)
    }
    switch verdict {
    case .lead: return (lead, nil)
    case .seaIce:
      return share.isLead ? (unclassified, "within the limits of sea ice in a cluster of leads") : (seaIce, nil)
    case .openOcean: return (0, nil)
    case .between: return (unclassified, "within the limits of no class")
    case .missing: return (unclassified, "a value that the limits ask for is missing")
    }
  }
}

/// Classes of a table's records from those of their clusters.
struct RecordClasses: Sendable {
  /// `codes[cluster]`.
  var codes: [Int]
  var evidence: TableEvidence?
  var shares: [TableEvidence.Share] = []
  /// `posterior[cluster][row]` of a mixture.
  var posterior: [[Float]]?
  var leastPosterior = 0.0

  /// The class of each record, -1 for those without a cluster, and how many are unclassified for which reason.
  func make(_ clusters: [UInt8]) -> (codes: [Int16], unclassified: [String: Int]) {
    guard let evidence else {
      let probable = posterior.map { MostProbable(codes: codes, posterior: $0) }
      let found = clusters.indices.map { row -> Int16 in
        clusters[row] == 255 ? -1 : Int16(probable?.code(row) ?? codes[Int(clusters[row])])
      }
      return (found, [:])
    }
    return evidence.classes(clusters, codes: codes, shares: shares, posterior: posterior, least: leastPosterior)
  }
}

extension RecordClasses {
  /// The class of the largest probability of each record, clusters of one class added up as columns of probabilities
  /// are; of equal ones the lowest code.
  struct MostProbable {
    private let classes: [(code: Int, clusters: [Int])]
    private let posterior: [[Float]]

    /// - Parameters:
    ///   - codes: the class of each cluster.
    ///   - posterior: `posterior[cluster][row]`.
    init(codes: [Int], posterior: [[Float]]) {
      classes = Set(codes).sorted().map { code in (code, codes.indices.filter { codes[$0] == code }) }
      self.posterior = posterior
    }

    func code(_ row: Int) -> Int? {
      var best: (code: Int, probability: Float)?
      for (code, clusters) in classes {
        let probability = min(1, clusters.reduce(Float(0)) { $0 + posterior[$1][row] })
        if best.map({ probability > $0.probability }) ?? true { best = (code, probability) }
      }
      return best?.code
    }
  }

  /// What a model's evidence says of another table; nil for models without.
  ///
  /// - Throws: when the limits name a column that the table lacks.
  init?(
    json: JSONValue?, codes: [Int], table: Table, posterior: [[Float]]?, classes: ClassTable
  ) throws(FloeError) {
    guard let json else { return nil }
    let shares = (json["records"]?.arrayValue ?? []).map { entry in
      let n = (entry.arrayValue ?? []).map { $0.doubleValue.flatMap { Int(exactly: $0) } ?? 0 }
      return n.count == 3 ? TableEvidence.Share(count: n[0], lead: n[1], seaIce: n[2]) : TableEvidence.Share()
    }
    let evidence = try TableEvidence(
      limits: try TableLimits(json: json["limits"]), absence: nil, table: table, classes: classes)
    self.init(
      codes: codes, evidence: evidence, shares: shares.count == codes.count ? shares : codes.map { _ in .init() },
      posterior: posterior, leastPosterior: json["min_posterior"]?.doubleValue ?? 0)
  }
}

extension SampleSource {
  /// `posterior[cluster][row]` of all rows of a table, NaN for rows left out.
  func posterior(_ kernel: GMMKernel, context: RunContext) async throws -> [[Float]] {
    let source = self
    let parts = try await context.map(blockCount, progress: "blocks") {
      kernel.classify(try source.read(block: $0), entropy: false).probabilities
    }
    return (0..<kernel.componentCount).map { j in parts.flatMap { $0[j] } }
  }
}
