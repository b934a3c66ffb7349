/// Counts and sums of a pass, chunk by chunk, by cluster; labels from `clusters` on count for nothing.
struct ClusterSums {
  /// Up to so many clusters are added up one by one under masks, which has no scattered writes.
  static let masked = 6
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
    _ buffer: borrowing ChunkBuffer, _ samples: Int, _ vectors: Int, _ labels: UnsafeMutablePointer<Int32>, _ inertia: Double
  ) {
    self.inertia += inertia
    if clusters <= Self.masked && isWhole {
      addMasked(buffer, vectors, labels)
    } else {
      for i in 0..<samples {
        let label = Int(labels[i])
        counts[label] += 1
        for f in 0..<features { sums[label * features + f] += Double(buffer.planes[f * ChunkBuffer.capacity + i]) }
      }
    }
  }

  /// The sums of a block of `samples`.
  func partial(samples: Int, squaredUnit: Double) -> KMeansPartial {
    var partial = KMeansPartial(clusters: clusters, features: features)
    partial.counts = Array(counts[..<clusters])
    partial.sums = Array(sums[..<(clusters * features)])
    partial.inertia = inertia * squaredUnit
    partial.skipped = samples - partial.counts.reduce(0, +)
    return partial
  }

  /// Exact for whole numbers: a lane of a chunk sums at most 256 of them.
  private mutating func addMasked(_ buffer: borrowing ChunkBuffer, _ vectors: Int, _ labels: UnsafeMutablePointer<Int32>) {
    for j in 0..<clusters {
      let wanted = SIMD8<Int32>(repeating: Int32(j))
      var found = SIMD8<Int32>.zero
      for i in 0..<vectors {
        let mask = UnsafeRawPointer(labels + i * 8).load(as: SIMD8<Int32>.self) .== wanted
        found = found &+ SIMD8<Int32>.zero.replacing(with: 1, where: mask)
      }
      counts[j] += Int(found.wrappedSum())
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

/// The sum of eight lanes in double precision.
@inline(__always)
func total(_ sum: SIMD8<Float>) -> Double {
  var result = 0.0
  for lane in 0..<8 { result += Double(sum[lane]) }
  return result
}

extension SpreadPartial {
  /// Adds a chunk's deviations from the centres, stored units about the reference: `centres[cluster * features + feature]`.
  @inline(__always)
  mutating func add(
    _ buffer: borrowing ChunkBuffer, _ samples: Int, _ vectors: Int, _ labels: UnsafeMutablePointer<Int32>,
    centres: [Double], share: [Double]
  ) {
    let k = brightness.count, d = share.count
    if k > ClusterSums.masked { return addOneByOne(buffer, samples, labels, centres: centres, share: share) }
    for j in 0..<k {
      let wanted = SIMD8<Int32>(repeating: Int32(j))
      for f in 0...d {
        var sum = SIMD8<Float>.zero, square = sum
        for i in 0..<vectors {
          let mask = UnsafeRawPointer(labels + i * 8).load(as: SIMD8<Int32>.self) .== wanted
          var deviation = SIMD8<Float>.zero
          if f < d {
            deviation = lanes(buffer.planes + f * ChunkBuffer.capacity, i) - Float(centres[j * d + f])
          } else {
            for g in 0..<d {
              deviation += (lanes(buffer.planes + g * ChunkBuffer.capacity, i) - Float(centres[j * d + g])) * Float(share[g])
            }
          }
          deviation = SIMD8<Float>.zero.replacing(with: deviation, where: mask)
          sum += deviation
          square += deviation * deviation
        }
        if f < d {
          sums[j * d + f] += total(sum)
          squares[j * d + f] += total(square)
        } else {
          brightness[j] += total(sum)
          brightnessSquares[j] += total(square)
        }
      }
    }
  }

  private mutating func addOneByOne(
    _ buffer: borrowing ChunkBuffer, _ samples: Int, _ labels: UnsafeMutablePointer<Int32>, centres: [Double], share: [Double]
  ) {
    let k = brightness.count, d = share.count
    for i in 0..<samples where labels[i] < k {
      let label = Int(labels[i])
      var bright = 0.0
      for f in 0..<d {
        let deviation = Double(buffer.planes[f * ChunkBuffer.capacity + i]) - centres[label * d + f]
        sums[label * d + f] += deviation
        squares[label * d + f] += deviation * deviation
        bright += deviation * share[f]
      }
      brightness[label] += bright
      brightnessSquares[label] += bright * bright
    }
  }
}
