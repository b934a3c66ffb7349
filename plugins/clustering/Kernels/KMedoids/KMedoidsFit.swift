import FloeNumerics

/// How k-medoids runs.
public struct KMedoidsOptions: Sendable {
  public var clusters: Int
  /// Samples drawn one after the other; the medoids that are best on all evaluated samples are kept.
  public var draws = 5
  /// Samples of a draw, on which the medoids are sought.
  public var drawSize = 1000
  /// Swaps at most on a draw.
  public var maxSwaps = 1000
  public var standardise = false
  public var seed: UInt64 = 0
  /// Valid samples on which the draws are compared; all when there are no more.
  public var sampleLimit = 200_000
  /// The space that distances are measured in; nil for that of the samples.
  public var space: FeatureSpace?

  /// Options for a number of clusters.
  public init(clusters: Int) { self.clusters = clusters }
}

/// Fitted medoids, in the order of the step.
public struct KMedoidsResult: Sendable {
  /// The space in which distances were measured.
  public let space: FeatureSpace
  /// Samples of each cluster over all valid samples.
  public let counts: [Int]
  /// What is known of each cluster; `mean` is its medoid.
  public var clusters: [ClusterSummary]
  /// Sum of squared distances to the nearest medoid over all valid samples, in the feature space.
  public let inertia: Double
  /// The mean distance to the nearest medoid over the evaluated samples, in the feature space: what is minimised.
  public let meanDistance: Double
  /// Swaps on the draw that was kept, and whether no further swap would have lowered its sum of distances.
  public let swaps: Int
  public let isConverged: Bool
  public let validCount, skipped: Int
}

/// K-medoids by CLARA: PAM on samples, the best on many (Kaufman and Rousseeuw 1990, chapters 2 and 3).
///
/// A medoid is the sample of a cluster with the smallest sum of Euclidean distances to the others. Each draw holds the
/// best medoids so far; PAM's BUILD and SWAP phases run on it, the latter as FastPAM1 (Schubert and Rousseeuw 2019,
/// SISAP, algorithm 2), which takes the same swaps as PAM and looks at all of a step's in one pass. Ties go to the
/// earlier sample. Draws follow from the seed; sums run in the order of samples.
public struct KMedoidsFit: Sendable {
  /// What was asked for.
  public let options: KMedoidsOptions
  /// A fit with options.
  public init(_ options: KMedoidsOptions) { self.options = options }

  /// Fits and labels all samples.
  ///
  /// - Parameters:
  ///   - arrange: how clusters are numbered, from their medoids: new cluster `i` is `arrange(medoids)[i]`.
  ///   - keeper: takes the labels of all blocks.
  public func run(
    _ reader: some SampleReader, map: some BlockMap,
    arrange: (_ medoids: [[Double]]) throws -> [Int] = { Array($0.indices) }, keeper: (any LabelKeeper)? = nil
  ) async throws -> KMedoidsResult {
    let survey = try await SamplingPass.take(
      reader, wanted: options.sampleLimit, least: options.sampleLimit, exactly: options.standardise, map: map)
    let statistics = survey.census
    let sample = survey.sample(options.sampleLimit)
    try await statistics.requireDistinct(options.clusters, in: reader, sample: sample, map: map)
    let space = options.space ?? statistics.space(standardise: options.standardise)
    let points = WorkingPoints(sample, space: space, layout: reader.layout)
    var best: (medoids: [Int], cost: Double, swaps: Int, isConverged: Bool)?
    for draw in 0..<options.draws {
      var generator = SeededGenerator(seed: options.seed, stream: UInt64(draw))
      let places = Self.draw(
        options.drawSize, of: points.count, including: best?.medoids ?? [], using: &generator)
      let found = PAM(points, places: places).medoids(options.clusters, maxSwaps: options.maxSwaps)
      let cost = try await points.cost(found.medoids, map)
      if best.map({ cost < $0.cost }) ?? true { best = (found.medoids, cost, found.swaps, found.isConverged) }
      if places.count == points.count { break }
    }
    guard let best else { throw ClusteringError.badParameter("draws is \(options.draws); at least 1 is needed") }
    var lloydOptions = KMeansOptions(clusters: options.clusters)
    lloydOptions.standardise = options.standardise
    let lloyd = Lloyd(
      space: space, layout: reader.layout, whole: statistics.isWhole, options: lloydOptions, census: statistics)
    let centres = best.medoids.map { lloyd.physical(sample.stored($0)) }
    let order = try arrange(centres)
    // Labels, counts and spreads are those of the nearest centre, whatever the centres are.
    let pass = try await BoundedLloydPass(lloyd, from: centres, sample: sample, share: 0, reader, map, keeper: keeper)
    let (total, clusters) = try await pass.finish(centres, order: order, map, keeper: keeper)
    return KMedoidsResult(
      space: space, counts: order.map { total.counts[$0] }, clusters: clusters, inertia: total.inertia,
      meanDistance: best.cost / Double(max(1, points.count)), swaps: best.swaps, isConverged: best.isConverged,
      validCount: statistics.validCount, skipped: statistics.skipped)
  }

