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
    `min_posterior` is unclassified (for leads without a cluster of their own: that of the clusters that hold some);
    `p_...` columns hold the mixture's own probabilities.

    The rule `dark`, classes of one's own, `training: balanced` and `clusters: auto` are those of cluster.kmeans; the
    criterion is the mixture's own, and shares of components are counted on samples that are spread evenly.
    With names, the class of a pixel is the one with the largest probability in `probability` (of equal ones the lowest
    code), be it that of the most probable cluster or not; `unclassified`, of clusters that no rule names, is one of
    them. The probability of a cluster that `dark` divides is shared out by how far the pixel lies from the limit beside
    the scatter of the scene's ice (0.5 at the limit, in whole hundredths), and the uncertainty is that between classes:
    of several clusters of one class it does not matter which. Two kinds of limits stand above the probabilities:
    `water: open_ocean` goes by width, and wide water keeps its probability in `p_lead`; records of a table go by the
    limits of their features and by `min_posterior`.

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
  @Group var sampling = SampleOptions()
  @Param("Number of clusters, or auto: the best by the Bayesian criterion within cluster_range", in: 1...255)
  var clusters = ClusterCount.fixed(2)
  @Param("Shape of the covariances") var covariance = CovarianceType.full
  @Param("Added to the diagonals of covariances, in squared units of the features", in: 0...1e6) var regularisation =
    1e-6
  @Param("Starts of the k-means that begins the fit", in: 1...1000) var starts = 10
  @Param("Fit on all samples from the first step on, as scikit-learn does; slower") var fitOnAll = false
  @Param("Steps at most", in: 1...100_000) var iterations = 200
  @Param("Ends when the mean log-likelihood changes by less than this", in: 0...1000) var tolerance = 1e-4
  @Group var naming = NamingOptions()
  @Param("Least posterior of a table's record; below it the record is unclassified", in: 0...1) var minPosterior = 0.9
  @Param("Which band tells how sure the classification is") var uncertainty = Uncertainty.entropy
  @Output("Cluster numbers; as many rows or pixels as the samples") var labels: Samples?
  @Output("Class codes", when: "`names` is given") var classes: Samples?
  @Output("Probabilities of classes or clusters, and the uncertainty") var probability: Samples?
  @Output("The fitted mixture as JSON") var model: Model?

  public init() {}

  public func validate() throws { try naming.evidence(leastPosterior: minPosterior).validate() }

  public mutating func plan(in context: PlanContext) throws {
    let (rules, most) = try planClusters(in: context)
    // Which classes occur is known only after the fit; the rules name those that can.
    let possible = rules.map { $0.rules.map(\.name) } ?? (0..<most).map { "cluster_\($0)" }
    probability = ProbabilityProducts(names: possible, components: [], codes: [], uncertainty: uncertainty).planned(
      samples)
  }

  public mutating func run(in context: RunContext) async throws {
    let fitted = try await fitClusters(in: context)
    let probabilities = ProbabilityProducts(
      rules: fitted.rules?.rules, codes: fitted.named?.codes, clusters: fitted.fit.clusters.count,
      uncertainty: uncertainty, division: fitted.named?.division, classes: fitted.rules?.classes ?? .seaIce)
    probability = try await probabilities.make(
      samples, source: fitted.source, kernel: fitted.fit.kernel(fitted.source), context: context)
  }
}

extension GMMStep: ClusteringStep {
  static var kind: FittedModel.Kind { .gmm }
  static var leastClusters: Int { 1 }

  static func labelling(
    _ model: FittedModel, _ source: SampleSource
  ) throws -> @Sendable (SampleBlock) -> [UInt8] {
    guard let kernel = try model.gmmKernel(layout: source.layout, whole: source.isWhole) else {
      throw FloeError("the model is of kind 'gmm' but has no 'mixture'")
    }
    return { kernel.labels($0) }
  }

