import FloeSDK

/// A step that fits clusters: planning and running that all of them share.
protocol ClusteringStep: ProcessingStep {
  associatedtype Algorithm: ClusteringAlgorithm
  /// What models of this step are called.
  static var kind: FittedModel.Kind { get }
  /// The fewest clusters that can be asked for.
  static var leastClusters: Int { get }
  /// The cluster of each sample by a model of this kind.
  static func labelling(_ model: FittedModel, _ source: SampleSource) throws -> @Sendable (SampleBlock) -> [UInt8]

  var samples: Samples { get set }
  var clusters: ClusterCount { get }
  var sampling: SampleOptions { get }
  var naming: NamingOptions { get }
  var labels: Samples? { get set }
  var classes: Samples? { get set }
  var model: Model? { get set }

  /// The algorithm with the step's parameters.
  ///
  /// - Parameter space: the space of all rows of a table; nil where the samples that take part make it.
  func algorithm(space: FeatureSpace?, seed: UInt64) -> Algorithm
}

/// What further outputs of a fitting step rest on.
struct FittedClusters<Fit: ClusteringFit> {
  let fit: Fit
  let source: SampleSource
  let rules: ClassRules?
  /// Names that the clusters got; nil without rules.
  let named: NamingResult?
}

extension ClusteringStep {
  /// Labels by the nearest centre, for algorithms whose models are centres alone.
  static func labelling(_ model: FittedModel, _ source: SampleSource) throws -> @Sendable (SampleBlock) -> [UInt8] {
    let kernel = model.nearestCentre(layout: source.layout, whole: source.isWhole)
    return { kernel.labels($0) }
  }

  /// Checks the request and assigns labels, classes and model as they will be.
  ///
  /// - Returns: the rules, and the most clusters that there can be.
  mutating func planClusters(in context: PlanContext) throws -> (rules: ClassRules?, most: Int) {
    let source = try SampleSource(samples, features: sampling.features)
    try ClusterFacts.place(of: naming.orderBy, in: source)
    let space = try source.space(sampling.standardiseOver, isStandardised: sampling.standardise)
    let rules = try naming.rules(source)
    for remark in source.darkRemarks(rules) { context.warn(remark) }
    try sampling.training.check(source)
    let most = try clusters.candidates(sampling.clusterRange, least: Self.leastClusters).last ?? Self.leastClusters
    let products = products(source, clusters: most, rules, codes: rules.map { _ in [] })
    try products.checkWater()
    let least = algorithm(space: space, seed: 0).leastPosterior
    _ = try naming.evidence(leastPosterior: least)
      .evidence(samples, rules: rules, features: source.features.map(\.name))
    (labels, classes) = products.planned()
    model = Model(kind: Self.kind.rawValue, body: .null)
    context.isBarrier()
    if case .raster(let r) = samples {
      context.needs(materialized: r)
      // One byte a pixel for the labels, and one for the classes of a mixture.
      context.needs(scratch: (Self.kind == .gmm ? 2 : 1) * r.spec.grid.pixelCount)
    }
    return (rules, most)
  }

