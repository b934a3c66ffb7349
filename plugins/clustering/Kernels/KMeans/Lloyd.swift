import FloeNumerics

/// Lloyd's steps in a feature space: pass, update with relocation of empty clusters, shift.
struct Lloyd: Sendable {
  let space: FeatureSpace
  let layout: [FeatureLayout]
  let whole: Bool
  let options: KMeansOptions
  let census: FeatureStatistics

  func kernel(_ centres: [[Double]]) -> KMeansKernel {
    KMeansKernel(centres: centres, space: space, layout: layout, whole: whole)
  }

  func physical(_ stored: [Double]) -> [Double] {
    stored.indices.map { stored[$0] * layout[$0].scale + layout[$0].offset }
  }

  /// One pass over all blocks.
  func pass(_ centres: [[Double]], _ reader: some SampleReader, _ map: some BlockMap) async throws -> KMeansAccumulator
  {
    let kernel = kernel(centres)
    let parts = try await map.map(reader.blockCount) { kernel.pass(try reader.read(block: $0)) }
    return parts.reduce(into: KMeansAccumulator(clusters: centres.count, features: layout.count)) { $0.merge($1) }
  }

  /// The margin within which about a share of the samples lies, and a usual distance from the nearest centre, in the
  /// kernel's space; a margin of 0 when rounding could matter there.
  func margin(_ centres: [[Double]], _ sample: SampleBlock, share: Double) -> (margin: Float, radius: Float) {
    guard share > 0, centres.count > 1 else { return (0, 1) }
    let (gaps, nearest) = kernel(centres).gaps(sample)
    let sorted = gaps.sorted()
    guard let last = sorted.last, last.isFinite else { return (0, 1) }
    let radius = max(nearest.sorted()[nearest.count / 2], last * 1e-3)
    let gap = sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
    // Distances are good to about a millionth.
    return gap > last * 1e-3 ? (gap, radius) : (0, 1)
  }

  /// The longest way that a centre went, in the feature space.
  func displacement(_ a: [[Double]], _ b: [[Double]]) -> Double {
    var longest = 0.0
    for j in a.indices {
      let x = space.working(a[j])
      let y = space.working(b[j])
      longest = max(longest, x.indices.reduce(0) { $0 + (x[$1] - y[$1]) * (x[$1] - y[$1]) })
    }
    return longest.squareRoot()
  }

  /// New centres after a pass over all blocks.
  func update(
    _ centres: [[Double]], _ total: KMeansAccumulator, _ reader: some SampleReader, _ map: some BlockMap
  ) async throws -> [[Double]] {
    let empty = total.counts.count { $0 == 0 }
    guard empty > 0 else { return means(centres, total, far: []) }
    let kernel = kernel(centres)
    let parts = try await map.map(reader.blockCount) { b in
      let block = try reader.read(block: b)
      return kernel.farthest(empty, block).map { ($0.distance, $0.label, block.stored($0.sample)) }
    }
    // Stable, so that equal distances keep the order of samples.
    let far = parts.flatMap { $0 }.sorted { $0.0 > $1.0 }.prefix(empty)
    return means(centres, total, far: far.map { (label: $0.1, stored: $0.2) })
  }

  /// Steps on one block until the centres rest: centres, inertia of the last pass, steps, whether they rest.
  func converge(
    _ start: [[Double]], _ block: SampleBlock, tolerance: Double, limit: Int
  ) -> ([[Double]], Double, Int, Bool) {
    var centres = start
    var inertia = Double.infinity
    for step in 1...max(1, limit) {
      let kernel = kernel(centres)
      let total = kernel.pass(block)
      inertia = total.inertia
      let empty = total.counts.count { $0 == 0 }
      let far =
        empty == 0 ? [] : kernel.farthest(empty, block).map { (label: $0.label, stored: block.stored($0.sample)) }
      let next = means(centres, total, far: far)
      let moved = shift(centres, next)
      centres = next
      if moved <= tolerance { return (centres, inertia, step, true) }
    }
    return (centres, inertia, max(1, limit), false)
  }

  /// Means of the clusters; empty ones take the samples farthest from their centres, as scikit-learn relocates.
  private func means(
    _ centres: [[Double]], _ total: KMeansAccumulator, far: [(label: Int, stored: [Double])]
  ) -> [[Double]] {
    let d = layout.count
    let reference = space.storedReference(layout, whole: whole)
    var sums = total.sums
    var counts = total.counts
    let empties = counts.indices.filter { counts[$0] == 0 }
    for (cluster, sample) in zip(empties, far) where counts[sample.label] > 1 {
      for f in 0..<d {
        let x = sample.stored[f] - reference[f]
        sums[sample.label * d + f] -= x
        sums[cluster * d + f] = x
      }
      counts[sample.label] -= 1
      counts[cluster] = 1
    }
    return centres.indices.map { j in
      guard counts[j] > 0 else { return centres[j] }
      return physical((0..<d).map { sums[j * d + $0] / Double(counts[j]) + reference[$0] })
    }
  }

  /// The squared shift of all centres as a share of the features' mean variance, as scikit-learn's tolerance.
  func shift(_ a: [[Double]], _ b: [[Double]]) -> Double {
    var sum = 0.0
    var variance = 0.0
    for f in layout.indices {
      let s = space.spread[f]
      variance += census.variance[f] / (s * s)
      for j in a.indices {
        let difference = (a[j][f] - b[j][f]) / s
        sum += difference * difference
      }
    }
    variance /= Double(layout.count)
    return variance > 0 ? sum / variance : 0
  }

  /// Sculley's (2010) mini-batch steps: each batch pulls its centres by 1 / (samples seen so far).
  func miniBatch(
    _ start: [[Double]], _ sample: SampleBlock, _ size: Int, _ generator: inout SeededGenerator
  ) -> ([[Double]], Int) {
    var centres = start
    var seen = [Double](repeating: 0, count: start.count)
    let n = sample.count
    let d = layout.count
    let batch = min(size, n)
    let steps = min(options.maxIterations, max(1, options.maxIterations * n / batch))
    var quiet = 0
    for step in 1...steps {
      let picks = (0..<batch).map { _ in generator.index(below: n) }
      let kernel = kernel(centres)
      let total = kernel.pass(sample.gathered(picks))
      var next = centres
      for j in centres.indices where total.counts[j] > 0 {
        seen[j] += Double(total.counts[j])
        let target = physical((0..<d).map { total.sums[j * d + $0] / Double(total.counts[j]) + kernel.reference[$0] })
        let rate = Double(total.counts[j]) / seen[j]
        for f in 0..<d { next[j][f] += (target[f] - next[j][f]) * rate }
      }
      quiet = shift(centres, next) <= max(options.tolerance, 1e-6) ? quiet + 1 : 0
      centres = next
      if quiet >= 10 { return (centres, step) }
    }
    return (centres, steps)
  }
}
