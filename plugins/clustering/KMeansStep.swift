import FloeSDK

/// K-Means over pixels or records.
public struct KMeansStep: ProcessingStep {
  public static let name = "cluster.kmeans"
  public static let summary =
    "Assigns each pixel or record to the nearest of k centres, and names the clusters by rule."
  public static let discussion = """
    Starts are drawn by greedy k-means++ on up to 200 000 valid samples, the best of `starts` goes on with Lloyd's steps
    over up to 3 million and then over *all* valid samples until the centres rest. Distances are Euclidean in physical
    units (reflectance, dB ...), or in standard deviations with `standardise`. Samples with no data, NaN or a mark
    against them take no part and are counted.

    `labels` holds cluster numbers 0 ..< k in rising mean brightness (tables: in rising order of `order_by`), 255 is no
    data. `classes` exists only with `names` and holds 0 open ocean, 1 sea ice, 2 lead, 3 unclassified, 255 no data.

    A name by order needs evidence in physical units: a cluster is `darkest` only if its mean is at most `dark_ratio`
    times the brightest cluster's and at least one pooled standard deviation below the next. Otherwise the run says "no
    lead found" and the cluster takes the `rest` name. Rules: `darkest`, `brightest`, `B04 < 0.25 and B02 > 0.1`,
    `highest peakiness`, `rest`.

    **dark** is the rule for open water in images: it names every cluster that is dark in physical units, however many.
    The *ice level* of a band is its median over the samples at least half as bright as the 95th percentile, the *dark
    level* the mean of the darkest tenth of the darkest cluster; brightness is the mean over the bands. There is water
    only if the dark level is at most `dark_ratio` of the ice level and, in reflectance bands from 600 to 900 nm, where
    haze is thin, at most `dark_limit` (Brandt et al. 2005: open water 0.07, bare nilas 0.14, young grey ice 0.25). A
    pixel is water if at least `water_share` of it is as dark as the dark level. A mixture of water and ice has the same
    share in all bands; clusters, and pixels of clusters that the limit runs through, whose share differs between bands
    by more than `band_spread` of itself (young ice, shadow on snow) are not. `brightness < 0.75` names by share of the
    ice level, for thin ice. `names` may bring classes of their own: `thin_ice: { rule: "brightness < 0.75", code: 4,
    label: Thin ice, color: "#5aae61" }`.

    **Rare classes.** `training: balanced` fits on about 40 000 samples, half of them in equal numbers from steps of
    brightness of 1/20 of the ice level, and labels all in one pass more, so that a class of one pixel in a thousand has
    clusters of its own. `clusters: auto` tries every number of `cluster_range` and takes the smallest Bayesian
    criterion (of spheres of one variance, Pelleg and Moore 2000).

    **Tables.** Clusters of a table differ in any data, so that order alone finds leads in open ocean. A cluster of a
    table is a lead if at least half of its records lie within limits in physical units, whatever the order, and there
    is no other lead: `limits` names a published set (`cpom-cryosat2`, `cpom-cryosat2-sarin`, `pysiral-sar`,
    `pysiral-sarin`; altimetry.classify gives their numbers), chosen by default by the definition of the table's
    peakiness; `lead_limits` and `ice_limits` replace a set's; `none` goes back to order alone. A threshold in the rule
    for lead counts as evidence too. A set for another definition of peakiness is converted or refused. Each record is
    then held against the limits: one within those of no class is unclassified, counted by reason under `unclassified`.
    Concentration counts where the table has it.

    Source: Arthur and Vassilvitskii 2007 (k-means++); Lloyd 1982.
    """
  public static let example = """
    groups:
      use: cluster.kmeans
      in: { samples: stack.image }
      with: { clusters: 2, names: { lead: darkest, sea_ice: rest } }
    """
  public static let presets = [
    Preset(
      "course", "Two clusters of B04 as the course notebook makes them, with ten starts",
      values: [
        "clusters": .text("2"), "starts": .text("10"), "limits": .text("none"),
      ])
  ]

