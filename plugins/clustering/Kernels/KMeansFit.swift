import FloeNumerics

/// Fits k-means: starts on an evenly drawn sample, then exact Lloyd steps over all valid samples.
public struct KMeansFit: Sendable {
  public let options: KMeansOptions
  /// A fit with options.
  public init(_ options: KMeansOptions) { self.options = options }

  /// Runs the fit; the result depends on samples and options alone.
  ///
  /// - Parameters:
  ///   - arrange: the order in which the clusters are numbered, told by their centres: new cluster `i` is `arrange(centres)[i]`.
  ///   - keep: given each block's number and labels, 255 for samples left out, perhaps from several threads.
  ///   - observe: told after each step over all samples its number and the centres' squared shift as a share of the mean variance.
  public func run(
    _ reader: some SampleReader, map: some BlockMap, census known: Census? = nil,
    arrange: (_ centres: [[Double]]) throws -> [Int] = { Array($0.indices) },
    keep: @escaping @Sendable (_ block: Int, _ labels: [UInt8]) throws -> Void = { _, _ in },
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
        (centres, fullIterations, isConverged) = try await rest(centres, sample, lloyd, cut, map, observe)
      } else {
        (centres, fullIterations, isConverged) = try await rest(centres, sample, lloyd, reader, map, observe)
      }
    }
    let order = try arrange(centres)
    centres = order.map { [centres] in centres[$0] }
    let (total, clusters) = try await lloyd.summarise(centres, reader, map, keep: keep)
    return KMeansResult(
      centres: centres, space: space, counts: total.counts, inertia: total.inertia,
      sampleIterations: sampleIterations, fullIterations: fullIterations, isConverged: isConverged,
      validCount: census.validCount, skipped: census.skipped, trainingCount: trained, clusters: clusters)
  }

  /// Lloyd steps over all blocks until the centres rest: centres, steps, whether they rest.
  ///
  /// A pass over everything is followed by steps over the samples near a border alone, as long as these are all that can change
  /// their cluster. With a border share of 0 every step is a pass over everything: the plain twin.
  private func rest(
    _ start: [[Double]], _ sample: SampleBlock, _ lloyd: Lloyd, _ reader: some SampleReader, _ map: some BlockMap,
    _ observe: @Sendable (Int, Double) -> Void
  ) async throws -> ([[Double]], Int, Bool) {
    var centres = start, steps = 0
    while true {
      let margin = lloyd.margin(centres, sample, share: options.borderShare), origin = centres
      let (settled, border) = try await lloyd.borderPass(centres, margin: margin, reader, map)
      repeat {
        var total = settled
        total.merge(try await lloyd.pass(centres, border, map))
        let next = try await lloyd.update(centres, total, reader, map)
        let shift = lloyd.shift(centres, next)
        steps += 1
        observe(steps, shift)
        if shift <= options.tolerance { return (next, steps, true) }
        if steps == options.maxIterations { return (next, steps, false) }
        centres = next
        // A little less than half, so that rounding cannot matter.
      } while lloyd.displacement(origin, centres) < 0.49 * margin
    }
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
