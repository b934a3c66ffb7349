import FloeNumerics

extension GMMKernel {
  /// Whether the most probable class can be another than that of the most probable component: where a class has
  /// several components, or a part of one.
  static func hasShares(_ components: [Int], division: ClusterDivision?) -> Bool {
    let classes = Set(components).count
    return division != nil || classes > 1 && classes < components.count
  }

  /// The most probable component of each sample, as `labels`, and the code of the most probable class.
  ///
  /// Probabilities are compared in whole steps of 1 / `steps`, as `stored` gives them, so that no class has a larger
  /// one in the file; of equal ones the lower code is taken.
  ///
  /// - Parameter components: `components[component]` is the code it counts for.
  /// - Returns: `labels[sample]` and `codes[sample]`, 255 for samples left out.
  func classes(
    _ block: SampleBlock, components: [Int], division: DividedBlock?, steps: Float
  ) -> (labels: [UInt8], codes: [UInt8]) {
    let codes = Set(components + (division?.division.codes ?? [])).sorted()
    let bytes = codes.map { UInt8(truncatingIfNeeded: $0) }
    let shares = ClassShares(components: components, codes: codes, division: division)
    var labels = [UInt8](repeating: 255, count: block.count)
    var found = labels
    labels.withUnsafeMutableBufferPointer { labels in
      found.withUnsafeMutableBufferPointer { found in
        guard let label = labels.baseAddress, let code = found.baseAddress else { return }
        let sums = UnsafeMutablePointer<SIMD8<Float>>.allocate(capacity: codes.count)
        defer { sums.deallocate() }
        forEachDensity(block) { buffer, x, start, samples, vectors in
          self.label(buffer, x, samples, into: label + start)
          for i in 0..<vectors {
            let best = mostProbable(shares, x, start: start, i, steps, sums)
            for lane in 0..<min(8, samples - i * 8) where buffer.valid[i * 8 + lane] > 0 {
              code[start + i * 8 + lane] = bytes[Int(best[lane])]
            }
          }
        }
      }
    }
    return (labels, found)
  }

  /// The largest density of eight samples, and the one class of all components that matter to them; negative where they
  /// are of several, or divided.
  ///
  /// A component less probable by e^-20 than the most probable one changes no stored step.
  @inline(__always)
  func soleClass(
    _ shares: ClassShares, _ x: UnsafeMutablePointer<Float>, _ i: Int
  ) -> (largest: SIMD8<Float>, only: Int) {
    var largest = lanes(x, i)
    for j in 1..<max(1, componentCount) {
      let own = lanes(x + j * ChunkBuffer.capacity, i)
      largest.replace(with: own, where: own .> largest)
    }
    let near = largest - 20
    var only = -1
    for j in 0..<componentCount where anyLane(lanes(x + j * ChunkBuffer.capacity, i) .>= near) {
      let own = shares.classOf[j]
      if own < 0 || only >= 0 && own != only { return (largest, -2) }
      only = own
    }
    return (largest, only)
  }

  /// Sums the densities of eight samples by class, as shares of the largest.
  ///
  /// - Parameter sums: gets a vector a class.
  /// - Returns: the sum over all classes.
  @inline(__always)
  func sumDensities(
    _ shares: ClassShares, _ x: UnsafeMutablePointer<Float>, start: Int, _ i: Int, below largest: SIMD8<Float>,
    into sums: UnsafeMutablePointer<SIMD8<Float>>
  ) -> SIMD8<Float> {
    let near = largest - 20
    for band in 0..<shares.count { sums[band] = .zero }
    var total = SIMD8<Float>.zero
    for j in 0..<componentCount {
      let own = lanes(x + j * ChunkBuffer.capacity, i)
      guard anyLane(own .>= near) else { continue }
      let e = vectorExp(own - largest)
      total += e
      shares.add(e, of: j, start: start, i, to: sums)
    }
    return total
  }

  /// The place of the most probable class of each of eight samples, the first of equal ones.
  ///
  /// - Parameter sums: room for a vector a class.
  @inline(__always)
  private func mostProbable(
    _ shares: ClassShares, _ x: UnsafeMutablePointer<Float>, start: Int, _ i: Int, _ steps: Float,
    _ sums: UnsafeMutablePointer<SIMD8<Float>>
  ) -> SIMD8<Float> {
    let (largest, only) = soleClass(shares, x, i)
    if only >= 0 { return SIMD8<Float>(repeating: Float(only)) }
    let total = sumDensities(shares, x, start: start, i, below: largest, into: sums)
    let one = SIMD8<Float>(repeating: 1)
    let factor = 1 / total
    var most = SIMD8<Float>.zero
    var place = SIMD8<Float>.zero
    for band in 0..<shares.count {
      let p = sums[band] * factor
      // Rounded as stored probabilities are: above 2^23 there are only whole numbers.
      let step = p.replacing(with: one, where: p .> one) * steps + 8_388_608
      let isMore = step .> most
      most.replace(with: step, where: isMore)
      place.replace(with: SIMD8<Float>(repeating: Float(band)), where: isMore)
    }
    return place
  }
}
