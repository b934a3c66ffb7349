import FloeNumerics

/// Fits a mixture: k-means start and EM on an evenly drawn sample, then EM over all valid samples; or all of it over
/// all samples, as scikit-learn does.
public struct GMMFit: Sendable {
  public let options: GMMOptions
  /// A fit with options.
  public init(_ options: GMMOptions) { self.options = options }

  /// Runs the fit; the result depends on samples and options alone.
  ///
  /// - Parameters:
  ///   - arrange: the order in which the components are numbered, from their means in physical units: new component
  ///     `i` is
  ///     `arrange(means)[i]`.
  ///   - keeper: takes the labels of all blocks.
  ///   - observe: called after each pass over all samples its number and the mean log-likelihood.
  public func run(
    _ reader: some SampleReader, map: some BlockMap,
    arrange: (_ means: [[Double]]) throws -> [Int] = { Array($0.indices) }, keeper: (any LabelKeeper)? = nil,
    observe: @Sendable (_ pass: Int, _ meanLogLikelihood: Double) -> Void = { _, _ in }
  ) async throws -> GMMResult {
    try options.check()
    let survey = try await SamplingPass.take(
      reader, wanted: options.sampleLimit * 2, least: options.sampleLimit, exactly: options.standardise, map: map)
    let census = survey.census
    let sample = survey.sample(options.sampleLimit)
    let space = options.space ?? census.space(standardise: options.standardise)
    let layout = reader.layout
    let training = MemoryReader(layout: layout, blocks: sample.cut(into: 1 << 14))
    let holdsAll = sample.count == census.validCount
    let isAll = holdsAll || options.fitsOnAll
    var mixture: GMMParameters
    let settled: (mixture: GMMParameters, steps: Int, isConverged: Bool)
    if isAll && !holdsAll {
      mixture = try await startOnAll(space, census.isWhole, reader, map)
      settled = try await settle(mixture, reader, space, census.isWhole, map, tolerance: options.tolerance)
    } else {
      mixture = try await start(training, sample, census, space, reader, map)
      settled = try await settle(
        mixture, training, space, census.isWhole, map, tolerance: isAll ? options.tolerance : options.tolerance / 100)
    }
    mixture = settled.mixture
    func arranged(_ mixture: GMMParameters) throws -> GMMParameters {
      mixture.reordered(try arrange(mixture.means.map { physical($0, space) }))
    }
    var full = 0
    var isConverged = settled.isConverged
    var last: GMMAccumulator?
    if !isAll {
      // The last step's own pass labels: the mixture that it found unchanged is the result.
      (full, isConverged) = (options.maxIterations, false)
      var before = -Double.infinity
      for step in 1...options.maxIterations {
        mixture = try arranged(mixture)
        let sums = try await labelledPass(
          mixture, reader, space, census.isWhole, map, step, moments: true, keeper: step > 1 ? keeper : nil)
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
    let final: GMMAccumulator
    if let last {
      final = last
    } else {
      mixture = try arranged(mixture)
      final = try await labelledPass(mixture, reader, space, census.isWhole, map, 0, moments: false, keeper: keeper)
    }
    return GMMResult(
      mixture: mixture, space: space, meanLogLikelihood: final.logLikelihood / Double(max(1, final.count)),
      sampleIterations: settled.steps, fullIterations: full, isConverged: isConverged,
      validCount: census.validCount, skipped: census.skipped,
      trainingCount: isAll ? census.validCount : sample.count,
      clusters: summaries(mixture, space, final.weights))
  }

  private func pass(
    _ mixture: GMMParameters, _ reader: some SampleReader, _ space: FeatureSpace, _ whole: Bool,
    _ map: some BlockMap, _ iteration: Int
  ) async throws -> GMMAccumulator {
    let kernel = try kernel(mixture, space, reader.layout, whole, iteration)
    let parts = try await map.map(reader.blockCount) { kernel.pass(try reader.read(block: $0)) }
    return parts.reduce(into: GMMAccumulator(components: mixture.count, features: reader.layout.count)) { $0.merge($1) }
  }

  private func labelledPass(
    _ mixture: GMMParameters, _ reader: some SampleReader, _ space: FeatureSpace, _ whole: Bool, _ map: some BlockMap,
    _ iteration: Int,
    moments: Bool, keeper: (any LabelKeeper)?
  ) async throws -> GMMAccumulator {
    let kernel = try kernel(mixture, space, reader.layout, whole, iteration)
    let parts = try await map.map(reader.blockCount) { b -> GMMAccumulator in
      let (part, labels) = kernel.labelledPass(try reader.read(block: b), moments: moments)
      try keeper?.keep(block: b, labels)
      return part
    }
    return parts.reduce(into: GMMAccumulator(components: mixture.count, features: reader.layout.count)) { $0.merge($1) }
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
    var mixture = first
    var before = -Double.infinity
    for step in 1...options.maxIterations {
      let sums = try await pass(mixture, reader, space, whole, map, step)
      let mean = sums.logLikelihood / Double(max(1, sums.count))
      mixture = mixture.updated(sums, regularisation: options.regularisation)
      if abs(mean - before) < tolerance { return (mixture, step, true) }
      before = mean
    }
    return (mixture, options.maxIterations, false)
  }

  /// The mixture whose responsibilities are k-means' labels on all samples, k-means ended at scikit-learn's tolerance.
  private func startOnAll(
    _ space: FeatureSpace, _ whole: Bool, _ reader: some SampleReader, _ map: some BlockMap
  ) async throws -> GMMParameters {
    var choice = KMeansOptions(clusters: options.components)
    choice.seed = options.seed
    choice.starts = options.starts
    choice.tolerance = 1e-4
    choice.standardise = options.standardise
    choice.space = space
    choice.sampleLimit = options.sampleLimit
    let result = try await KMeansFit(choice).run(reader, map: map)
    let layout = reader.layout
    let kernel = KMeansKernel(centres: result.centres, space: space, layout: layout, whole: whole)
    let means = result.centres.map { space.working($0) }
    let parts = try await map.map(reader.blockCount) { b in
      let block = try reader.read(block: b)
      return GMMAccumulator(block, labels: kernel.labels(block), means: means, space: space, layout: layout)
    }
    let sums = parts.reduce(into: GMMAccumulator(components: means.count, features: layout.count)) { $0.merge($1) }
    let nothing = GMMParameters(
      type: options.covariance, weights: [Double](repeating: 0, count: means.count), means: means,
      covariances: [[[Double]]](repeating: [], count: means.count))
    return nothing.updated(sums, regularisation: options.regularisation)
  }

  /// The mixture whose responsibilities are k-means' labels on the training sample.
  private func start(
    _ training: MemoryReader, _ sample: SampleBlock, _ census: FeatureStatistics, _ space: FeatureSpace,
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
    let kernel = lloyd.kernel(centres)
    let means = centres.map { space.working($0) }
    let sums = GMMAccumulator(sample, labels: kernel.labels(sample), means: means, space: space, layout: layout)
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
        mean: physical(mixture.means[j], space),
        variance: (0..<d).map { matrix[$0, $0] * space.spread[$0] * space.spread[$0] },
        brightnessVariance: matrix.form(share, share), count: counts[j])
    }
  }
}

