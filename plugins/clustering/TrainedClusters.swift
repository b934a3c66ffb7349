import FloeSDK

/// A fit, and what was gathered of the samples on the way to it.
struct TrainedClusters<Fit: ClusteringFit> {
  var fit: Fit
  /// The labels of all samples where the fit kept them.
  var store: LabelStore?
  /// The balanced sample, where one was drawn.
  var sample: BalancedSample?
  /// The figures of all samples, where the fit knows a sample alone.
  var scene: FeatureStatistics?
}

extension ClusteringAlgorithm {
  /// Samples on which numbers of clusters are compared; about as many as balanced training fits on.
  static var trialSamples: Int { 40_000 }

  /// Fits on all samples or on a balanced sample, as the options say, with the number of clusters that they ask for.
  ///
  /// With `auto`, data of fewer distinct values than clusters get as many clusters as they have values.
  ///
  /// - Parameters:
  ///   - candidates: numbers of clusters to try, in rising order.
  ///   - isAuto: whether they are those of `auto`; a number that is asked for is kept to, or refused.
  ///   - needsIceLevel: whether a balanced sample is needed to find the ice level.
  ///   - keeper: makes room for the labels of so many clusters; nil where they are not needed.
  func trained(
    _ sampling: SampleOptions, _ candidates: [Int], isAuto: Bool, source: SampleSource, needsIceLevel: Bool,
    context: RunContext, arrange: ClusterArrangement, keeper: (Int) throws -> LabelStore?
  ) async throws -> TrainedClusters<Fit> {
    switch sampling.training {
    case .balanced:
      let (balanced, statistics) = try await BalancedSample.take(source, map: context)
      let possible =
        isAuto
        ? ClusterCount.possible(
          candidates, distinct: Self.distinct(balanced.training, source, candidates), samples: balanced.training.count,
          context: context) : candidates
      let (fits, trials) = try await trials(
        possible, samples: balanced.training, layout: source.layout, map: context, arrange: arrange)
      ClusterTrial.record(trials, samples: balanced.training.count, context: context)
      let fit = try await settled(fits[ClusterTrial.best(trials)], even: balanced.even, source: source, map: context)
      return TrainedClusters(fit: fit, sample: balanced, scene: statistics)
    case .even:
      var count = candidates[0]
      if isAuto {
        let picks = try await SamplingPass.take(
          source, wanted: Self.trialSamples * 2, least: Self.trialSamples, exactly: needsExactStatistics, map: context)
        let some = picks.sample(Self.trialSamples)
        var tried = candidates
        var distinct = Self.distinct(some, source, tried)
        var samples = some.count
        if distinct < candidates[0] {
          // A value that few samples have may be missing among some of them, on which no more clusters can be tried.
          tried = [candidates[0]]
          distinct = try await FeatureStatistics.distinct(in: source, limit: candidates[0], map: context)
          samples = picks.census.validCount
        }
        let possible = ClusterCount.possible(tried, distinct: distinct, samples: samples, context: context)
        count = possible[0]
        if possible.count > 1 {
          let trials = try await trials(
            possible, samples: some, layout: source.layout, map: context, arrange: arrange
          ).trials
          ClusterTrial.record(trials, samples: some.count, context: context)
          count = trials[ClusterTrial.best(trials)].clusters
        }
      }
      let store = try keeper(count)
      let fit = try await fit(count, source: source, keeper: store, context: context, arrange: arrange)
      let sample = needsIceLevel ? try await BalancedSample.take(source, map: context).0 : nil
      return TrainedClusters(fit: fit, store: store, sample: sample)
    }
  }

  /// Distinct values of samples, up to the most clusters that are tried.
  private static func distinct(_ samples: SampleBlock, _ source: SampleSource, _ candidates: [Int]) -> Int {
    let limit = candidates.last ?? 1
    return min(limit, FeatureStatistics.distinct(samples, source.layout, limit: limit).count)
  }
}
