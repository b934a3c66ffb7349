extension KMeansKernel {
  /// A sample far from its centre.
  struct FarSample: Sendable {
    let distance: Float
    let label: Int
    let sample: Int
  }

  /// The samples farthest from their centres, farthest first; equal ones in the order of samples.
  func farthest(_ wanted: Int, _ block: SampleBlock) -> [FarSample] {
    var found: [FarSample] = []
    forEachChunk(block) { buffer, start, samples, _, labels, _ in
      for i in 0..<samples where labels[i] != Int32(clusterCount) {
        let distance = squaredDistance(buffer, i, Int(labels[i]))
        if found.count == wanted, let last = found.last, distance <= last.distance { continue }
        let at = found.firstIndex { $0.distance < distance } ?? found.count
        found.insert(FarSample(distance: distance, label: Int(labels[i]), sample: start + i), at: at)
        if found.count > wanted { found.removeLast() }
      }
    }
    return found
  }

  /// Deviations from the centres, their squares, and those of the mean over features, by cluster.
  func spread(_ block: SampleBlock) -> SpreadPartial {
    let k = clusterCount, d = featureCount
    // One row more takes what is skipped.
    var sum = SpreadPartial(clusters: k + 1, features: d)
    let centres = storedCentres, share = brightnessShares
    forEachChunk(block) { buffer, _, samples, _, labels, _ in
      for i in 0..<samples {
        let label = Int(labels[i])
        var brightness = 0.0
        for f in 0..<d {
          let deviation = Double(buffer.planes[f * ChunkBuffer.capacity + i]) - centres[label * d + f]
          sum.sums[label * d + f] += deviation
          sum.squares[label * d + f] += deviation * deviation
          brightness += deviation * share[f]
        }
        sum.brightness[label] += brightness
        sum.brightnessSquares[label] += brightness * brightness
      }
    }
    var result = SpreadPartial(clusters: k, features: d)
    for i in result.sums.indices {
      result.sums[i] = sum.sums[i]
      result.squares[i] = sum.squares[i]
    }
    for j in 0..<k {
      result.brightness[j] = sum.brightness[j]
      result.brightnessSquares[j] = sum.brightnessSquares[j]
    }
    return result
  }
}