  /// Fits, names and labels, and assigns labels, classes and model.
  mutating func fitClusters(in context: RunContext) async throws -> FittedClusters<Algorithm.Fit> {
    if case .raster(let r) = samples { samples = .raster(try await context.materialize(r)) }
    let source = try await SampleSource(samples, features: sampling.features).referenced(in: context)
    let rules = try naming.rules(source)
    let candidates = try clusters.candidates(sampling.clusterRange, least: Self.leastClusters)
    let algorithm = algorithm(
      space: try source.space(sampling.standardiseOver, isStandardised: sampling.standardise), seed: context.seed)
    var orderName = ""
    let orderBy = naming.orderBy
    let arrange: ClusterArrangement = { centres in
      let (order, name) = try ClusterFacts.order(centres, source: source, by: orderBy)
      orderName = name
      return order
    }
    let trained = try await algorithm.trained(
      sampling, candidates, isAuto: clusters == .auto, source: source, needsIceLevel: rules?.needsIceLevel == true,
      context: context, arrange: arrange
    ) { try LabelStore(samples, source: source, clusters: $0, context: context) }
    var fit = trained.fit
    let sample = trained.sample
    let store = trained.store
    let scene = trained.scene
    if rules?.needsIceLevel == true { sample?.warnOfMargin(samples, source, context: context) }
    ClusterFacts.recordSkipped(
      scene?.skipped ?? fit.skipped, valid: scene?.validCount ?? fit.validCount, source: source, context: context)
    fit.tell(context)
    let count = fit.clusters.count
    let label = try fit.labelling(source)
    let evidence =
      sample.map {
        SceneEvidence($0, source: source, clusters: count, limits: naming.opticalLimits, label: label)
      } ?? .none
    let columns = source.features.map(\.name)
    let choice = naming.evidence(leastPosterior: algorithm.leastPosterior)
    let table = try choice.evidence(samples, rules: rules, features: columns)
    table?.tell(context)
    let shares = table.flatMap { table in store.map { table.shares($0.tableRows(), count: count) } } ?? []
    let named = rules.map {
      $0.apply(
        fit.clusters, features: columns, tests: evidence.tests, iceLevel: evidence.iceLevel, table: table,
        shares: shares, context: context)
    }
    try named.checkParts(count)
    var products = products(source, clusters: count, rules, codes: named?.codes)
    products.division = named?.division
    if let named, let table {
      products.records = RecordClasses(
        codes: named.codes, evidence: table, shares: shares,
        posterior: try await fit.posterior(source, context: context), leastPosterior: choice.leastPosterior)
    }
    if case .raster = samples, let named {
      products.classify = try fit.classifying(source, codes: named.codes, division: named.division)
    }
    var all: ClusterProducts.Labelling?
    var counts = fit.counts
    if let store, named?.division == nil, products.classify == nil {
      all = ClusterProducts.Labelling(labels: store.labels())
    }
    if all == nil {
      let found = try await products.labelled(label, context: context)
      all = found
      counts = found.counts
      for j in fit.clusters.indices { fit.clusters[j].count = Double(products.count(of: j, in: found.counts)) }
    }
    context.record(
      .clusters,
      ClusterFacts.json(
        fit.clusters, features: source.features, codes: named?.codes, classes: rules?.classes ?? .seaIce))
    model = fit.model(features: source.features, order: orderName, source: source.acquisition)
      .named(
        named, classes: rules?.classes,
        table: table.map { $0.json(shares: shares, leastPosterior: choice.leastPosterior) })
    if let all { (labels, classes) = try await products.make(all, counts: counts, context: context) }
    return FittedClusters(fit: fit, source: source, rules: rules, named: named)
  }

  private func products(_ source: SampleSource, clusters: Int, _ rules: ClassRules?, codes: [Int]?) -> ClusterProducts {
    ClusterProducts(
      samples: samples, source: source, clusterCount: clusters, codes: codes, classTable: rules?.classes ?? .seaIce,
      water: naming.water, maxLeadWidth: naming.maxLeadWidth)
  }
}

extension FittedModel {
  /// The model that travels, with the classes of its clusters.
  ///
  /// - Parameter table: what limits say of the table that it was fitted on, for records of others.
  func named(_ result: NamingResult?, classes: ClassTable?, table: JSONValue? = nil) -> Model {
    var copy = self
    if let result {
      if let table { copy.figures["limits"] = table }
      copy.classCodes = result.codes
      copy.classTable = classes ?? .seaIce
      for code in result.codes { copy.classNames[code] = copy.classTable[code]?.name }
      copy.evidence = result.evidence
      copy.division = result.division
      copy.tests = result.facts
    }
    return Model(kind: kind.rawValue, body: copy.json)
  }
}
