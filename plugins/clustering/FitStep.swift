import FloeSDK

/// One model for many scenes.
public struct FitStep: ProcessingStep {
  public static let name = "cluster.fit"
  public static let summary = "Fits one model, k-means or a Gaussian mixture, to many scenes; cluster.apply uses it."
  public static let discussion = """
    The samples of all rasters are those of one fit, as if the rasters lay side by side: each valid pixel counts alike,
    whatever its scene. Rasters may lie anywhere and be of any size; their bands must agree in name, unit and quantity,
    and the scenes in their processing level. Pixels with no data or NaN take no part and are counted.

    The output is the `model` alone, a JSON that `cluster.apply` takes, scene by scene, in `floe batch`. Parameters,
    rules and evidence are those of cluster.kmeans and cluster.gmm; the ice level of the rule `dark` is that of all
    scenes together. Sums are made for each block of 256 rows and merged; the scenes are put into the order of their
    pixels' digests first, so that the model is the same bytes for any order of the inputs. Numbers that are stored
    alike in all scenes stay as they are stored; where scale, offset or type differ, they become physical units in
    single precision.

    No pixel is kept: rasters are read once for their digests and again for each pass of the fit, twice with
    `training: balanced`.

    Source: MacQueen 1967, Lloyd 1982; Dempster, Laird and Rubin 1977.
    """
  public static let example = """
    season:
      use: cluster.fit
      in: { samples: [first.image, second.image, third.image] }
      with: { method: gmm, clusters: 6, training: balanced, names: { lead: dark, sea_ice: rest } }
    """

  @Input("Rasters of the same bands, one for each scene", anyOrder: true) var samples: [Samples]
  @Param("What is fitted") var method = Method.gmm
  @Group var sampling = SampleOptions()
  @Param("Number of clusters, or auto: the best by the Bayesian criterion within cluster_range", in: 2...255)
  var clusters = ClusterCount.fixed(2)
  @Param("gmm: shape of the covariances") var covariance = CovarianceType.full
  @Param("gmm: added to the diagonals of covariances, in squared units of the features", in: 0...1e6)
  var regularisation = 1e-6
  @Param("Starts of k-means, of which the best is kept", in: 1...1000) var starts = 10
  @Param("Steps at most", in: 1...100_000) var iterations = 300
  @Param("Ends when a step changes less than this; by default what the method's own step has", in: 0...1000)
  var tolerance: Double?
  @Group var naming = NamingOptions()
  @Output("The fitted model as JSON") var model: Model?

  /// The algorithms.
  enum Method: String, ChoiceParameter {
    case kmeans, gmm
  }

  public init() {}

  public func validate() throws {
    try naming.evidence(leastPosterior: 0).validate()
    if naming.water == .openOcean {
      throw ParameterError("water", "is about the areas of one scene: give it to cluster.apply's classes instead")
    }
  }

  public mutating func plan(in context: PlanContext) throws {
    let sources = try SceneSamples.sources(samples, features: sampling.features)
    guard let first = sources.first else { return }
    try ClusterFacts.place(of: naming.orderBy, in: first)
    _ = try first.space(sampling.standardiseOver, isStandardised: sampling.standardise)
    for remark in first.darkRemarks(try naming.rules(first)) { context.warn(remark) }
    _ = try clusters.candidates(sampling.clusterRange, least: 2)
    model = Model(kind: method.rawValue, body: .null)
    context.isBarrier()
  }

  public mutating func run(in context: RunContext) async throws {
    let sources = try SceneSamples.sources(samples, features: sampling.features)
    let source = try await SceneSamples.joined(sources, context: context)
    switch method {
    case .kmeans:
      var options = KMeansOptions(clusters: 2)
      options.starts = starts
      options.maxIterations = iterations
      options.tolerance = tolerance ?? options.tolerance
      options.standardise = sampling.standardise
      options.seed = context.seed
      model = try await fit(KMeansAlgorithm(options: options), source, sources.count, context)
    case .gmm:
      var options = GMMOptions(components: 2)
      options.covariance = covariance
      options.regularisation = regularisation
      options.standardise = sampling.standardise
      options.starts = starts
      options.maxIterations = iterations
      options.tolerance = tolerance ?? options.tolerance
      options.seed = context.seed
      model = try await fit(GMMAlgorithm(options: options, leastPosterior: 0), source, sources.count, context)
    }
  }

  private func fit(
    _ algorithm: some ClusteringAlgorithm, _ source: SampleSource, _ scenes: Int, _ context: RunContext
  ) async throws -> Model {
    let rules = try naming.rules(source)
    let candidates = try clusters.candidates(sampling.clusterRange, least: 2)
    var orderName = ""
    let orderBy = naming.orderBy
    var trained = try await algorithm.trained(
      sampling, candidates, isAuto: clusters == .auto, source: source, needsIceLevel: rules?.needsIceLevel == true,
      context: context,
      arrange: { centres in
        let (order, name) = try ClusterFacts.order(centres, source: source, by: orderBy)
        orderName = name
        return order
      }, keeper: { _ in nil })
    context.record("scenes", .integer(scenes))
    ClusterFacts.recordSkipped(
      trained.scene?.skipped ?? trained.fit.skipped, valid: trained.scene?.validCount ?? trained.fit.validCount,
      source: source, context: context)
    trained.fit.tell(context)
    let count = trained.fit.clusters.count
    let label = try trained.fit.labelling(source)
    let evidence =
      trained.sample.map {
        SceneEvidence($0, source: source, clusters: count, limits: naming.opticalLimits, label: label)
      } ?? .none
    let named = rules.map {
      $0.apply(
        trained.fit.clusters, features: source.features.map(\.name), tests: evidence.tests, iceLevel: evidence.iceLevel,
        context: context)
    }
    try named.checkParts(count)
    if trained.scene != nil {
      // A fit on a sample has the sample's counts; the model holds those of all pixels.
      let counts = try await Self.counts(label, source, clusters: count, context)
      for j in trained.fit.clusters.indices { trained.fit.clusters[j].count = Double(counts[j]) }
    }
    context.record(
      "clusters",
      ClusterFacts.json(
        trained.fit.clusters, features: source.features, codes: named?.codes, classes: rules?.classes ?? .seaIce))
    return trained.fit.model(features: source.features, order: orderName, source: source.acquisition)
      .named(named, classes: rules?.classes)
  }

  private static func counts(
    _ label: @escaping @Sendable (SampleBlock) -> [UInt8], _ source: SampleSource, clusters: Int, _ context: RunContext
  ) async throws -> [Int] {
    let parts = try await context.map(source.blockCount, progress: "blocks") { b -> [Int] in
      var counts = [Int](repeating: 0, count: 256)
      for v in label(try source.read(block: b)) { counts[Int(v)] += 1 }
      return Array(counts.prefix(clusters))
    }
    return parts.reduce([Int](repeating: 0, count: clusters)) { sum, part in zip(sum, part).map { $0 + $1 } }
  }
}
