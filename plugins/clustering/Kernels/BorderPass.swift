/// A pass that puts aside the samples near a border between clusters.
///
/// A sample whose second nearest centre is farther than its nearest by more than `margin` keeps its cluster while no centre moves by
/// half of the margin: two triangle inequalities. Lloyd's steps after such a pass need to look at the others only, and go exactly
/// where steps over all samples would.
extension KMeansKernel {
  /// The step's figures of the settled samples, and the others in the order of samples.
  ///
  /// - Parameter margin: a difference of distances in the kernel's space.
  func borderPass(_ block: SampleBlock, margin: Float) -> (settled: KMeansPartial, border: SampleBlock) {
    var sums = ClusterSums(clusters: clusterCount, features: featureCount, isWhole: block.isWhole)
    var places: [Int] = [], skipped = 0
    let aside = Int32(clusterCount + 1)
    forEachLoadedChunk(block) { buffer, start, samples, vectors, labels in
      centres.withUnsafeBufferPointer { c in
        guard let base = c.baseAddress else { return }
        switch featureCount {
        case 1: putAside(Width1.self, buffer, vectors, base, labels, margin)
        case 2: putAside(Width2.self, buffer, vectors, base, labels, margin)
        case 3: putAside(Width3.self, buffer, vectors, base, labels, margin)
        case 4: putAside(Width4.self, buffer, vectors, base, labels, margin)
        default: putAside(AnyWidth.self, buffer, vectors, base, labels, margin)
        }
      }
      for i in 0..<samples {
        if labels[i] == aside { places.append(start + i) }
        skipped += labels[i] == aside - 1 ? 1 : 0
      }
      sums.add(buffer, samples, vectors, labels, 0)
    }
    var settled = sums.partial(samples: block.count, squaredUnit: squaredUnit)
    settled.skipped = skipped
    return (settled, block.gathered(places))
  }

  /// Nearest centres of a chunk; `clusterCount` for what is left out, `clusterCount + 1` where a second centre is within the margin.
  private func putAside<W: FeatureWidth>(
    _: W.Type, _ buffer: borrowing ChunkBuffer, _ vectors: Int, _ centres: UnsafePointer<Float>,
    _ labels: UnsafeMutablePointer<Int32>, _ margin: Float
  ) {
    let d = W.count > 0 ? W.count : featureCount, k = clusterCount, planes = buffer.weighted, valid = buffer.valid
    let skipped = SIMD8<Int32>(repeating: Int32(k)), aside = SIMD8<Int32>(repeating: Int32(k + 1))
    for i in 0..<vectors {
      var best = SIMD8<Float>(repeating: .infinity), second = best
      var label = SIMD8<Int32>.zero
      for j in 0..<k {
        var distance = SIMD8<Float>.zero
        for f in 0..<d {
          let difference = lanes(planes + f * ChunkBuffer.capacity, i) - centres[j * d + f]
          distance += difference * difference
        }
        let isNearer = distance .< best
        second = second.replacing(with: distance, where: distance .< second).replacing(with: best, where: isNearer)
        best.replace(with: distance, where: isNearer)
        label.replace(with: SIMD8<Int32>(repeating: Int32(truncatingIfNeeded: j)), where: isNearer)
      }
      // The difference of the roots is at most the margin.
      label.replace(with: aside, where: second .<= best + best.squareRoot() * (2 * margin) + margin * margin)
      label = skipped.replacing(with: label, where: lanes(valid, i) .> 0)
      UnsafeMutableRawPointer(labels + i * 8).storeBytes(of: label, as: SIMD8<Int32>.self)
    }
  }

  /// How much farther the second nearest centre is than the nearest, for each valid sample, in the kernel's space.
  func gaps(_ block: SampleBlock) -> [Float] {
    var found: [Float] = []
    found.reserveCapacity(block.count)
    forEachChunk(block) { buffer, _, samples, _, labels, _ in
      for i in 0..<samples where labels[i] != Int32(clusterCount) {
        var best = Float.infinity, second = best
        for j in 0..<clusterCount {
          let distance = squaredDistance(buffer, i, j)
          if distance < best {
            second = best
            best = distance
          } else if distance < second {
            second = distance
          }
        }
        found.append(second.squareRoot() - best.squareRoot())
      }
    }
    return found
  }
}
