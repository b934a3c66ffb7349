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
    end* the mean of the darkest tenth of the darkest cluster, or of one that is darker by a tenth of its contrast in
    the shortest waves, as water is beside shadows on snow; brightness is the mean over the bands. There is water
    only if the dark end is at most `dark_ratio` of the ice level (in reflectance bands from 780 nm where there are
    any, for haze brightens the blue) and, in reflectance bands from 600 to 900 nm, where
    haze is thin, at most `dark_limit` (Brandt et al. 2005: open water 0.07, bare nilas 0.14, young grey ice 0.25). The
    *dark level* is that of a pixel full of water: the dark end, or, where that is brighter than water in all infrared
    bands (0.06, beyond 930 nm 0.02), its continuation on the line of mixtures until one of them is as dark. Bands
    in which vapour takes all light (1340 to 1450 and 1800 to 1950 nm, B10 of Sentinel-2) tell nothing of the surface,
    and none beyond 930 nm does in which ice is darker than 0.02: both count in brightness alone. A
    pixel is water if at least `water_share` of it is as dark as the dark level. A mixture of water and ice has the same
    share in all bands. Two kinds of dark surface have not: towards longer waves the share rises over young ice, which
    absorbs more there (Brandt et al. 2005), and in shadows, which skylight fills in the blue, and may rise by
    `band_spread` of itself, by up to twice that in pixels as dark as water in the longest band from 780 to 930 nm,
    where haze over water does the same; it falls where ice is dimmed alike in all bands (grey ice, slopes away from
    the sun), and may fall by half of what it falls by there, at least `band_spread`: so far a sample lies nearer to a
    mixture than to dimmed ice. Noise adds 0.02. Clusters within these limits are water; of those that the limits run
    through, or that miss them by up to as much again or by three of their standard deviations, each pixel is judged
    by itself; others are refused. `brightness < 0.75` names by share of the ice level, for thin ice. `names` may
    bring classes of their own: `thin_ice: { rule: "brightness < 0.75", code: 4, label: Thin ice, color: "#5aae61" }`.

    **Rare classes.** `training: balanced` fits on about 40 000 samples, half of them in equal numbers from steps of
    brightness of 1/20 of the ice level, and labels all in one pass more, so that a class of one pixel in a thousand has
    clusters of its own. `clusters: auto` tries every number of `cluster_range` and takes the smallest Bayesian
    criterion (of spheres of one variance, Pelleg and Moore 2000); data of fewer distinct values get at most as many
    clusters as they have values, with a warning, where a number that is asked for is refused.

    **Tables.** Clusters of a table differ in any data, so that order alone finds leads in open ocean. A cluster of a
    table is a lead if at least half of its records lie within limits in physical units, whatever the order, and there
    is no other lead: `limits` names a published set (`cpom-cryosat2`, `cpom-cryosat2-sarin`, `cryosat2-l2i`,
    `pysiral-sar`, `pysiral-sarin`; altimetry.classify gives their numbers), chosen by default by the definition of the
    table's peakiness; `lead_limits` and `ice_limits` replace a set's; `none` goes back to order alone. A threshold in
    the rule for lead counts as evidence too. A set for another definition of peakiness is converted or refused. Each
    record is then held against the limits alone, as altimetry.classify does: one within those of leads is a lead in
    a cluster of sea ice too, since a few leads among many records have no cluster of their own; one within those of no
    class, or within those of sea ice in a cluster of leads, is unclassified, counted by reason under `unclassified`.
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
  @Group var sampling = SampleOptions()
  @Param("Number of clusters, or auto: the best by the Bayesian criterion within cluster_range", in: 2...255)
  var clusters = ClusterCount.fixed(2)
  @Param("Starts, of which the best is kept", in: 1...1000) var starts = 10
  @Param("Steps at most", in: 1...100_000) var iterations = 300
  @Param("Ends when the squared shift of the centres is at most this share of the mean variance", in: 0...1)
  var tolerance = 1e-10
  @Param("Share of the valid samples to train on; all are labelled", in: 0.0001...1) var trainingShare = 1.0
  @Param("Samples of a mini-batch; full steps by default", in: 1...10_000_000) var miniBatch: Int?
  @Group var naming = NamingOptions()
  @Output("Cluster numbers; as many rows or pixels as the samples") var labels: Samples?
  @Output("Class codes", when: "`names` is given") var classes: Samples?
  @Output("The fitted centres as JSON") var model: Model?

  public init() {}

  public func validate() throws { try naming.evidence(leastPosterior: 0).validate() }

  public mutating func plan(in context: PlanContext) throws {
    _ = try planClusters(in: context)
    if sampling.training == .balanced, trainingShare < 1 {
      throw ParameterError("training_share", "has no part in 'training: balanced'; leave one of the two out")
    }
  }

  public mutating func run(in context: RunContext) async throws { _ = try await fitClusters(in: context) }
}

