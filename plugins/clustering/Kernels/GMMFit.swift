import FloeNumerics

/// How a mixture is fitted; parameterised as scikit-learn's GaussianMixture.
public struct GMMOptions: Sendable {
  public var components: Int
  public var covariance = CovarianceType.full
  /// Added to the diagonals of covariances, in squared units of the feature space.
  public var regularisation = 1e-6
  /// Ends when the mean log-likelihood a sample changes by less than this.
  public var tolerance = 1e-4
  /// EM steps at most, on the training sample and again on all samples.
  public var maxIterations = 200
  public var standardise = false
  public var seed: UInt64 = 0
  /// Starts of the k-means from which the first responsibilities come.
  public var starts = 10
  /// Valid samples on which EM settles before it goes over all of them; all when there are no more.
  public var sampleLimit = 200_000

  /// Options for a number of components.
  public init(components: Int) { self.components = components }

  func check() throws {
    guard regularisation >= 0 else {
      throw ClusteringError.badParameter("the regularisation is \(regularisation); it must not be negative")
    }
    guard tolerance >= 0 else { throw ClusteringError.badParameter("tolerance is \(tolerance); it must not be negative") }
    guard maxIterations > 0 else {
      throw ClusteringError.badParameter("the iteration limit is \(maxIterations); at least 1 is needed")
    }
  }
}

/// A fitted Gaussian mixture.
public struct GMMResult: Sendable {
  /// The mixture in the feature space.
  public var mixture: GMMParameters
  public let space: FeatureSpace
  /// Mean log-likelihood a sample of this mixture over all valid samples, in the feature space.
  public let meanLogLikelihood: Double
  /// EM steps over the training sample, then over all valid samples.
  public let sampleIterations, fullIterations: Int
  public let isConverged: Bool
  public let validCount, skipped: Int
  /// Samples on which EM settled first.
  public let trainingCount: Int
  public var clusters: [ClusterSummary]

  /// Akaike's criterion, as scikit-learn counts it: smaller is better.
  public var aic: Double { -2 * meanLogLikelihood * Double(validCount) + 2 * Double(mixture.freeParameterCount) }
  /// The Bayesian criterion: smaller is better.
  public var bic: Double {
    -2 * meanLogLikelihood * Double(validCount) + Double(mixture.freeParameterCount) * naturalLog(Double(validCount))
  }

  /// The same result with the components in another order: new component `i` is the old `order[i]`.
  public func reordered(_ order: [Int]) -> GMMResult {
    var copy = self
    copy.mixture = mixture.reordered(order)
    copy.clusters = order.map { clusters[$0] }
    return copy
  }

  /// The kernel that classifies with this mixture.
  public func kernel(layout: [FeatureLayout], whole: Bool) throws -> GMMKernel {
    try GMMKernel(mixture, space: space, layout: layout, whole: whole)
  }
}

/// Fits a mixture: k-means start and EM on an evenly drawn sample, then EM over all valid samples.
public struct GMMFit: Sendable {
  public let options: GMMOptions
  /// A fit with options.
  public init(_ options: GMMOptions) { self.options = options }

  /// Runs the fit; the result depends on samples and options alone.
  ///
  /// - Parameters:
  ///   - arrange: the order in which the components are numbered, told by their means in physical units: new component `i` is
  ///     `arrange(means)[i]`.
  ///   - keeper: takes the labels of all blocks.
  ///   - observe: told after each pass over all samples its number and the mean log-likelihood.
  public func run(
    _ reader: some SampleReader, map: some BlockMap,
    arrange: (_ means: [[Double]]) throws -> [Int] = { Array($0.indices) }, keeper: (any LabelKeeper)? = nil,
    observe: @Sendable (_ pass: Int, _ meanLogLikelihood: Double) -> Void = { _, _ in }
  ) async throws -> GMMResult {
    try options.check()
    let survey = try await Survey.take(reader, wanted: options.sampleLimit * 2, least: options.sampleLimit, exactly: options.standardise, map: map)
    let census = survey.census, sample = survey.sample(options.sampleLimit)
    let space = census.space(standardise: options.standardise), layout = reader.layout
    let training = MemoryReader(layout: layout, blocks: sample.cut(into: 1 << 14))
    let isAll = sample.count == census.validCount
    var mixture = try await start(training, sample, census, space, reader, map)
    let settled = try await settle(
      mixture, training, space, census.isWhole, map, tolerance: isAll ? options.tolerance : options.tolerance / 100)
    mixture = settled.mixture
    func arranged(_ mixture: GMMParameters) throws -> GMMParameters {
      mixture.reordered(try arrange(mixture.means.map { physical($0, space) }))
    }
    var full = 0, isConverged = settled.isConverged, last: GMMPartial?
    if !isAll {
      // The last step's own pass labels: the mixture that it found unchanged is the result.
      (full, isConverged) = (options.maxIterations, false)
      var before = -Double.infinity
      for step in 1...options.maxIterations {
        mixture = try arranged(mixture)
        let sums = try await labelledPass(mixture, reader, space, census.isWhole, map, step, moments: true, keeper: step > 1 ? keeper : nil)
        let mean = sums.logLikelihood / Double(max(1, sums.count))
        observe(step, mean)
        if abs(mean - before) < options.tolerance {
          (full, isConverged, last) = (step, true, sums)
          break
        }
        mixture = mixture.updated(sums, regularisation: options.regularisation)
        before = mean
      }
    }
    let final: GMMPartial
    if let last { final = last } else {
      mixture = try arranged(mixture)
      final = try await labelledPass(mixture, reader, space, census.isWhole, map, 0, moments: false, keeper: keeper)
    }
    return GMMResult(
      mixture: mixture, space: space, meanLogLikelihood: final.logLikelihood / Double(max(1, final.count)),
      sampleIterations: settled.steps, fullIterations: full, isConverged: isConverged,
      validCount: census.validCount, skipped: census.skipped, trainingCount: sample.count,
      clusters: summaries(mixture, space, final.weights))
  }