extension GMMAccumulator {
  /// The sums of samples that belong wholly to the cluster of their label, 255 for those left out; `means` are in the
  /// feature space.
  init(_ block: SampleBlock, labels: [UInt8], means: [[Double]], space: FeatureSpace, layout: [FeatureLayout]) {
    let d = layout.count
    self.init(components: means.count, features: d)
    let flat = means.flatMap { $0 }
    // Stored numbers become those of the feature space by one factor and one summand a feature.
    let factors = layout.indices.map { f in space.isStandardised ? layout[f].scale / space.spread[f] : layout[f].scale }
    let summands = layout.indices.map { f in
      space.isStandardised ? (layout[f].offset - space.mean[f]) / space.spread[f] : layout[f].offset
    }
    var x = [Double](repeating: 0, count: d)
    func add<T: PixelNumber>(_ values: [T]) {
      let n = labels.count
      for i in 0..<n where labels[i] != 255 {
        let j = Int(labels[i])
        weights[j] += 1
        for f in 0..<d { x[f] = values[f * n + i].double * factors[f] + summands[f] - flat[j * d + f] }
        var at = j * d * (d + 1) / 2
        for a in 0..<d {
          firsts[j * d + a] += x[a]
          for b in 0...a {
            seconds[at] += x[a] * x[b]
            at += 1
          }
        }
      }
    }
    switch block.values {
    case .uint16(let v): add(v)
    case .float(let v): add(v)
    }
  }
}
