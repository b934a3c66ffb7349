/// Counts and sums of a pass, chunk by chunk, by cluster; labels from `clusters` on count for nothing.
struct ClusterAccumulator {
  private let clusters, features: Int
  private let isWhole: Bool
  private var counts: [Int]
  private var sums: [Double]
  private var inertia = 0.0

  init(clusters: Int, features: Int, isWhole: Bool) {
    self.clusters = clusters
    self.features = features
    self.isWhole = isWhole
    // Two rows more take what is skipped and what is put aside, so that the loop has no branch.
    counts = [Int](repeating: 0, count: clusters + 2)
    sums = [Double](repeating: 0, count: (clusters + 2) * features)
  }

  /// Adds a chunk.
  @inline(__always)
  mutating func add(
    _ buffer: borrowing ChunkBuffer, _ samples: Int, _ vectors: Int, _ labels: UnsafeMutablePointer<Int32>,
    _ inertia: Double
  ) {
    self.inertia += inertia
    count(samples, vectors, labels)
    if clusters <= LaneSums.maskedClusters && isWhole {
      addMasked(buffer, vectors, labels)
    } else {
      addSums(buffer, samples, labels)
    }
  }

  /// Counts a chunk.
  @inline(__always)
  mutating func count(_ samples: Int, _ vectors: Int, _ labels: UnsafeMutablePointer<Int32>) {
    if clusters <= LaneSums.maskedClusters { return countMasked(vectors, labels) }
    counts.withUnsafeMutableBufferPointer { c in for i in 0..<samples { c[Int(labels[i])] += 1 } }
  }

  /// Adds the numbers of a chunk in double precision, one by one.
  @inline(__always)
  mutating func addSums(_ buffer: borrowing ChunkBuffer, _ samples: Int, _ labels: UnsafeMutablePointer<Int32>) {
    let d = features
    let planes = buffer.planes
    sums.withUnsafeMutableBufferPointer { s in
      for i in 0..<samples {
        let at = Int(labels[i]) * d
        for f in 0..<d { s[at + f] += Double(planes[f * ChunkBuffer.capacity + i]) }
      }
    }
  }

  /// The sums that follow from deviations about whole numbers, exactly.
  mutating func take(_ spread: ScatterAccumulator, about origins: [Double]) {
    for j in 0..<clusters {
      for f in 0..<features {
        sums[j * features + f] += spread.sums[j * features + f] + Double(counts[j]) * origins[j * features + f]
      }
    }
  }

  private mutating func countMasked(_ vectors: Int, _ labels: UnsafeMutablePointer<Int32>) {
    for j in 0..<clusters {
      let wanted = SIMD8<Int32>(repeating: Int32(j))
      var found = SIMD8<Int32>.zero
      for i in 0..<vectors {
        let mask = UnsafeRawPointer(labels + i * 8).load(as: SIMD8<Int32>.self) .== wanted
        found = found &+ SIMD8<Int32>.zero.replacing(with: 1, where: mask)
      }
      counts[j] += Int(found.wrappedSum())
    }
  }

  /// The sums of a block of `samples`.
  func partial(samples: Int, squaredUnit: Double) -> KMeansAccumulator {
    var partial = KMeansAccumulator(clusters: clusters, features: features)
    partial.counts = Array(counts[..<clusters])
    partial.sums = Array(sums[..<(clusters * features)])
    partial.inertia = inertia * squaredUnit
    partial.skipped = samples - partial.counts.reduce(0, +)
    return partial
  }

  /// Exact for whole numbers: a lane of a chunk sums at most 256 of them.
  private mutating func addMasked(
    _ buffer: borrowing ChunkBuffer, _ vectors: Int, _ labels: UnsafeMutablePointer<Int32>
  ) {
    for j in 0..<clusters {
      let wanted = SIMD8<Int32>(repeating: Int32(j))
      for f in 0..<features {
        let plane = buffer.planes + f * ChunkBuffer.capacity
        var sum = SIMD8<Float>.zero
        for i in 0..<vectors {
          let mask = UnsafeRawPointer(labels + i * 8).load(as: SIMD8<Int32>.self) .== wanted
          sum += SIMD8<Float>.zero.replacing(with: lanes(plane, i), where: mask)
        }
        sums[j * features + f] += total(sum)
      }
    }
  }
}
