import FloeSDK

/// New numbers for clusters by their centres, `centres[cluster][feature]`: new cluster `i` is old `order[i]`.
typealias ClusterArrangement = (_ centres: [[Double]]) throws -> [Int]

/// An algorithm that fits clusters to samples: all in which the fitting steps differ.
///
/// A new algorithm is a kernel under `Kernels`, a step that conforms to `ClusteringStep`, and a line in `Algorithms`.
/// Contract: results depend on samples and options alone; sums run over the reader's blocks and merge in their order.
protocol ClusteringAlgorithm: Sendable {
  associatedtype Fit: ClusteringFit
  /// Samples that a choice among numbers of clusters is made on.
  var sampleLimit: Int { get }
  /// Whether its first pass needs mean and variance of all samples, not of many of them.
  var needsExactStatistics: Bool { get }
  /// The least posterior of a record's class; 0 for algorithms without.
  var leastPosterior: Double { get }

  /// Fits each number of clusters on samples in memory.
  func trials(
    _ candidates: [Int], samples: SampleBlock, layout: [FeatureLayout], map: some BlockMap,
    arrange: ClusterArrangement
  ) async throws -> (fits: [Fit], trials: [ClusterTrial])

  /// Fits a number of clusters on all samples.
  ///
  /// - Parameter keeper: takes the labels of all blocks; nil where they are not needed.
  func fit(
    _ clusters: Int, source: SampleSource, keeper: LabelStore?, context: RunContext, arrange: ClusterArrangement
  ) async throws -> Fit

  /// A fit on a balanced sample with what only evenly spread samples can show, such as shares.
  func settled(_ fit: Fit, even: SampleBlock, source: SampleSource, map: some BlockMap) async throws -> Fit
}

extension ClusteringAlgorithm {
  var sampleLimit: Int { 200_000 }
  var needsExactStatistics: Bool { false }
  var leastPosterior: Double { 0 }
  func settled(_ fit: Fit, even: SampleBlock, source: SampleSource, map: some BlockMap) async throws -> Fit { fit }
}

/// Fitted clusters in the order of the step's numbers.
protocol ClusteringFit: Sendable {
  /// What is known of each cluster, in physical units.
  var clusters: [ClusterSummary] { get set }
  /// Samples that took part, and those left out.
  var validCount: Int { get }
  var skipped: Int { get }
  /// Samples of each cluster over all that were labelled; nil where the fit does not count them.
  var counts: [Int]? { get }

  /// Tells figures of the fit, and warns where it is not whole.
  func tell(_ context: RunContext)
  /// The cluster of each sample of a block, 255 for those left out.
  func labelling(_ source: SampleSource) throws -> @Sendable (SampleBlock) -> [UInt8]
  /// The cluster of each sample of an image's block and the code of its most probable class, 255 for those left out;
  /// nil where that is always its cluster's.
  func classifying(_ source: SampleSource, codes: [Int], division: ClusterDivision?) throws -> BlockClassifier?
  /// `posterior[cluster][row]` of a table; nil for algorithms without.
  func posterior(_ source: SampleSource, context: RunContext) async throws -> [[Float]]?
  /// The fit as a model that travels.
  func model(features: [ModelFeature], order: String, source: Acquisition?) -> FittedModel
}

extension ClusteringFit {
  var counts: [Int]? { nil }
  func classifying(_ source: SampleSource, codes: [Int], division: ClusterDivision?) throws -> BlockClassifier? { nil }
  func posterior(_ source: SampleSource, context: RunContext) async throws -> [[Float]]? { nil }
}

/// What a kernel found.
protocol KernelResult: Sendable {
  /// What is known of each cluster, in physical units.
  var clusters: [ClusterSummary] { get set }
  /// Samples that took part, and those left out.
  var validCount: Int { get }
  var skipped: Int { get }
}

/// A fit that keeps what its kernel found.
protocol KernelFit: ClusteringFit {
  associatedtype Found: KernelResult
  var result: Found { get set }
}

extension KernelFit {
  var clusters: [ClusterSummary] {
    get { result.clusters }
    set { result.clusters = newValue }
  }
  var validCount: Int { result.validCount }
  var skipped: Int { result.skipped }
}
