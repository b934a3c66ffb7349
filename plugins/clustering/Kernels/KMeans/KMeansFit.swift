import FloeNumerics

/// Fits k-means: starts on an evenly drawn sample, then exact Lloyd steps over all valid samples.
public struct KMeansFit: Sendable {
  public let options: KMeansOptions
  /// A fit with options.
  public init(_ options: KMeansOptions) { self.options = options }

  /// Runs the fit; the result depends on samples and options alone.
  ///
  /// - Parameters:
  ///   - arrange: the order in which the clusters are numbered, from their centres: new cluster `i` is
  ///     `arrange(centres)[i]`.
  ///   - keeper: takes the labels of all blocks.
  ///   - observe: called after each step over all samples its number and the centres' squared shift as a share of the
  ///     mean variance.
  public func run(
    _ reader: some SampleReader, map: some BlockMap,
    arrange: (_ centres: [[Double]]) throws -> [Int] = { Array($0.indices) },
    keeper: (any LabelKeeper)? = nil,
    observe: @Sendable (_ pass: Int, _ shift: Double) -> Void = { _, _ in }
  ) async throws -> KMeansResult {
    try options.check()
    let survey = try await SamplingPass.take(
      reader, wanted: options.sampleLimit * 15, least: options.sampleLimit, exactly: options.standardise, map: map)
    let census = survey.census
    let sample = survey.sample(options.sampleLimit)
    try await census.requireDistinct(options.clusters, in: reader, sample: sample, map: map)
    let space = options.space ?? census.space(standardise: options.standardise)
    let lloyd = Lloyd(space: space, layout: reader.layout, whole: census.isWhole, options: options, census: census)
    let wanted = Int((options.trainingShare * Double(census.validCount)).rounded(.up))
    var (centres, sampleIterations, isConverged) = try await startBest(
      sample, lloyd, map, toRest: sample.count >= wanted)
    var trained = sample.count
    var fullIterations = 0
    let trainsOnAll = options.miniBatch == nil && sample.count < wanted && wanted == census.validCount
    // Enough to choose margins by.
    let few = survey.sample(50_000)
    if options.miniBatch == nil, sample.count < wanted {
      trained = wanted
      if survey.pickedCount > sample.count, survey.pickedCount < wanted {
        // Centres of many samples lie nearer to those of all, which saves steps over all.
        let picked = MemoryReader(layout: reader.layout, blocks: survey.picked)
        let steps: Int
        (centres, steps, isConverged) = try await rest(centres, few, lloyd, picked, map) { _, _ in }.result
        sampleIterations += steps
      }
      if !trainsOnAll {
        let share = try await census.draw(reader, limit: wanted, map: map)
        let cut = MemoryReader(layout: reader.layout, blocks: share.cut(into: 1 << 18))
        (centres, fullIterations, isConverged) = try await rest(centres, few, lloyd, cut, map, observe).result
      }
    }
    // Numbered as well as is known now, so that hardly a label changes its number later.
    centres = try arrange(centres).map { [centres] in centres[$0] }
    let final: BoundedLloydPass
    if trainsOnAll {
      let rested = try await rest(centres, few, lloyd, reader, map, keeper: keeper, observe)
      (centres, fullIterations, isConverged) = rested.result
      final = rested.pass
    } else {
      final = try await BoundedLloydPass(lloyd, from: centres, sample: few, share: 0, reader, map, keeper: keeper)
    }
    let order = try arrange(centres)
    let (total, clusters) = try await final.finish(centres, order: order, map, keeper: keeper)
    return KMeansResult(
      centres: order.map { [centres] in centres[$0] }, space: space, counts: order.map { total.counts[$0] },
      inertia: total.inertia,
      sampleIterations: sampleIterations, fullIterations: fullIterations, isConverged: isConverged,
      validCount: census.validCount, skipped: census.skipped, trainingCount: trained, clusters: clusters)
  }

  /// Lloyd steps over all blocks until the centres rest: centres, steps, whether they rest, and a pass that holds for
  /// those centres.
  ///
  /// A pass over everything is followed by steps over the samples near a border alone, as long as these are all that
  /// can change their cluster. With a border share of 0 every step is a pass over everything: the reference.
  private func rest(
    _ start: [[Double]], _ sample: SampleBlock, _ lloyd: Lloyd, _ reader: some SampleReader, _ map: some BlockMap,
    keeper: (any LabelKeeper)? = nil, _ observe: @Sendable (Int, Double) -> Void
  ) async throws -> (result: ([[Double]], Int, Bool), pass: BoundedLloydPass) {
    var centres = start
    var steps = 0
    var isDone = false
    var isAtRest = false
    // The more clusters, the dearer a pass over everything and the farther the least of them go.
    let share = min(0.5, options.borderShare * (Double(start.count) / 2).squareRoot())
    while true {
      let pass = try await BoundedLloydPass(
        lloyd, from: centres, sample: sample, share: share, reader, map, keeper: keeper)
      while !isDone, pass.holds(for: centres) {
        let next = try await lloyd.update(centres, try await pass.step(centres, map), reader, map)
        let shift = lloyd.shift(centres, next)
        steps += 1
        observe(steps, shift)
        centres = next
        isAtRest = shift <= options.tolerance
        isDone = isAtRest || steps == options.maxIterations
      }
      if isDone, pass.holds(for: centres) { return ((centres, steps, isAtRest), pass) }
    }
  }

  /// The best of several starts on a sample: centres, steps and whether they came to rest.
  ///
  /// - Parameter toRest: whether the best goes on to the tolerance, or ends at the ordinary one.
  func startBest(
    _ sample: SampleBlock, _ lloyd: Lloyd, _ map: some BlockMap, toRest: Bool = true
  ) async throws -> ([[Double]], Int, Bool) {
    let options = options
    let seeding = KMeansSeeding(sample, space: lloyd.space, layout: lloyd.layout)
    let runs = try await map.map(options.clusters == 1 ? 1 : options.starts) {
      start -> ([[Double]], Double, Int, Bool) in
      var generator = SeededGenerator(seed: options.seed, stream: UInt64(start))
      let first = seeding.choose(options.clusters, using: &generator).map { lloyd.physical(sample.stored($0)) }
      if let batch = options.miniBatch {
        let (centres, steps) = lloyd.miniBatch(first, sample, batch, &generator)
        return (centres, lloyd.kernel(centres).pass(sample).inertia, steps, true)
      }
      // All starts at the ordinary tolerance first; only the best goes on to rest.
      return lloyd.converge(first, sample, tolerance: max(options.tolerance, 1e-4), limit: options.maxIterations)
    }
    var best = 0
    for i in runs.indices where runs[i].1 < runs[best].1 { best = i }
    let (centres, _, steps, isAtRest) = runs[best]
    if !toRest { return (centres, steps, isAtRest) }
    if options.miniBatch != nil || options.tolerance >= 1e-4 { return (centres, steps, isAtRest) }
    let left = max(1, options.maxIterations - steps)
    let final = lloyd.converge(centres, sample, tolerance: options.tolerance, limit: left)
    return (final.0, steps + final.2, final.3)
  }
}
