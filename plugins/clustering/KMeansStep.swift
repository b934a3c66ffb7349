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
        "clusters": .text("2"), "starts": .text("10"),
      ])
  ]

  @Input("Bands or table columns to cluster") var samples: Samples
  @Param("Bands or columns that take part; all bands, or all number columns, by default") var features: [String]?
  @Param("Number of clusters", in: 2...255) var clusters = 2
  @Param("Divide each feature by its standard deviation first") var standardise = false
  @Param("Starts, of which the best is kept", in: 1...1000) var starts = 10
  @Param("Steps at most", in: 1...100_000) var iterations = 300
  @Param("Ends when the squared shift of the centres is at most this share of the mean variance", in: 0...1)
  var tolerance = 1e-10
  @Param("Share of the valid samples to train on; all are labelled", in: 0.0001...1) var trainingShare = 1.0
  @Param("Samples of a mini-batch; full steps by default", in: 1...10_000_000) var miniBatch: Int?
  @Param("Classes by rule, the first that holds: class: rule") var names: Pairs?
  @Param("Class of the clusters that no rule names") var rest: String?
  @Param("Largest brightness of the darkest cluster as a share of the brightest's", in: 0...1) var darkRatio = 0.5
  @Param("What water wider than max_lead_width is called; open_ocean needs a raster in metres") var water = WaterRule
    .lead
  @Param("Widest water that is a lead", unit: "m", in: 1...100_000) var maxLeadWidth = 1000.0
  @Param("Feature by which clusters are numbered; mean brightness, or a table's first feature, by default") var orderBy:
    String?
  @Output("Cluster numbers; as many rows or pixels as the samples") var labels: Samples?
  @Output("Class codes", when: "`names` is given") var classes: Samples?
  @Output("The fitted centres as JSON") var model: Model?

  public init() {}

  public mutating func plan(in context: PlanContext) throws {
    let source = try SampleSource(samples, features: features)
    try ClusterFacts.place(of: orderBy, in: source)
    let naming = try ClassRules(names: names, rest: rest, darkRatio: darkRatio, source: source)
    let products = products(source, codes: naming.map { _ in [] })
    try products.checkWater()
    (labels, classes) = products.planned()
    model = Model(kind: "kmeans", body: .null)
    context.isBarrier()
    if case .raster(let r) = samples { context.needs(scratch: r.spec.byteCount + r.spec.grid.pixelCount) }
  }

  public mutating func run(in context: RunContext) async throws {
    if case .raster(let r) = samples { samples = .raster(try await context.materialize(r)) }
    let source = try SampleSource(samples, features: features)
    let naming = try ClassRules(names: names, rest: rest, darkRatio: darkRatio, source: source)
    var options = KMeansOptions(clusters: clusters)
    options.starts = starts
    options.maxIterations = iterations
    options.tolerance = tolerance
    options.standardise = standardise
    options.trainingShare = trainingShare
    options.miniBatch = miniBatch
    options.seed = context.seed
    let store = try LabelStore(samples, source: source, clusters: clusters, context: context)
    var orderName = ""
    let result = try await KMeansFit(options).run(
      source, map: context,
      arrange: { centres in
        let (order, name) = try ClusterFacts.order(centres, source: source, by: orderBy)
        orderName = name
        return order
      },
      keeper: store
    ) { step, shift in
      context.log(.debug, "step \(step): centres moved \(shift) of the variance")
    }
    ClusterFacts.recordSkipped(result.skipped, valid: result.validCount, source: source, context: context)
    context.record("inertia", .number(result.inertia))
    context.record("iterations", .integer(result.fullIterations + result.sampleIterations))
    context.record("converged", .bool(result.isConverged))
    if !result.isConverged {
      context.warn("the centres still moved after \(iterations) steps: raise 'iterations' or 'tolerance'")
    }
    let named = naming.map { $0.apply(result.clusters, features: source.features.map(\.name), context: context) }
    context.record("clusters", ClusterFacts.json(result.clusters, features: source.features, codes: named?.codes))
    model = FittedModel(result, features: source.features, order: orderName, source: source.acquisition).named(named)
    (labels, classes) = try await products(source, codes: named?.codes).make(
      store.labels(), counts: result.counts, context: context)
  }

  private func products(_ source: SampleSource, codes: [Int]?) -> ClusterProducts {
    ClusterProducts(
      samples: samples, source: source, clusterCount: clusters, codes: codes, water: water, maxLeadWidth: maxLeadWidth)
  }
}

extension FittedModel {
  /// The model that travels, with the classes of its clusters.
  func named(_ result: NamingResult?) -> Model {
    var copy = self
    if let result {
      copy.classCodes = result.codes
      for code in result.codes { copy.classNames[code] = ClassTable.seaIce[code]?.name }
      copy.evidence = result.evidence
    }
    return Model(kind: kind.rawValue, body: copy.json)
  }
}