  @Input("Bands or table columns to cluster") var samples: Samples
  @Param("Bands or columns that take part; all bands, or all number columns, by default") var features: [String]?
  @Param("Number of clusters, or auto: the best by the Bayesian criterion within cluster_range", in: 2...255)
  var clusters = ClusterCount.fixed(2)
  @Param("Fewest and most clusters that auto tries") var clusterRange = [2, 14]
  @Param("Samples to fit on: all of them, or a sample in which every level of brightness counts alike")
  var training = Training.even
  @Param("Divide each feature by its standard deviation first") var standardise = false
  @Param("Whose mean and standard deviation: the samples that take part, or all rows of the table, marked ones too")
  var standardiseOver = StandardiseOver.kept
  @Param("Starts, of which the best is kept", in: 1...1000) var starts = 10
  @Param("Steps at most", in: 1...100_000) var iterations = 300
  @Param("Ends when the squared shift of the centres is at most this share of the mean variance", in: 0...1)
  var tolerance = 1e-10
  @Param("Share of the valid samples to train on; all are labelled", in: 0.0001...1) var trainingShare = 1.0
  @Param("Samples of a mini-batch; full steps by default", in: 1...10_000_000) var miniBatch: Int?
  @Param("Classes by rule, the first that holds: class: rule, or class: { rule, code, label, color }")
  var names: ClassNames?
  @Param("Class of the clusters that no rule names") var rest: String?
  @Param(
    "Largest brightness of the darkest cluster as a share of the brightest's; with dark, of the ice level",
    in: 0...1)
  var darkRatio = 0.5
  @Param("dark: largest reflectance of the dark level in bands from 600 to 900 nm", in: 0...1) var darkLimit = 0.18
  @Param("dark: least share of open water in a pixel that gets the name", in: 0.05...0.95) var waterShare = 0.45
  @Param(
    "dark: largest difference between bands in a pixel's share of open water, as a part of that share",
    in: 0...10)
  var bandSpread = 0.1
  @Param("Limits of radar features that leads and sea ice of a table keep to: a named set, none, or by its peakiness")
  var limits: String?
  @Param("Limits of leads in place of the set's, such as 'peakiness >= 18'; for tables") var leadLimits: [String]?
  @Param("Limits of sea ice in place of the set's; for tables") var iceLimits: [String]?
  @Param("What water wider than max_lead_width is called; open_ocean needs a raster in metres") var water = WaterRule
    .lead
  @Param("Widest water that is a lead", unit: "m", in: 1...100_000) var maxLeadWidth = 1000.0
  @Param("Feature by which clusters are numbered; mean brightness, or a table's first feature, by default") var orderBy:
    String?
  @Output("Cluster numbers; as many rows or pixels as the samples") var labels: Samples?
  @Output("Class codes", when: "`names` is given") var classes: Samples?
  @Output("The fitted centres as JSON") var model: Model?

  public init() {}

  public func validate() throws { try choice.validate() }

  public mutating func plan(in context: PlanContext) throws {
    let source = try SampleSource(samples, features: features)
    try ClusterFacts.place(of: orderBy, in: source)
    _ = try source.space(standardiseOver, isStandardised: standardise)
    let naming = try ClassRules(names: names, rest: rest, limits: opticalLimits, source: source)
    try training.check(source)
    if training == .balanced, trainingShare < 1 {
      throw ParameterError("training_share", "has no part in 'training: balanced'; leave one of the two out")
    }
    let most = try clusters.candidates(clusterRange, least: 2).last ?? 2
    let products = products(source, clusters: most, naming, codes: naming.map { _ in [] })
    try products.checkWater()
    _ = try choice.evidence(samples, rules: naming, features: source.features.map(\.name))
    (labels, classes) = products.planned()
    model = Model(kind: "kmeans", body: .null)
    context.isBarrier()
    if case .raster(let r) = samples { context.needs(scratch: r.spec.byteCount + r.spec.grid.pixelCount) }
  }

