import FloeSDK

/// K-medoids over pixels or records.
public struct KMedoidsStep: ProcessingStep {
  public static let name = "cluster.kmedoids"
  public static let summary =
    "Assigns each pixel or record to the nearest of k medoids, real samples that outliers do not move."
  public static let discussion = """
    A medoid is the sample of its cluster with the smallest sum of distances to the others. Distances are Euclidean and
    not squared, so that single odd samples (glint, broken echoes) pull less than they do on the means of
    cluster.kmeans. `draws` samples of `draw_size` are drawn one after the other, each with the best medoids so far
    among its members; on each, medoids are built and swapped until no swap lowers the sum of distances; those are kept
    whose sum is smallest over up to 200 000 evenly spaced valid samples. Then *all* samples are labelled. With
    `draw_size` of at least the number of samples there is one draw, and the result is that of PAM on all.

    Samples, outputs, names, evidence and `clusters: auto` are those of cluster.kmeans: `labels` holds cluster numbers
    0 ..< k in rising mean brightness of the medoids, 255 is no data; `classes` exists only with `names`. Features are
    in physical units, or in standard deviations with `standardise`. There is no edge effect.

    Source: Kaufman and Rousseeuw 1990, Finding Groups in Data, chapters 2 (PAM) and 3 (CLARA); Schubert and Rousseeuw
    2019 (FastPAM1).
    """
  public static let example = """
    groups:
      use: cluster.kmedoids
      in: { samples: stack.image }
      with: { clusters: 3, names: { lead: darkest, sea_ice: rest } }
    """

  @Input("Bands or table columns to cluster") var samples: Samples
  @Group var sampling = SampleOptions()
  @Param("Number of clusters, or auto: the best by the Bayesian criterion within cluster_range", in: 1...255)
  var clusters = ClusterCount.fixed(2)
  @Param("Samples drawn, of which the best medoids are kept", in: 1...1000) var draws = 5
  @Param("Samples of a draw", in: 2...4000) var drawSize = 1000
  @Param("Swaps at most on a draw", in: 1...100_000) var iterations = 1000
  @Group var naming = NamingOptions()
  @Output("Cluster numbers; as many rows or pixels as the samples") var labels: Samples?
  @Output("Class codes", when: "`names` is given") var classes: Samples?
  @Output("The fitted medoids as JSON") var model: Model?

  public init() {}

  public func validate() throws {
    try naming.evidence(leastPosterior: 0).validate()
    let most = try clusters.candidates(sampling.clusterRange, least: Self.leastClusters).last ?? 1
    if drawSize <= most {
      throw ParameterError("draw_size", "is \(drawSize); it must be more than the \(most) clusters")
    }
  }

  public mutating func plan(in context: PlanContext) throws { _ = try planClusters(in: context) }
  public mutating func run(in context: RunContext) async throws { _ = try await fitClusters(in: context) }
}

extension KMedoidsStep: ClusteringStep {
  static var kind: FittedModel.Kind { FittedModel.Kind(rawValue: "kmedoids") }
  static var leastClusters: Int { 1 }

  func algorithm(space: FeatureSpace?, seed: UInt64) -> KMedoidsAlgorithm {
    var options = KMedoidsOptions(clusters: 2)
    options.draws = draws
    options.drawSize = drawSize
    options.maxSwaps = iterations
    options.standardise = sampling.standardise
    options.space = space
    options.seed = seed
    return KMedoidsAlgorithm(options: options)
  }
}

/// K-medoids for the steps that cluster.
struct KMedoidsAlgorithm: ClusteringAlgorithm {
  let options: KMedoidsOptions
  var sampleLimit: Int { options.sampleLimit }
  var needsExactStatistics: Bool { options.standardise }

  func trials(
    _ candidates: [Int], samples: SampleBlock, layout: [FeatureLayout], map: some BlockMap,
    arrange: ClusterArrangement
  ) async throws -> (fits: [KMedoidsClusters], trials: [ClusterTrial]) {
    let reader = MemoryReader(layout: layout, blocks: samples.cut(into: 1 << 13))
    var fits: [KMedoidsClusters] = []
    for count in candidates {
      fits.append(try await fit(count, of: reader, map: map, arrange: arrange, keeper: nil))
    }
    return (fits, fits.map(\.trial))
  }

  func fit(
    _ clusters: Int, source: SampleSource, keeper: LabelStore?, context: RunContext, arrange: ClusterArrangement
  ) async throws -> KMedoidsClusters {
    try await fit(clusters, of: source, map: context, arrange: arrange, keeper: keeper)
  }

  private func fit(
    _ clusters: Int, of reader: some SampleReader, map: some BlockMap, arrange: ClusterArrangement,
    keeper: LabelStore?
  ) async throws -> KMedoidsClusters {
    var options = options
    options.clusters = clusters
    return KMedoidsClusters(
      result: try await KMedoidsFit(options).run(reader, map: map, arrange: arrange, keeper: keeper))
  }
}

extension KMedoidsResult: KernelResult {}

/// The medoids that were found.
struct KMedoidsClusters: KernelFit {
  var result: KMedoidsResult
  var counts: [Int]? { result.counts }

  /// The Bayesian criterion of spheres of one variance around the medoids, as for k-means.
  var trial: ClusterTrial {
    let spheres = KMeansResult(
      centres: clusters.map(\.mean), space: result.space, counts: result.counts, inertia: result.inertia,
      sampleIterations: 0, fullIterations: 0, isConverged: true, validCount: validCount, skipped: skipped,
      trainingCount: validCount, clusters: clusters)
    return ClusterTrial(
      clusters: clusters.count, bic: spheres.bic,
      meanLogLikelihood: spheres.logLikelihood / Double(max(1, validCount)))
  }

  func tell(_ context: RunContext) {
    context.record("inertia", .number(result.inertia))
    context.record("mean_distance", .number(result.meanDistance))
    context.record("iterations", .integer(result.swaps))
    context.record("converged", .bool(result.isConverged))
    if !result.isConverged {
      context.warn("medoids could still be swapped after \(result.swaps) steps: raise 'iterations'")
    }
  }

  func labelling(_ source: SampleSource) -> @Sendable (SampleBlock) -> [UInt8] {
    let kernel = KMeansKernel(
      centres: clusters.map(\.mean), space: result.space, layout: source.layout, whole: source.isWhole)
    return { kernel.labels($0) }
  }

  func model(features: [ModelFeature], order: String, source: Acquisition?) -> FittedModel {
    FittedModel(
      kind: KMedoidsStep.kind, features: features, space: result.space, clusters: clusters, order: order,
      source: source,
      figures: [
        "inertia": JSONValue(finite: result.inertia), "mean_distance": JSONValue(finite: result.meanDistance),
        "swaps": .integer(result.swaps), "converged": .bool(result.isConverged), "valid": .integer(validCount),
        "skipped": .integer(skipped),
      ])
  }
}
