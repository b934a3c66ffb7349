import FloeSDK

/// The shapes of covariance as a parameter.
extension CovarianceType: ChoiceParameter {}

/// A Gaussian mixture over pixels or records.
public struct GMMStep: ProcessingStep {
  public static let name = "cluster.gmm"
  public static let summary =
    "Fits a Gaussian mixture to pixels or records: clusters, classes by rule, probabilities, uncertainty."
  public static let discussion = """
    Expectation maximisation from a k-means start, first on up to 200 000 valid samples, then over *all* of them until
    the mean log-likelihood changes by less than `tolerance`. Parameterised and regularised as scikit-learn's
    GaussianMixture; with `fit_on_all` as that does from the first step on: k-means and expectation maximisation over
    all samples. Features are in physical units, or in standard deviations with `standardise`. Samples with no data, NaN
    or a mark against them take no part.

    `labels` holds cluster numbers 0 ..< k in rising mean brightness (tables: in rising order of `order_by`), 255 is no
    data. `classes` exists only with `names` and holds 0 open ocean, 1 sea ice, 2 lead, 3 unclassified, 255 no data; the
    rules and the evidence that a name by order needs are those of cluster.kmeans.
    `probability` holds one band a class (without names: a cluster) from 0 to 1, stored in steps of 1/50000 as UInt16
    with 65535 for no data, and an uncertainty band: `entropy` is -sum(p log p) / log k over the clusters, 0 certain and
    1 undecided; `top` is the probability of the most probable cluster. Probabilities of clusters of one class are
    summed.

    Leads of a table need limits in physical units as in cluster.kmeans, and a record whose class has a posterior below
    `min_posterior` is unclassified; `p_...` columns hold the mixture's own probabilities.

    The rule `dark`, classes of one's own, `training: balanced` and `clusters: auto` are those of cluster.kmeans; the
    criterion is the mixture's own, and shares of components are counted on samples that are spread evenly. With
    names, a class is that of the most probable cluster, probabilities of a cluster that `dark` divides go to the class
    of the pixel's side, and the uncertainty is that between classes: of several clusters of one class it does not
    matter which.

    Source: Dempster, Laird and Rubin 1977; criteria after Akaike 1974 and Schwarz 1978.
    """
  public static let example = """
    groups:
      use: cluster.gmm
      in: { samples: stack.image }
      with: { clusters: 2, covariance: full, names: { lead: darkest, sea_ice: rest } }
    """
  public static let presets = [
    Preset(
      "course",
      "Two components of full covariance, fitted as scikit-learn does by default and the course notebook leaves it",
      values: [
        "clusters": .text("2"), "covariance": .text("full"), "tolerance": .text("1e-3"), "starts": .text("1"),
        "iterations": .text("100"), "regularisation": .text("1e-6"), "fit_on_all": .text("true"),
        "limits": .text("none"), "min_posterior": .text("0"),
      ])
  ]

  @Input("Bands or table columns to cluster") var samples: Samples
  @Param("Bands or columns that take part; all bands, or all number columns, by default") var features: [String]?
  @Param("Number of clusters, or auto: the best by the Bayesian criterion within cluster_range", in: 1...255)
  var clusters = ClusterCount.fixed(2)
  @Param("Fewest and most clusters that auto tries") var clusterRange = [2, 14]
  @Param("Samples to fit on: all of them, or a sample in which every level of brightness counts alike")
  var training = Training.even
  @Param("Shape of the covariances") var covariance = CovarianceType.full
  @Param("Added to the diagonals of covariances, in squared units of the features", in: 0...1e6) var regularisation =
    1e-6
  @Param("Divide each feature by its standard deviation first") var standardise = false
  @Param("Whose mean and standard deviation: the samples that take part, or all rows of the table, marked ones too")
  var standardiseOver = StandardiseOver.kept
  @Param("Starts of the k-means that begins the fit", in: 1...1000) var starts = 10
  @Param("Fit on all samples from the first step on, as scikit-learn does; slower") var fitOnAll = false
  @Param("Steps at most", in: 1...100_000) var iterations = 200
  @Param("Ends when the mean log-likelihood changes by less than this", in: 0...1000) var tolerance = 1e-4
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
  @Param("Least posterior of a table's record; below it the record is unclassified", in: 0...1) var minPosterior = 0.9
  @Param("What water wider than max_lead_width is called; open_ocean needs a raster in metres") var water = WaterRule
    .lead
  @Param("Widest water that is a lead", unit: "m", in: 1...100_000) var maxLeadWidth = 1000.0
  @Param("Which band tells how sure the classification is") var uncertainty = Uncertainty.entropy
  @Param("Feature by which clusters are numbered; mean brightness, or a table's first feature, by default") var orderBy:
    String?
  @Output("Cluster numbers; as many rows or pixels as the samples") var labels: Samples?
  @Output("Class codes", when: "`names` is given") var classes: Samples?
  @Output("Probabilities of classes or clusters, and the uncertainty") var probability: Samples?
  @Output("The fitted mixture as JSON") var model: Model?

  public init() {}

  public func validate() throws { try choice.validate() }

