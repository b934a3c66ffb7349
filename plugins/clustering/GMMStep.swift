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
    GaussianMixture. Features are in physical units, or in standard deviations with `standardise`. Samples with no data,
    NaN or a mark against them take no part.

    `labels` holds cluster numbers 0 ..< k in rising mean brightness (tables: in rising order of `order_by`), 255 is no
    data. `classes` exists only with `names` and holds 0 open ocean, 1 sea ice, 2 lead, 3 unclassified, 255 no data; the
    rules and the evidence that a name by order needs are those of cluster.kmeans.
    `probability` holds one band a class (without names: a cluster) from 0 to 1, stored in steps of 1/50000 as UInt16
    with 65535 for no data, and an uncertainty band: `entropy` is -sum(p log p) / log k over the clusters, 0 certain and
    1 undecided; `top` is the probability of the most probable cluster. Probabilities of clusters of one class are
    summed.

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
      "course", "Two components of full covariance with scikit-learn's tolerance, as the course notebook fits them",
      values: [
        "clusters": .text("2"), "covariance": .text("full"), "tolerance": .text("1e-3"),
      ])
  ]

  @Input("Bands or table columns to cluster") var samples: Samples
  @Param("Bands or columns that take part; all bands, or all number columns, by default") var features: [String]?
  @Param("Number of components", in: 1...255) var clusters = 2
  @Param("Shape of the covariances") var covariance = CovarianceType.full
  @Param("Added to the diagonals of covariances, in squared units of the features", in: 0...1e6) var regularisation =
    1e-6
  @Param("Divide each feature by its standard deviation first") var standardise = false
  @Param("Starts of the k-means that begins the fit", in: 1...1000) var starts = 10
  @Param("Steps at most", in: 1...100_000) var iterations = 200
  @Param("Ends when the mean log-likelihood changes by less than this", in: 0...1000) var tolerance = 1e-4
  @Param("Classes by rule, the first that holds: class: rule") var names: Pairs?
  @Param("Class of the clusters that no rule names") var rest: String?
  @Param("Largest brightness of the darkest cluster as a share of the brightest's", in: 0...1) var darkRatio = 0.5
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

  public mutating func plan(in context: PlanContext) throws {
    let source = try SampleSource(samples, features: features)
    try ClusterFacts.place(of: orderBy, in: source)
    let naming = try ClassRules(names: names, rest: rest, darkRatio: darkRatio, source: source)
    let products = products(source, codes: naming.map { _ in [] })
    try products.checkWater()
    (labels, classes) = products.planned()
    // Which classes occur is known only after the fit; the rules name those that can.
    let possible = naming.map { $0.rules.map(\.name) } ?? (0..<clusters).map { "cluster_\($0)" }
    probability = ProbabilityProducts(names: possible, components: [], codes: [], uncertainty: uncertainty).planned(
      samples)
    model = Model(kind: "gmm", body: .null)
    context.isBarrier()
    if case .raster(let r) = samples { context.needs(scratch: r.spec.byteCount + r.spec.grid.pixelCount) }
  }

  public mutating func run(in context: RunContext) async throws {
    if case .raster(let r) = samples { samples = .raster(try await context.materialize(r)) }
    let source = try SampleSource(samples, features: features)
    let naming = try ClassRules(names: names, rest: rest, darkRatio: darkRatio, source: source)
    var options = GMMOptions(components: clusters)
    options.covariance = covariance
    options.regularisation = regularisation
    options.standardise = standardise
    options.starts = starts
    options.maxIterations = iterations
    options.tolerance = tolerance
    options.seed = context.seed
    let store = try LabelStore(samples, source: source, clusters: clusters, context: context)
    var orderName = ""
    let result = try await GMMFit(options).run(
      source, map: context,
      arrange: { means in
        let (order, name) = try ClusterFacts.order(means, source: source, by: orderBy)
        orderName = name
        return order
      },
      keeper: store
    ) { pass, likelihood in
      context.log(.debug, "pass \(pass): mean log-likelihood \(likelihood)")
    }
    ClusterFacts.recordSkipped(result.skipped, valid: result.validCount, source: source, context: context)
    context.record("mean_log_likelihood", .number(result.meanLogLikelihood))
    context.record("aic", .number(result.aic))
    context.record("bic", .number(result.bic))
    context.record("iterations", .integer(result.sampleIterations + result.fullIterations))
    context.record("converged", .bool(result.isConverged))
    if !result.isConverged {
      context.warn("the likelihood still rose after \(iterations) steps: raise 'iterations' or 'tolerance'")
    }
    let named = naming.map { $0.apply(result.clusters, features: source.features.map(\.name), context: context) }
    context.record("clusters", ClusterFacts.json(result.clusters, features: source.features, codes: named?.codes))
    model = FittedModel(result, features: source.features, order: orderName, source: source.acquisition).named(named)
    let kernel = try result.kernel(layout: source.layout, whole: source.isWhole)
    (labels, classes) = try await products(source, codes: named?.codes).make(
      store.labels(), counts: nil, context: context)
    let probabilities = ProbabilityProducts(
      rules: naming?.rules, codes: named?.codes, clusters: clusters, uncertainty: uncertainty)
    probability = try await probabilities.make(samples, source: source, kernel: kernel, context: context)
  }

  private func products(_ source: SampleSource, codes: [Int]?) -> ClusterProducts {
    ClusterProducts(
      samples: samples, source: source, clusterCount: clusters, codes: codes, water: water, maxLeadWidth: maxLeadWidth)
  }
}
