import FloeNumerics

/// K-means on a sample: several numbers of clusters.
extension KMeansFit {
  /// Fits each number of clusters on samples in memory.
  static func trials(
    _ options: KMeansOptions, candidates: [Int], samples: SampleBlock, layout: [FeatureLayout], map: some BlockMap,
    arrange: (_ centres: [[Double]]) throws -> [Int]
  ) async throws -> (results: [KMeansResult], trials: [ClusterTrial]) {
    let reader = MemoryReader(layout: layout, blocks: samples.cut(into: 1 << 13))
    var results: [KMeansResult] = []
    for count in candidates {
      var own = options
      own.clusters = count
      own.sampleLimit = max(options.sampleLimit, samples.count)
      results.append(try await KMeansFit(own).run(reader, map: map, arrange: arrange))
    }
    return (
      results,
      results.map { r in
        ClusterTrial(
          clusters: r.counts.count, bic: r.bic, meanLogLikelihood: r.logLikelihood / Double(max(1, r.validCount)))
      }
    )
  }
}

extension KMeansResult {
  /// The log-likelihood of the clustering as spheres of one variance (Pelleg and Moore 2000, X-means).
  var logLikelihood: Double {
    let n = Double(validCount)
    let d = Double(space.mean.count)
    let k = Double(counts.count)
    // Samples that all lie on their centres have no variance; the smallest number keeps the logarithm finite.
    let variance = max(inertia / (d * max(1, n - k)), 1e-300)
    let shares = counts.reduce(0.0) { $1 > 0 ? $0 + Double($1) * naturalLog(Double($1) / n) : $0 }
    return shares - n * d / 2 * naturalLog(2 * Double.pi * variance) - d * (n - k) / 2
  }

  /// The Bayesian criterion of the same spheres: smaller is better.
  var bic: Double {
    let parameters = Double(counts.count - 1 + counts.count * space.mean.count + 1)
    return -2 * logLikelihood + parameters * naturalLog(Double(max(1, validCount)))
  }
}