  public mutating func run(in context: RunContext) async throws {
    if case .raster(let r) = samples { samples = .raster(try await context.materialize(r)) }
    let source = try SampleSource(samples, features: features)
    let naming = try ClassRules(names: names, rest: rest, limits: opticalLimits, source: source)
    let candidates = try clusters.candidates(clusterRange, least: 2)
    var options = KMeansOptions(clusters: candidates[0])
    options.starts = starts
    options.maxIterations = iterations
    options.tolerance = tolerance
    options.standardise = standardise
    options.space = try source.space(standardiseOver, isStandardised: standardise)
    options.trainingShare = trainingShare
    options.miniBatch = miniBatch
    options.seed = context.seed
    var orderName = ""
    let arrange: ([[Double]]) throws -> [Int] = { centres in
      let (order, name) = try ClusterFacts.order(centres, source: source, by: orderBy)
      orderName = name
      return order
    }
    var result: KMeansResult
    var sample: BalancedSample?
    var store: LabelStore?
    // A fit on a sample knows the sample alone.
    var scene: FeatureStatistics?
    switch training {
    case .balanced:
      let (balanced, census) = try await BalancedSample.take(source, map: context)
      let (results, trials) = try await KMeansFit.trials(
        options, candidates: candidates, samples: balanced.training, layout: source.layout, map: context,
        arrange: arrange)
      ClusterTrial.record(trials, samples: balanced.training.count, context: context)
      result = results[ClusterTrial.best(trials)]
      scene = census
      sample = balanced
    case .even:
      if candidates.count > 1 {
        let picks = try await SamplingPass.take(
          source, wanted: options.sampleLimit * 2, least: options.sampleLimit, exactly: options.standardise,
          map: context)
        let some = picks.sample(options.sampleLimit)
        let trials = try await KMeansFit.trials(
          options, candidates: candidates, samples: some, layout: source.layout, map: context, arrange: arrange
        ).trials
        ClusterTrial.record(trials, samples: some.count, context: context)
        options.clusters = trials[ClusterTrial.best(trials)].clusters
      }
      let kept = try LabelStore(samples, source: source, clusters: options.clusters, context: context)
      store = kept
      result = try await KMeansFit(options).run(source, map: context, arrange: arrange, keeper: kept) { step, shift in
        context.log(.debug, "step \(step): centres moved \(shift) of the variance")
      }
      if naming?.needsIceLevel == true { sample = try await BalancedSample.take(source, map: context).0 }
    }
    ClusterFacts.recordSkipped(
      scene?.skipped ?? result.skipped, valid: scene?.validCount ?? result.validCount, source: source, context: context)
    context.record("inertia", .number(result.inertia))
    context.record("iterations", .integer(result.fullIterations + result.sampleIterations))
    context.record("converged", .bool(result.isConverged))
    context.record("trained_on", .integer(result.trainingCount))
    if !result.isConverged {
      context.warn("the centres still moved after \(iterations) steps: raise 'iterations' or 'tolerance'")
    }
    let count = result.counts.count
    let kernel = result.kernel(layout: source.layout, whole: source.isWhole)
    let evidence =
      sample.map {
        SceneEvidence($0, source: source, clusters: count, limits: opticalLimits) { kernel.labels($0) }
      } ?? .none
    let columns = source.features.map(\.name)
    let table = try choice.evidence(samples, rules: naming, features: columns)
    table?.tell(context)
    let shares = table.flatMap { table in store.map { table.shares($0.tableRows(), count: count) } } ?? []
    let named = naming.map {
      $0.apply(
        result.clusters, features: columns, tests: evidence.tests, iceLevel: evidence.iceLevel, table: table,
        shares: shares, context: context)
    }
    try named.checkParts(count)
    var products = products(source, clusters: count, naming, codes: named?.codes)
    products.division = named?.division
    if let named, let table {
      products.records = RecordClasses(codes: named.codes, evidence: table, shares: shares)
    }
    var all: LabelStore.Labels?
    var counts = result.counts
    if let store, named?.division == nil { all = store.labels() }
    if all == nil {
      let (parts, found) = try await products.labelled({ kernel.labels($0) }, context: context)
      all = parts
      counts = found
      for j in result.clusters.indices {
        result.counts[j] = products.count(of: j, in: found)
        result.clusters[j].count = Double(result.counts[j])
      }
    }
    context.record(
      "clusters",
      ClusterFacts.json(
        result.clusters, features: source.features, codes: named?.codes, classes: naming?.classes ?? .seaIce))
    model = FittedModel(result, features: source.features, order: orderName, source: source.acquisition)
      .named(
        named, classes: naming?.classes,
        table: table.map { $0.json(shares: shares, leastPosterior: choice.leastPosterior) })
    if let all { (labels, classes) = try await products.make(all, counts: counts, context: context) }
  }

  private var choice: EvidenceChoice {
    EvidenceChoice(limits: limits, lead: leadLimits, seaIce: iceLimits, leastPosterior: 0)
  }

  private func products(_ source: SampleSource, clusters: Int, _ naming: ClassRules?, codes: [Int]?) -> ClusterProducts
  {
    ClusterProducts(
      samples: samples, source: source, clusterCount: clusters, codes: codes, classTable: naming?.classes ?? .seaIce,
      water: water, maxLeadWidth: maxLeadWidth)
  }

  private var opticalLimits: OpticalEvidence.Limits {
    var limits = OpticalEvidence.Limits()
    limits.darkRatio = darkRatio
    limits.darkLimit = darkLimit
    limits.waterShare = waterShare
    limits.spread = bandSpread
    return limits
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
