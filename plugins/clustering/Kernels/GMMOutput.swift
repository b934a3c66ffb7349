import FloeNumerics

/// What a mixture says of each sample of a block.
public struct GMMOutput: Sendable, Equatable {
  /// The most probable component, ties to the lower one; 255 for samples left out.
  public var labels: [UInt8]
  /// `probabilities[component][sample]`, 0 ... 1; NaN for samples left out.
  public var probabilities: [[Float]]
  /// The probability of the most probable component; NaN for samples left out.
  public var topProbability: [Float]
  /// -Σ p log p / log k: 0 is certain, 1 means all components equally probable; NaN for samples left out.
  public var entropy: [Float]

  /// Probabilities summed by class: `result[i][sample]` is the sum over components whose class is `codes[i]`.
  public func probabilities(classOf component: [Int], codes: [Int]) -> [[Float]] {
    codes.map { code in
      var sum = [Float](repeating: 0, count: labels.count)
      for j in component.indices where component[j] == code {
        for i in sum.indices { sum[i] += probabilities[j][i] }
      }
      for i in sum.indices { sum[i] = labels[i] == 255 ? .nan : min(1, sum[i]) }
      return sum
    }
  }
}

extension GMMKernel {
  /// Labels, probabilities, top probability and entropy of each sample.
  public func classify(_ block: SampleBlock) -> GMMOutput {
    let k = componentCount, n = block.count
    var labels = [UInt8](repeating: 255, count: n)
    var probabilities = [[Float]](repeating: [Float](repeating: .nan, count: n), count: k)
    var top = [Float](repeating: .nan, count: n), entropy = top
    let unit = k > 1 ? Float(1 / naturalLog(Double(k))) : 0
    forEachChunk(block) { buffer, r, start, samples, vectors, _ in
      let valid = buffer.valid
      for i in 0..<samples where valid[i] > 0 {
        var best: Float = -1, label = 0
        for j in 0..<k {
          let p = r[j * ChunkBuffer.capacity + i]
          if p > best {
            best = p
            label = j
          }
        }
        labels[start + i] = UInt8(truncatingIfNeeded: label)
        top[start + i] = best
      }
      for j in 0..<k {
        let plane = r + j * ChunkBuffer.capacity
        probabilities[j].withUnsafeMutableBufferPointer { out in
          for i in 0..<samples { out[start + i] = valid[i] > 0 ? plane[i] : .nan }
        }
      }
      for i in 0..<vectors {
        var sum = SIMD8<Float>.zero
        let tiny = SIMD8<Float>(repeating: 1e-30)
        for j in 0..<k {
          let p = lanes(r + j * ChunkBuffer.capacity, i)
          sum -= p * vectorLog(p.replacing(with: tiny, where: p .< tiny))
        }
        sum *= unit
        for lane in 0..<min(8, samples - i * 8) where valid[i * 8 + lane] > 0 {
          entropy[start + i * 8 + lane] = min(1, max(0, sum[lane]))
        }
      }
    }
    return GMMOutput(labels: labels, probabilities: probabilities, topProbability: top, entropy: entropy)
  }
}
