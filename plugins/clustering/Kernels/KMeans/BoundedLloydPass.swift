/// A pass over all blocks from fixed centres: all that is decided while no centre moves farther than `reach`, and the
/// rest.
struct BoundedLloydPass: Sendable {
  /// The centres from which it went, in physical units.
  let origin: [[Double]]
  /// How far centres may move, in the feature space.
  let reach: Double
  let settled: KMeansAccumulator
  /// The samples that may change their cluster.
  let border: MemoryReader
  private let spread: ScatterAccumulator
  private let places: [[UInt32]]
  private let kernel: KMeansKernel
  private let lloyd: Lloyd

  /// Reads every block once; `keeper` takes provisional labels.
  init(
    _ lloyd: Lloyd, from centres: [[Double]], sample: SampleBlock, share: Double, _ reader: some SampleReader,
    _ map: some BlockMap,
    keeper: (any LabelKeeper)?
  ) async throws {
    let kernel = lloyd.kernel(centres)
    let (margin, radius) = lloyd.margin(centres, sample, share: share)
    let parts = try await map.map(reader.blockCount) { b -> BoundedBlock in
      var part = kernel.settle(try reader.read(block: b), margin: margin, radius: radius)
      try keeper?.keep(block: b, part.labels)
      part.labels = []
      return part
    }
    var settled = KMeansAccumulator(clusters: centres.count, features: lloyd.layout.count)
    var spread = ScatterAccumulator(clusters: centres.count, features: lloyd.layout.count)
    for part in parts {
      settled.merge(part.settled)
      spread.merge(part.spread)
    }
    self.lloyd = lloyd
    self.kernel = kernel
    self.settled = settled
    self.spread = spread
    origin = centres
    // A little less than half of the margin, so that rounding cannot matter.
    reach = 0.49 * Double(margin) * kernel.squaredUnit.squareRoot()
    border = MemoryReader(layout: lloyd.layout, blocks: parts.map(\.border))
    places = parts.map(\.places)
  }

  /// Whether what was decided still holds for these centres.
  func holds(for centres: [[Double]]) -> Bool {
    let way = lloyd.displacement(origin, centres)
    return way == 0 || way < reach
  }

  /// A Lloyd step's figures.
  func step(_ centres: [[Double]], _ map: some BlockMap) async throws -> KMeansAccumulator {
    var total = settled
    total.merge(try await lloyd.pass(centres, border, map))
    return total
  }

  /// Counts, inertia and spread for centres for which the pass holds; the keeper gets the last word on labels.
  ///
  /// - Parameter order: new cluster `i` is `order[i]` of `centres`.
  func finish(
    _ centres: [[Double]], order: [Int], _ map: some BlockMap, keeper: (any LabelKeeper)?
  ) async throws -> (KMeansAccumulator, [ClusterSummary]) {
    let last = lloyd.kernel(centres)
    let k = centres.count
    let d = lloyd.layout.count
    var numbers = [UInt8](repeating: 255, count: 256)
    for (i, old) in order.enumerated() { numbers[old] = UInt8(i) }
    let new = numbers
    let recoded = order == Array(0..<k) ? nil : new
    let parts = try await map.map(border.blockCount) { b -> (KMeansAccumulator, ScatterAccumulator) in
      let (part, spread, labels) = last.last(try border.read(block: b))
      if recoded != nil || !places[b].isEmpty {
        try keeper?.amend(block: b, recoded: recoded, places: places[b], labels: labels.map { new[Int($0)] })
      }
      return (part, spread)
    }
    let moved = spread.moved(
      from: kernel.spreadOrigins(whole: lloyd.whole), to: last.storedCentres, counts: settled.counts,
      share: last.brightnessShares)
    var total = settled
    var all = moved
    for (part, spread) in parts {
      total.merge(part)
      all.merge(spread)
    }
    total.inertia = last.inertia(all)
    let clusters = order.map { j -> ClusterSummary in
      let n = Double(max(1, total.counts[j]))
      func variance(_ squares: Double, _ sum: Double) -> Double { max(0, squares / n - (sum / n) * (sum / n)) }
      return ClusterSummary(
        mean: centres[j],
        variance: (0..<d).map { f in
          let s = lloyd.layout[f].scale
          return variance(all.squares[j * d + f], all.sums[j * d + f]) * s * s
        },
        brightnessVariance: variance(all.brightnessSquares[j], all.brightness[j]),
        count: Double(total.counts[j]))
    }
    return (total, clusters)
  }
}

extension KMeansKernel {
  /// The inertia of samples with this spread about the centres.
  func inertia(_ spread: ScatterAccumulator) -> Double {
    var sum = 0.0
    for j in 0..<clusterCount {
      for f in 0..<featureCount {
        sum += spread.squares[j * featureCount + f] * Double(weights[f]) * Double(weights[f])
      }
    }
    return sum * squaredUnit
  }
}