  func algorithm(space: FeatureSpace?, seed: UInt64) -> GMMAlgorithm {
    var options = GMMOptions(components: 2)
    options.covariance = covariance
    options.regularisation = regularisation
    options.standardise = sampling.standardise
    options.space = space
    options.starts = starts
    options.fitsOnAll = fitOnAll
    options.maxIterations = iterations
    options.tolerance = tolerance
    options.seed = seed
    return GMMAlgorithm(options: options, leastPosterior: minPosterior)
  }
}

/// Gaussian mixtures for the steps that cluster.
struct GMMAlgorithm: ClusteringAlgorithm {
  let options: GMMOptions
  let leastPosterior: Double
  var sampleLimit: Int { options.sampleLimit }

  func trials(
    _ candidates: [Int], samples: SampleBlock, layout: [FeatureLayout], map: some BlockMap,
    arrange: ClusterArrangement
  ) async throws -> (fits: [GMMClusters], trials: [ClusterTrial]) {
    let (results, trials) = try await GMMFit.trials(
      options, candidates: candidates, samples: samples, layout: layout, map: map, arrange: arrange)
    return (results.map { GMMClusters(result: $0, limit: options.maxIterations) }, trials)
  }

  func fit(
    _ clusters: Int, source: SampleSource, keeper: LabelStore?, context: RunContext, arrange: ClusterArrangement
  ) async throws -> GMMClusters {
    var options = options
    options.components = clusters
    let result = try await GMMFit(options).run(source, map: context, arrange: arrange, keeper: keeper) {
      pass, likelihood in context.log(.debug, "pass \(pass): mean log-likelihood \(likelihood)")
    }
    return GMMClusters(result: result, limit: options.maxIterations)
  }

  func settled(
    _ fit: GMMClusters, even: SampleBlock, source: SampleSource, map: some BlockMap
  ) async throws -> GMMClusters {
    let weighed = try await fit.result.weighed(even, layout: source.layout, whole: source.isWhole, map: map)
    return GMMClusters(result: weighed, limit: fit.limit)
  }
}

extension GMMResult: KernelResult {}

/// The components of a mixture.
struct GMMClusters: KernelFit {
  var result: GMMResult
  /// Steps that were allowed.
  let limit: Int

  func tell(_ context: RunContext) {
    context.record("mean_log_likelihood", .number(result.meanLogLikelihood))
    context.record("aic", .number(result.aic))
    context.record("bic", .number(result.bic))
    context.record("iterations", .integer(result.sampleIterations + result.fullIterations))
    context.record("converged", .bool(result.isConverged))
    context.record("trained_on", .integer(result.trainingCount))
    if !result.isConverged {
      context.warn("the likelihood still rose after \(limit) steps: raise 'iterations' or 'tolerance'")
    }
  }

  func kernel(_ source: SampleSource) throws -> GMMKernel {
    try result.kernel(layout: source.layout, whole: source.isWhole)
  }

  func labelling(_ source: SampleSource) throws -> @Sendable (SampleBlock) -> [UInt8] {
    let kernel = try kernel(source)
    return { kernel.labels($0) }
  }

  func classifying(_ source: SampleSource, codes: [Int], division: ClusterDivision?) throws -> BlockClassifier? {
    try kernel(source).classifying(source, codes: codes, division: division)
  }

  func posterior(_ source: SampleSource, context: RunContext) async throws -> [[Float]]? {
    try await source.posterior(try kernel(source), context: context)
  }

  func model(features: [ModelFeature], order: String, source: Acquisition?) -> FittedModel {
    FittedModel(result, features: features, order: order, source: source)
  }
}

extension GMMKernel {
  /// Clusters and most probable classes of an image's blocks; nil where a class is always that of its cluster.
  func classifying(_ source: SampleSource, codes: [Int], division: ClusterDivision?) -> BlockClassifier? {
    guard Self.hasShares(codes, division: division) else { return nil }
    let kernel = self
    let layout = source.layout
    let steps = Float((1 / ClusterRasters.probabilityStep).rounded())
    return { block in
      kernel.classes(
        block, components: codes, division: division?.divided(block, layout: layout), steps: steps)
    }
  }
}