extension KMeansStep: ClusteringStep {
  static var kind: FittedModel.Kind { .kmeans }
  static var leastClusters: Int { 2 }

  func algorithm(space: FeatureSpace?, seed: UInt64) -> KMeansAlgorithm {
    var options = KMeansOptions(clusters: 2)
    options.starts = starts
    options.maxIterations = iterations
    options.tolerance = tolerance
    options.standardise = sampling.standardise
    options.space = space
    options.trainingShare = trainingShare
    options.miniBatch = miniBatch
    options.seed = seed
    return KMeansAlgorithm(options: options)
  }
}

/// K-means for the steps that cluster.
struct KMeansAlgorithm: ClusteringAlgorithm {
  let options: KMeansOptions
  var sampleLimit: Int { options.sampleLimit }
  var needsExactStatistics: Bool { options.standardise }

  func trials(
    _ candidates: [Int], samples: SampleBlock, layout: [FeatureLayout], map: some BlockMap,
    arrange: ClusterArrangement
  ) async throws -> (fits: [KMeansClusters], trials: [ClusterTrial]) {
    let (results, trials) = try await KMeansFit.trials(
      options, candidates: candidates, samples: samples, layout: layout, map: map, arrange: arrange)
    return (results.map { KMeansClusters(result: $0, limit: options.maxIterations) }, trials)
  }

  func fit(
    _ clusters: Int, source: SampleSource, keeper: LabelStore?, context: RunContext, arrange: ClusterArrangement
  ) async throws -> KMeansClusters {
    var options = options
    options.clusters = clusters
    let result = try await KMeansFit(options).run(source, map: context, arrange: arrange, keeper: keeper) {
      step, shift in context.log(.debug, "step \(step): centres moved \(shift) of the variance")
    }
    return KMeansClusters(result: result, limit: options.maxIterations)
  }
}

extension KMeansResult: KernelResult {}

/// The centres of k-means.
struct KMeansClusters: KernelFit {
  var result: KMeansResult
  /// Steps that were allowed.
  let limit: Int
  var counts: [Int]? { result.counts }

  func tell(_ context: RunContext) {
    context.record("inertia", .number(result.inertia))
    context.record("iterations", .integer(result.fullIterations + result.sampleIterations))
    context.record("converged", .bool(result.isConverged))
    context.record("trained_on", .integer(result.trainingCount))
    if !result.isConverged {
      context.warn("the centres still moved after \(limit) steps: raise 'iterations' or 'tolerance'")
    }
  }

  func labelling(_ source: SampleSource) -> @Sendable (SampleBlock) -> [UInt8] {
    let kernel = result.kernel(layout: source.layout, whole: source.isWhole)
    return { kernel.labels($0) }
  }

  func model(features: [ModelFeature], order: String, source: Acquisition?) -> FittedModel {
    FittedModel(result, features: features, order: order, source: source)
  }
}