  /// Different places below `count` in rising order, those given among them.
  private static func draw(
    _ wanted: Int, of count: Int, including given: [Int], using generator: inout SeededGenerator
  ) -> [Int] {
    if wanted >= count { return Array(0..<count) }
    var chosen = Set(given)
    while chosen.count < wanted { chosen.insert(generator.index(below: count)) }
    return chosen.sorted()
  }
}

/// Samples in the feature space, relative to its mean: `values[sample * features + feature]`.
struct WorkingPoints: Sendable {
  let count, featureCount: Int
  private let values: [Double]

  init(_ sample: SampleBlock, space: FeatureSpace, layout: [FeatureLayout]) {
    count = sample.count
    featureCount = layout.count
    var all: [Double] = []
    all.reserveCapacity(count * featureCount)
    for i in 0..<sample.count {
      let stored = sample.stored(i)
      for f in layout.indices {
        all.append((stored[f] * layout[f].scale + layout[f].offset - space.mean[f]) / space.spread[f])
      }
    }
    values = all
  }

  /// The Euclidean distance of two samples.
  func distance(_ a: Int, _ b: Int) -> Double {
    var sum = 0.0
    for f in 0..<featureCount {
      let difference = values[a * featureCount + f] - values[b * featureCount + f]
      sum += difference * difference
    }
    return sum.squareRoot()
  }

  /// The sum of the distances to the nearest medoid, over fixed blocks that merge in order.
  func cost(_ medoids: [Int], _ map: some BlockMap) async throws -> Double {
    let size = 4096
    let parts = try await map.map((count + size - 1) / size) { b in
      (b * size..<min(count, (b + 1) * size)).reduce(0.0) { sum, i in
        sum + medoids.reduce(Double.infinity) { min($0, distance(i, $1)) }
      }
    }
    return parts.reduce(0, +)
  }
}

/// Partitioning around medoids on some samples, over the table of all their distances.
struct PAM {
  /// Places of the samples among all.
  private let places: [Int]
  /// `distances[a * count + b]`.
  private let distances: [Double]
  private var count: Int { places.count }

  init(_ points: WorkingPoints, places: [Int]) {
    self.places = places
    let n = places.count
    var table = [Double](repeating: 0, count: n * n)
    for a in 0..<n {
      for b in 0..<a {
        let d = points.distance(places[a], places[b])
        table[a * n + b] = d
        table[b * n + a] = d
      }
    }
    distances = table
  }

  /// The medoids as places among all samples, the swaps that were made, and whether none was left to make.
  func medoids(_ clusters: Int, maxSwaps: Int) -> (medoids: [Int], swaps: Int, isConverged: Bool) {
    var chosen = build(clusters)
    var swaps = 0
    while swaps < maxSwaps, chosen.count > 1 {
      guard let (cluster, candidate) = bestSwap(chosen) else { return (chosen.map { places[$0] }, swaps, true) }
      chosen[cluster] = candidate
      swaps += 1
    }
    return (chosen.map { places[$0] }, swaps, chosen.count == 1)
  }

  /// BUILD: the sample nearest to all, then each time the one that lowers the sum of distances most.
  private func build(_ clusters: Int) -> [Int] {
    let n = count
    var nearest = [Double](repeating: .infinity, count: n)
    var chosen: [Int] = []
    for _ in 0..<clusters {
      var best = -1
      var bestSum = Double.infinity
      for candidate in 0..<n where !chosen.contains(candidate) {
        var sum = 0.0
        for i in 0..<n { sum += min(nearest[i], distances[candidate * n + i]) }
        if sum < bestSum {
          bestSum = sum
          best = candidate
        }
      }
      if best < 0 { break }
      chosen.append(best)
      for i in 0..<n { nearest[i] = min(nearest[i], distances[best * n + i]) }
    }
    return chosen
  }

  /// SWAP: which medoid to replace by which sample, so that the sum of distances falls most; nil where none falls.
  private func bestSwap(_ medoids: [Int]) -> (cluster: Int, candidate: Int)? {
    let n = count
    let k = medoids.count
    var first = [Double](repeating: .infinity, count: n)
    var second = first
    var owner = [Int](repeating: 0, count: n)
    for (j, medoid) in medoids.enumerated() {
      for i in 0..<n {
        let d = distances[medoid * n + i]
        if d < first[i] {
          second[i] = first[i]
          first[i] = d
          owner[i] = j
        } else if d < second[i] {
          second[i] = d
        }
      }
    }
    // What leaving each medoid out would cost.
    var removal = [Double](repeating: 0, count: k)
    for i in 0..<n { removal[owner[i]] += second[i] - first[i] }
    let total = first.reduce(0, +)
    // Where every sample lies on a medoid, rounding alone could seem a gain, again and again.
    guard total > 0 else { return nil }
    var best: (cluster: Int, candidate: Int)?
    // Sums of so many numbers are good to about this.
    var bestChange = -total * 1e-12
    for candidate in 0..<n where !medoids.contains(candidate) {
      var change = removal
      var shared = 0.0
      for i in 0..<n {
        let d = distances[candidate * n + i]
        if d < first[i] {
          shared += d - first[i]
          change[owner[i]] += first[i] - second[i]
        } else if d < second[i] {
          change[owner[i]] += d - second[i]
        }
      }
      for j in 0..<k where change[j] + shared < bestChange {
        bestChange = change[j] + shared
        best = (j, candidate)
      }
    }
    return best
  }
}