  private func pass(
    _ mixture: GMMParameters, _ reader: some SampleReader, _ space: FeatureSpace, _ whole: Bool,
    _ map: some BlockMap, _ iteration: Int
  ) async throws -> GMMPartial {
    let kernel = try kernel(mixture, space, reader.layout, whole, iteration)
    let parts = try await map.map(reader.blockCount) { kernel.pass(try reader.read(block: $0)) }
    return parts.reduce(into: GMMPartial(components: mixture.count, features: reader.layout.count)) { $0.merge($1) }
  }

  private func labelledPass(
    _ mixture: GMMParameters, _ reader: some SampleReader, _ space: FeatureSpace, _ whole: Bool, _ map: some BlockMap, _ iteration: Int,
    moments: Bool, keeper: (any LabelKeeper)?
  ) async throws -> GMMPartial {
    let kernel = try kernel(mixture, space, reader.layout, whole, iteration)
    let parts = try await map.map(reader.blockCount) { b -> GMMPartial in
      let (part, labels) = kernel.labelledPass(try reader.read(block: b), moments: moments)
      try keeper?.keep(block: b, labels)
      return part
    }
    return parts.reduce(into: GMMPartial(components: mixture.count, features: reader.layout.count)) { $0.merge($1) }
  }

  private func kernel(
    _ mixture: GMMParameters, _ space: FeatureSpace, _ layout: [FeatureLayout], _ whole: Bool, _ iteration: Int
  ) throws -> GMMKernel {
    try GMMKernel(
      mixture, space: space, layout: layout, whole: whole, iteration: iteration, regularisation: options.regularisation)
  }

  private func physical(_ mean: [Double], _ space: FeatureSpace) -> [Double] {
    space.isStandardised ? mean.indices.map { mean[$0] * space.spread[$0] + space.mean[$0] } : mean
  }

  private func settle(
    _ first: GMMParameters, _ reader: some SampleReader, _ space: FeatureSpace, _ whole: Bool, _ map: some BlockMap,
    tolerance: Double
  ) async throws -> (mixture: GMMParameters, steps: Int, isConverged: Bool) {
    var mixture = first, before = -Double.infinity
    for step in 1...options.maxIterations {
      let sums = try await pass(mixture, reader, space, whole, map, step)
      let mean = sums.logLikelihood / Double(max(1, sums.count))
      mixture = mixture.updated(sums, regularisation: options.regularisation)
      if abs(mean - before) < tolerance { return (mixture, step, true) }
      before = mean
    }
    return (mixture, options.maxIterations, false)
  }

  /// The mixture whose responsibilities are k-means' labels on the training sample.
  private func start(
    _ training: MemoryReader, _ sample: SampleBlock, _ census: Census, _ space: FeatureSpace,
    _ reader: some SampleReader, _ map: some BlockMap
  ) async throws -> GMMParameters {
    try await census.requireDistinct(options.components, in: reader, sample: sample, map: map)
    var choice = KMeansOptions(clusters: options.components)
    choice.seed = options.seed
    choice.starts = options.starts
    choice.tolerance = 1e-4
    // Already in the mixture's space: the training sample's own figures would standardise it a little differently.
    let layout = training.layout
    let lloyd = Lloyd(space: space, layout: layout, whole: census.isWhole, options: choice, census: census)
    let (centres, _, _) = try await KMeansFit(choice).startBest(sample, lloyd, map)
    let d = layout.count, kernel = lloyd.kernel(centres)
    var sums = GMMPartial(components: options.components, features: d)
    let labels = kernel.labels(sample)
    let means = centres.map { space.working($0) }
    for i in 0..<sample.count where labels[i] != 255 {
      let j = Int(labels[i])
      let x = space.working(lloyd.physical(sample.stored(i)))
      sums.weights[j] += 1
      var at = j * d * (d + 1) / 2
      for a in 0..<d {
        let difference = x[a] - means[j][a]
        sums.firsts[j * d + a] += difference
        for b in 0...a {
          sums.seconds[at] += difference * (x[b] - means[j][b])
          at += 1
        }
      }
    }
    let nothing = GMMParameters(
      type: options.covariance, weights: [Double](repeating: 0, count: options.components), means: means,
      covariances: [[[Double]]](repeating: [], count: options.components))
    return nothing.updated(sums, regularisation: options.regularisation)
  }

  private func summaries(_ mixture: GMMParameters, _ space: FeatureSpace, _ counts: [Double]) -> [ClusterSummary] {
    mixture.means.indices.map { j in
      let d = space.mean.count
      let matrix = SquareMatrix(rows: mixture.covariances[j]) ?? SquareMatrix(size: d)
      let share = space.spread.map { $0 / Double(d) }
      return ClusterSummary(
        mean: physical(mixture.means[j], space), variance: (0..<d).map { matrix[$0, $0] * space.spread[$0] * space.spread[$0] },
        brightnessVariance: matrix.form(share, share), count: counts[j])
    }
  }
}