  public mutating func plan(in context: PlanContext) throws {
    let source = try SampleSource(samples, features: features)
    try ClusterFacts.place(of: orderBy, in: source)
    _ = try source.space(standardiseOver, isStandardised: standardise)
    let naming = try ClassRules(names: names, rest: rest, limits: opticalLimits, source: source)
    try training.check(source)
    let most = try clusters.candidates(clusterRange, least: 1).last ?? 1
    let products = products(source, clusters: most, naming, codes: naming.map { _ in [] })
    try products.checkWater()
    _ = try choice.evidence(samples, rules: naming, features: source.features.map(\.name))
    (labels, classes) = products.planned()
    // Which classes occur is known only after the fit; the rules name those that can.
    let possible = naming.map { $0.rules.map(\.name) } ?? (0..<most).map { "cluster_\($0)" }
    probability = ProbabilityProducts(names: possible, components: [], codes: [], uncertainty: uncertainty).planned(
      samples)
    model = Model(kind: "gmm", body: .null)
    context.isBarrier()
    if case .raster(let r) = samples { context.needs(scratch: r.spec.byteCount + r.spec.grid.pixelCount) }
  }

  public mutating func run(in context: RunContext) async throws {
    if case .raster(let r) = samples { samples = .raster(try await context.materialize(r)) }
    let source = try SampleSource(samples, features: features)
    let naming = try ClassRules(names: names, rest: rest, limits: opticalLimits, source: source)
    let candidates = try clusters.candidates(clusterRange, least: 1)
    var options = GMMOptions(components: candidates[0])
    options.covariance = covariance
    options.regularisation = regularisation
    options.standardise = standardise
    options.space = try source.space(standardiseOver, isStandardised: standardise)
    options.starts = starts
    options.fitsOnAll = fitOnAll
    options.maxIterations = iterations
    options.tolerance = tolerance
    options.seed = context.seed
    var orderName = ""
    let arrange: ([[Double]]) throws -> [Int] = { means in
      let (order, name) = try ClusterFacts.order(means, source: source, by: orderBy)
      orderName = name
      return order
    }
    var result: GMMResult
    var sample: BalancedSample?
    var store: LabelStore?
    // A fit on a sample knows the sample alone.
    var scene: FeatureStatistics?
    switch training {
    case .balanced:
      let (balanced, census) = try await BalancedSample.take(source, map: context)
      let (results, trials) = try await GMMFit.trials(
        options, candidates: candidates, samples: balanced.training, layout: source.layout, map: context,
        arrange: arrange)
      ClusterTrial.record(trials, samples: balanced.training.count, context: context)
      result = try await results[ClusterTrial.best(trials)]
        .weighed(balanced.even, layout: source.layout, whole: source.isWhole, map: context)
      scene = census
      sample = balanced
    case .even:
      if candidates.count > 1 {
        let picks = try await SamplingPass.take(
          source, wanted: options.sampleLimit * 2, least: options.sampleLimit, exactly: false, map: context)
        let some = picks.sample(options.sampleLimit)
        let trials = try await GMMFit.trials(
          options, candidates: candidates, samples: some, layout: source.layout, map: context, arrange: arrange
        ).trials
        ClusterTrial.record(trials, samples: some.count, context: context)
        options.components = trials[ClusterTrial.best(trials)].clusters
      }
      let kept = try LabelStore(samples, source: source, clusters: options.components, context: context)
      store = kept
      result = try await GMMFit(options).run(source, map: context, arrange: arrange, keeper: kept) { pass, likelihood in
        context.log(.debug, "pass \(pass): mean log-likelihood \(likelihood)")
      }
      if naming?.needsIceLevel == true { sample = try await BalancedSample.take(source, map: context).0 }
    }
    ClusterFacts.recordSkipped(
      scene?.skipped ?? result.skipped, valid: scene?.validCount ?? result.validCount, source: source, context: context)
    context.record("mean_log_likelihood", .number(result.meanLogLikelihood))
    context.record("aic", .number(result.aic))
    context.record("bic", .number(result.bic))
    context.record("iterations", .integer(result.sampleIterations + result.fullIterations))
    context.record("converged", .bool(result.isConverged))
    context.record("trained_on", .integer(result.trainingCount))
    if !result.isConverged {
      context.warn("the likelihood still rose after \(iterations) steps: raise 'iterations' or 'tolerance'")
    }
    let count = result.mixture.count
    let kernel = try result.kernel(layout: source.layout, whole: source.isWhole)
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
      products.records = RecordClasses(
        codes: named.codes, evidence: table, shares: shares,
        posterior: try await source.posterior(kernel, context: context), leastPosterior: minPosterior)
    }
    var all: LabelStore.Labels?
    var counts: [Int]?
    if let store, named?.division == nil { all = store.labels() }
    if all == nil {
      let (parts, found) = try await products.labelled({ kernel.labels($0) }, context: context)
      all = parts
      counts = found
      for j in result.clusters.indices { result.clusters[j].count = Double(products.count(of: j, in: found)) }
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
    let probabilities = ProbabilityProducts(
      rules: naming?.rules, codes: named?.codes, clusters: count, uncertainty: uncertainty, division: named?.division,
      classes: naming?.classes ?? .seaIce)
    probability = try await probabilities.make(samples, source: source, kernel: kernel, context: context)
  }

  private var choice: EvidenceChoice {
    EvidenceChoice(limits: limits, lead: leadLimits, seaIce: iceLimits, leastPosterior: minPosterior)
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
