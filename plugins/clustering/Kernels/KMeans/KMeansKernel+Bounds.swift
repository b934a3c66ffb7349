/// What a pass leaves of a block: the figures of its decided samples, the others for closer looks, and provisional
/// labels.
struct BoundedBlock: Sendable {
  /// Counts and sums of the decided samples, and all that were skipped.
  var settled: KMeansAccumulator
  /// Spread of the decided samples about the pass's centres, in stored units.
  var spread: ScatterAccumulator
  /// The samples near a border, in the order of samples.
  var border: SampleBlock
  /// Their places in the block.
  var places: [UInt32]
  /// Nearest centres; 255 for what is skipped, anything below for the border.
  var labels: [UInt8]
}

/// A pass that puts aside the samples near a border between clusters.
///
/// A sample whose second nearest centre is farther than its nearest by more than `margin` keeps its cluster while no
/// centre moves by half of the margin: two triangle inequalities. Lloyd's steps after such a pass need to look at the
/// others only, and go exactly where steps over all samples would.
extension KMeansKernel {
  /// Decides the labels of a block that bounds alone decide.
  ///
  /// - Parameters:
  ///   - margin: a difference of distances in the kernel's space; with 0 only ties are put aside.
  ///   - radius: a usual distance from the nearest centre, above 0: the nearer to the truth, the fewer samples are put
  ///     aside.
  func settle(_ block: SampleBlock, margin: Float, radius: Float) -> BoundedBlock {
    var sums = ClusterAccumulator(clusters: clusterCount, features: featureCount, isWhole: block.isWhole)
    var spread = ScatterAccumulator(clusters: clusterCount, features: featureCount)
    let origins = spreadOrigins(whole: block.isWhole)
    let share = brightnessShares
    var places: [UInt32] = []
    var skipped = 0
    // d2 > d1 + margin in squares: the root of d1² is at most half of d1² / radius + radius, for any radius.
    let bound = (slope: 1 + margin / radius, offset: margin * radius + margin * margin)
    let labels = [UInt8](unsafeUninitializedCapacity: block.count) { out, count in
      count = block.count
      guard let base = out.baseAddress else { return }
      forEachLoadedChunk(block) { buffer, start, samples, vectors, labels in
        centres.withUnsafeBufferPointer { c in
          guard let centres = c.baseAddress else { return }
          switch featureCount {
          case 1: putAside(Width1.self, buffer, vectors, centres, labels, bound)
          case 2: putAside(Width2.self, buffer, vectors, centres, labels, bound)
          case 3: putAside(Width3.self, buffer, vectors, centres, labels, bound)
          case 4: putAside(Width4.self, buffer, vectors, centres, labels, bound)
          default: putAside(AnyWidth.self, buffer, vectors, centres, labels, bound)
          }
        }
        let (aside, left) = narrow(labels, samples, into: base + start)
        skipped += left
        if aside > 0 {
          let mark = Int32(clusterCount + 1)
          for i in 0..<samples where labels[i] == mark { places.append(UInt32(truncatingIfNeeded: start + i)) }
        }
        sums.count(samples, vectors, labels)
        if !block.isWhole { sums.addSums(buffer, samples, labels) }
        spread.add(buffer, samples, vectors, labels, centres: origins, share: share)
      }
    }
    if block.isWhole { sums.take(spread, about: origins) }
    var settled = sums.partial(samples: block.count, squaredUnit: squaredUnit)
    settled.skipped = skipped
    return BoundedBlock(
      settled: settled, spread: spread, border: block.gathered(places.map { Int($0) }), places: places, labels: labels)
  }

  /// What spreads are counted from: the centres in stored units about the reference, rounded for whole numbers so that
  /// sums are exact; a row of zeros more for what is skipped.
  func spreadOrigins(whole: Bool) -> [Double] { whole ? storedCentres.map { $0.rounded() } : storedCentres }

  /// Labels of a chunk as bytes, 255 for what is left out; how many were put aside and left out.
  @inline(__always)
  private func narrow(
    _ labels: UnsafeMutablePointer<Int32>, _ samples: Int, into out: UnsafeMutablePointer<UInt8>
  ) -> (aside: Int, left: Int) {
    let k = Int32(clusterCount)
    var aside: Int32 = 0
    var left: Int32 = 0
    for i in 0..<samples {
      let label = labels[i]
      out[i] = label == k ? 255 : UInt8(truncatingIfNeeded: label)
      aside &+= label > k ? 1 : 0
      left &+= label == k ? 1 : 0
    }
    return (Int(aside), Int(left))
  }

  /// Nearest centres of a chunk; `clusterCount` for what is left out, `clusterCount + 1` where a second centre is
  /// within the bound.
  private func putAside<W: FeatureWidth>(
    _: W.Type, _ buffer: borrowing ChunkBuffer, _ vectors: Int, _ centres: UnsafePointer<Float>,
    _ labels: UnsafeMutablePointer<Int32>, _ bound: (slope: Float, offset: Float)
  ) {
    let d = W.count > 0 ? W.count : featureCount
    let k = clusterCount
    let planes = buffer.weighted
    let valid = buffer.valid
    let skipped = SIMD8<Int32>(repeating: Int32(k))
    let aside = SIMD8<Int32>(repeating: Int32(k + 1))
    for i in 0..<vectors {
      var best = SIMD8<Float>(repeating: .infinity)
      var second = best
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
      label.replace(with: aside, where: second .<= best * bound.slope + bound.offset)
      label = skipped.replacing(with: label, where: lanes(valid, i) .> 0)
      UnsafeMutableRawPointer(labels + i * 8).storeBytes(of: label, as: SIMD8<Int32>.self)
    }
  }

  /// How much farther the second nearest centre is than the nearest, and the distance of the nearest, for each valid
  /// sample, in the kernel's space.
  func gaps(_ block: SampleBlock) -> (gaps: [Float], nearest: [Float]) {
    var found: [Float] = []
    var nearest: [Float] = []
    found.reserveCapacity(block.count)
    nearest.reserveCapacity(block.count)
    forEachChunk(block) { buffer, _, samples, _, labels, _ in
      for i in 0..<samples where labels[i] != Int32(clusterCount) {
        var best = Float.infinity
        var second = best
        for j in 0..<clusterCount {
          let distance = squaredDistance(buffer, i, j)
          if distance < best {
            second = best
            best = distance
          } else if distance < second {
            second = distance
          }
        }
        nearest.append(best.squareRoot())
        found.append(second.squareRoot() - best.squareRoot())
      }
    }
    return (found, nearest)
  }
}
