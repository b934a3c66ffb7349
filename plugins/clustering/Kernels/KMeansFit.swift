import FloeNumerics

/// Fits k-means: starts on an evenly drawn sample, then exact Lloyd steps over all valid samples.
public struct KMeansFit: Sendable {
  public let options: KMeansOptions
  /// A fit with options.
  public init(_ options: KMeansOptions) { self.options = options }

  /// Runs the fit; the result depends on samples and options alone.
  ///
  /// - Parameter observe: told after each pass over all samples its number and the centres' squared shift as a share
  ///   of the mean variance.
  public func run(
    _ reader: some SampleReader, map: some BlockMap, census known: Census? = nil,
    observe: @Sendable (_ pass: Int, _ shift: Double) -> Void = { _, _ in }
  ) async throws -> KMeansResult {
    try options.check()
    let census = if let known { known } else { try await Census.take(reader, map: map) }
    let sample = try await census.draw(reader, limit: options.sampleLimit, map: map)
    try await census.requireDistinct(options.clusters, in: reader, sample: sample, map: map)
    let space = census.space(standardise: options.standardise)
    let lloyd = Lloyd(space: space, layout: reader.layout, whole: census.isWhole, options: options, census: census)
    var (centres, sampleIterations, isConverged) = try await startBest(sample, lloyd, map)
    var fullIterations = 0, trained = sample.count
    let wanted = Int((options.trainingShare * Double(census.validCount)).rounded(.up))
    if options.miniBatch == nil && sample.count < wanted {
      trained = wanted
      if wanted < census.validCount {
        let share = try await census.draw(reader, limit: wanted, map: map)
        let cut = MemoryReader(layout: reader.layout, blocks: share.cut(into: 1 << 18))
        (centres, fullIterations, isConverged) = try await rest(centres, lloyd, cut, map, observe)
      } else {
        (centres, fullIterations, isConverged) = try await rest(centres, lloyd, reader, map, observe)
      }
    }
    let (total, clusters) = try await lloyd.summarise(centres, reader, map)
    return KMeansResult(
      centres: centres, space: space, counts: total.counts, inertia: total.inertia,
      sampleIterations: sampleIterations, fullIterations: fullIterations, isConverged: isConverged,
      validCount: census.validCount, skipped: census.skipped, trainingCount: trained, clusters: clusters)
  }

  /// Lloyd steps over all blocks until the centres rest: centres, steps, whether they rest.
  ///
  /// The steps are accelerated: a pass over a full tile costs far more than the extrapolation, and Lloyd's steps shrink by the
  /// same factor again and again, so that two of them tell where they lead. The fixed point is Lloyd's own.
  private func rest(
    _ start: [[Double]], _ lloyd: Lloyd, _ reader: some SampleReader, _ map: some BlockMap,
    _ observe: @Sendable (Int, Double) -> Void
  ) async throws -> ([[Double]], Int, Bool) {
    var centres = start, path = LloydAcceleration()
    for step in 1...options.maxIterations {
      let total = try await lloyd.pass(centres, reader, map)
      let next = try await lloyd.update(centres, total, reader, map)
      let shift = lloyd.shift(centres, next)
      observe(step, shift)
      if shift <= options.tolerance { return (next, step, true) }
      centres = path.advance(from: centres, to: next, inertia: total.inertia, space: lloyd.space)
    }
    return (centres, options.maxIterations, false)
  }

  /// The best of several starts on a sample: centres, steps and whether they came to rest.
  func startBest(
    _ sample: SampleBlock, _ lloyd: Lloyd, _ map: some BlockMap
  ) async throws -> ([[Double]], Int, Bool) {
    let options = options
    let seeding = KMeansSeeding(sample, space: lloyd.space, layout: lloyd.layout)
    let runs = try await map.map(options.clusters == 1 ? 1 : options.starts) { start -> ([[Double]], Double, Int, Bool) in
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
    if options.miniBatch != nil || options.tolerance >= 1e-4 { return (centres, steps, isAtRest) }
    let left = max(1, options.maxIterations - steps)
    let final = lloyd.converge(centres, sample, tolerance: options.tolerance, limit: left)
    return (final.0, steps + final.2, final.3)
  }
}
