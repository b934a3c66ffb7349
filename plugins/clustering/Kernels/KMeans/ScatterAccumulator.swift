/// Deviations from the centres that a last pass adds up, merged in block order.
struct ScatterAccumulator: Sendable {
  var squares: [Double]
  var brightness, brightnessSquares: [Double]
  var sums: [Double]

  init(clusters: Int, features: Int) {
    squares = [Double](repeating: 0, count: clusters * features)
    sums = squares
    brightness = [Double](repeating: 0, count: clusters)
    brightnessSquares = brightness
  }

  mutating func merge(_ other: ScatterAccumulator) {
    for i in squares.indices {
      squares[i] += other.squares[i]
      sums[i] += other.sums[i]
    }
    for i in brightness.indices {
      brightness[i] += other.brightness[i]
      brightnessSquares[i] += other.brightnessSquares[i]
    }
  }
}

extension ScatterAccumulator {
  /// Adds a chunk's deviations from the centres, stored units about the reference: `centres[cluster * features +
  /// feature]`.
  @inline(__always)
  mutating func add(
    _ buffer: borrowing ChunkBuffer, _ samples: Int, _ vectors: Int, _ labels: UnsafeMutablePointer<Int32>,
    centres: [Double], share: [Double]
  ) {
    if brightness.count > LaneSums.maskedClusters {
      return addOneByOne(buffer, samples, labels, centres: centres, share: share)
    }
    switch share.count {
    case 1: addMasked(Width1.self, buffer, vectors, labels, centres, share)
    case 2: addMasked(Width2.self, buffer, vectors, labels, centres, share)
    case 3: addMasked(Width3.self, buffer, vectors, labels, centres, share)
    case 4: addMasked(Width4.self, buffer, vectors, labels, centres, share)
    default: addOneByOne(buffer, samples, labels, centres: centres, share: share)
    }
  }

  /// Cluster by cluster under masks, up to four features in one loop.
  private mutating func addMasked<W: FeatureWidth>(
    _: W.Type, _ buffer: borrowing ChunkBuffer, _ vectors: Int, _ labels: UnsafeMutablePointer<Int32>,
    _ centres: [Double], _ share: [Double]
  ) {
    let d = W.count
    let n = vectors * 2
    let planes = UnsafeRawPointer(buffer.planes)
    let plane = ChunkBuffer.capacity * 4
    // A lane sums at most 256 whole numbers below 2^16, which is exact.
    let run = 256
    for j in 0..<brightness.count {
      let wanted = SIMD4<Int32>(repeating: Int32(truncatingIfNeeded: j))
      func centre(_ f: Int) -> SIMD4<Float> { SIMD4(repeating: f < d ? Float(centres[j * d + f]) : 0) }
      func weight(_ f: Int) -> SIMD4<Float> { SIMD4(repeating: f < d ? Float(share[f]) : 0) }
      let c0 = centre(0)
      let c1 = centre(1)
      let c2 = centre(2)
      let c3 = centre(3)
      let w0 = weight(0)
      let w1 = weight(1)
      let w2 = weight(2)
      let w3 = weight(3)
      for start in stride(from: 0, to: n, by: run) {
        var s0 = SIMD4<Float>.zero
        var s1 = s0
        var s2 = s0
        var s3 = s0
        var q0 = s0
        var q1 = s0
        var q2 = s0
        var q3 = s0
        var bright = s0
        for i in start..<min(n, start + run) {
          let mask = UnsafeRawPointer(labels).load(fromByteOffset: i &* 16, as: SIMD4<Int32>.self) .== wanted
          @inline(__always) func deviation(_ f: Int, _ c: SIMD4<Float>) -> SIMD4<Float> {
            SIMD4<Float>.zero.replacing(
              with: planes.load(fromByteOffset: f &* plane &+ i &* 16, as: SIMD4<Float>.self) - c, where: mask)
          }
          let x0 = deviation(0, c0)
          s0 += x0
          q0 += x0 * x0
          var b = x0 * w0
          if d > 1 {
            let x = deviation(1, c1)
            s1 += x
            q1 += x * x
            b += x * w1
          }
          if d > 2 {
            let x = deviation(2, c2)
            s2 += x
            q2 += x * x
            b += x * w2
          }
          if d > 3 {
            let x = deviation(3, c3)
            s3 += x
            q3 += x * x
            b += x * w3
          }
          bright += b * b
        }
        for (f, (s, q)) in [(s0, q0), (s1, q1), (s2, q2), (s3, q3)].prefix(d).enumerated() {
          sums[j * d + f] += total(s)
          squares[j * d + f] += total(q)
          brightness[j] += total(s) * share[f]
        }
        brightnessSquares[j] += total(bright)
      }
    }
  }

  private mutating func addOneByOne(
    _ buffer: borrowing ChunkBuffer, _ samples: Int, _ labels: UnsafeMutablePointer<Int32>, centres: [Double],
    share: [Double]
  ) {
    let k = brightness.count
    let d = share.count
    let planes = buffer.planes
    sums.withUnsafeMutableBufferPointer { sums in
      squares.withUnsafeMutableBufferPointer { squares in
        for i in 0..<samples where labels[i] < k {
          let label = Int(labels[i])
          var bright = 0.0
          for f in 0..<d {
            let deviation = Double(planes[f * ChunkBuffer.capacity + i]) - centres[label * d + f]
            sums[label * d + f] += deviation
            squares[label * d + f] += deviation * deviation
            bright += deviation * share[f]
          }
          brightness[label] += bright
          brightnessSquares[label] += bright * bright
        }
      }
    }
  }

  /// The same spread about other centres, for the clusters' counts.
  func moved(from a: [Double], to b: [Double], counts: [Int], share: [Double]) -> ScatterAccumulator {
    var copy = self
    let d = share.count
    for j in counts.indices {
      let n = Double(counts[j])
      var bright = 0.0
      for f in 0..<d {
        let at = j * d + f
        let way = b[at] - a[at]
        copy.squares[at] += way * (n * way - 2 * sums[at])
        copy.sums[at] -= n * way
        bright += way * share[f]
      }
      copy.brightnessSquares[j] += bright * (n * bright - 2 * brightness[j])
      copy.brightness[j] -= n * bright
    }
    return copy
  }
}
