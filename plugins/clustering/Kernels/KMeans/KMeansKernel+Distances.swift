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

  /// What the last pass takes from a block: the step's figures, the spread within each cluster, and the labels, 255 for
  /// samples left out.
  func last(_ block: SampleBlock) -> (KMeansAccumulator, ScatterAccumulator, [UInt8]) {
    var sums = ClusterAccumulator(clusters: clusterCount, features: featureCount, isWhole: block.isWhole)
    var spread = ScatterAccumulator(clusters: clusterCount, features: featureCount)
    let centres = storedCentres
    let share = brightnessShares
    let labels = [UInt8](unsafeUninitializedCapacity: block.count) { out, count in
      count = block.count
      guard let base = out.baseAddress else { return }
      forEachChunk(block) { buffer, start, samples, vectors, labels, inertia in
        sums.add(buffer, samples, vectors, labels, inertia)
        spread.add(buffer, samples, vectors, labels, centres: centres, share: share)
        narrow(labels, samples, into: base + start)
      }
    }
    return (sums.partial(samples: block.count, squaredUnit: squaredUnit), spread, labels)
  }
}
