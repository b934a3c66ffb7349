import FloeNumerics

/// Greedy k-means++ (Arthur and Vassilvitskii 2007, with 2 + ln k trials a centre as in scikit-learn).
struct KMeansSeeding {
  /// `points[feature * count + sample]` in the feature space times a constant, relative to the mean.
  private let points: [Float]
  private let count: Int
  private let featureCount: Int

  /// Seeding over valid samples only.
  init(_ sample: SampleBlock, space: FeatureSpace, layout: [FeatureLayout]) {
    count = sample.count
    featureCount = layout.count
    var planes = [Float](repeating: 0, count: sample.count * layout.count)
    for f in layout.indices {
      let l = layout[f]
      let mean = space.mean[f]
      let spread = space.spread[f]
      let n = sample.count
      func fill<T: PixelNumber>(_ v: [T]) {
        for i in 0..<n { planes[f * n + i] = Float((v[f * n + i].double * l.scale + l.offset - mean) / spread) }
      }
      switch sample.values {
      case .uint16(let v): fill(v)
      case .float(let v): fill(v)
      }
    }
    points = planes
  }

  /// The samples that become the first centres, in the order of choice.
  func choose(_ clusters: Int, using generator: inout SeededGenerator) -> [Int] {
    let trials = 2 + Int(naturalLog(Double(clusters)))
    var chosen = [generator.index(below: count)]
    var nearest = [Float](repeating: .infinity, count: count)
    var potential = lower(&nearest, to: chosen[0])
    var trial = nearest
    var best = nearest
    while chosen.count < clusters {
      var bestPotential = Double.infinity
      var bestSample = 0
      let targets = (0..<trials).map { _ in generator.uniform() * potential }
      for candidate in candidates(targets, nearest) {
        trial = nearest
        let p = lower(&trial, to: candidate)
        if p < bestPotential {
          bestPotential = p
          bestSample = candidate
          swap(&trial, &best)
        }
      }
      swap(&nearest, &best)
      potential = bestPotential
      chosen.append(bestSample)
    }
    return chosen
  }

  /// The first sample at which the running sum of squared distances reaches each target.
  private func candidates(_ targets: [Double], _ nearest: [Float]) -> [Int] {
    let order = targets.indices.sorted { targets[$0] < targets[$1] }
    var result = [Int](repeating: count - 1, count: targets.count)
    var sum = 0.0
    var next = 0
    for i in 0..<count where next < order.count {
      sum += Double(nearest[i])
      while next < order.count, sum >= targets[order[next]] {
        result[order[next]] = i
        next += 1
      }
    }
    return result
  }

  /// Lowers squared distances to those from a sample where they are smaller; returns their sum.
  private func lower(_ nearest: inout [Float], to sample: Int) -> Double {
    let n = count
    let d = featureCount
    return points.withUnsafeBufferPointer { p in
      nearest.withUnsafeMutableBufferPointer { out in
        var sum = 0.0
        var squares = [Float](repeating: 0, count: 512)
        squares.withUnsafeMutableBufferPointer { square in
          for start in stride(from: 0, to: n, by: 512) {
            let m = min(512, n - start)
            for i in 0..<m { square[i] = 0 }
            for f in 0..<d {
              let c = p[f * n + sample]
              let base = f * n + start
              for i in 0..<m {
                let difference = p[base + i] - c
                square[i] += difference * difference
              }
            }
            var part: Float = 0
            for i in 0..<m {
              let v = min(square[i], out[start + i])
              out[start + i] = v
              part += v
            }
            sum += Double(part)
          }
        }
        return sum
      }
    }
  }
}
