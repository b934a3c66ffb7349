import FloeNumerics

/// Mixtures on a sample: several numbers of components, and shares that are those of the scene.
extension GMMFit {
  /// Fits each number of components on samples in memory.
  static func trials(
    _ options: GMMOptions, candidates: [Int], samples: SampleBlock, layout: [FeatureLayout], map: some BlockMap,
    arrange: (_ means: [[Double]]) throws -> [Int]
  ) async throws -> (results: [GMMResult], trials: [ClusterTrial]) {
    let reader = MemoryReader(layout: layout, blocks: samples.cut(into: 1 << 13))
    var results: [GMMResult] = []
    for count in candidates {
      var own = options
      own.components = count
      own.sampleLimit = max(options.sampleLimit, samples.count)
      results.append(try await GMMFit(own).run(reader, map: map, arrange: arrange))
    }
    return (
      results,
      results.map { ClusterTrial(clusters: $0.mixture.count, bic: $0.bic, meanLogLikelihood: $0.meanLogLikelihood) }
    )
  }
}

extension GMMResult {
  /// The same components with the shares that they have among other samples: EM over the weights alone.
  func weighed(_ samples: SampleBlock, layout: [FeatureLayout], whole: Bool, map: some BlockMap) async throws
    -> GMMResult
  {
    var copy = self
    let reader = MemoryReader(layout: layout, blocks: samples.cut(into: 1 << 14))
    for _ in 0..<50 {
      let kernel = try copy.kernel(layout: layout, whole: whole)
      let parts = try await map.map(reader.blockCount) { kernel.weights(try reader.read(block: $0)) }
      var sums = [Double](repeating: 0, count: mixture.count)
      for part in parts { for j in sums.indices { sums[j] += part[j] } }
      let total = sums.reduce(0, +)
      guard total > 0 else { break }
      // A component that no sample of these belongs to keeps a trace, as it may have some among the others.
      let floored = sums.map { max($0 / total, 1e-9) }
      let sum = floored.reduce(0, +)
      let next = floored.map { $0 / sum }
      let change = zip(next, copy.mixture.weights).reduce(0) { max($0, abs($1.0 - $1.1)) }
      copy.mixture.weights = next
      if change < 1e-5 { break }
    }
    return copy
  }
}

extension GMMKernel {
  /// Σ of responsibilities of each component over a block.
  func weights(_ block: SampleBlock) -> [Double] {
    var sums = [Double](repeating: 0, count: componentCount)
    forEachChunk(block) { _, r, _, _, vectors, _ in
      for j in sums.indices {
        var sum = SIMD8<Float>.zero
        for i in 0..<vectors { sum += lanes(r + j * ChunkBuffer.capacity, i) }
        sums[j] += Double(sum.sum())
      }
    }
    return sums
  }
}
