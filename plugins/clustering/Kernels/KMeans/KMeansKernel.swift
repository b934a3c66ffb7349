/// Nearest-centre search for fixed centres; made once a pass and used on any block and thread.
///
/// Distances are sums of squared differences in single precision from a reference near the mean, never expanded into
/// |x|² - 2xc + |c|². Ties go to the lower cluster. The pass and the labels use the same search and so agree exactly.
public struct KMeansKernel: Sendable {
  public let clusterCount: Int
  public let featureCount: Int
  /// The reference in stored units.
  let reference: [Double]
  let referenceFloats, weights, noData: [Float]
  /// `centres[cluster * features + feature]` in the kernel's space.
  let centres: [Float]
  /// Squared kernel distances times this are squared distances in the feature space.
  let squaredUnit: Double
  private let layout: [FeatureLayout]

  /// A search for centres in physical units: `centres[cluster][feature]`, at most 255 of them.
  public init(centres physical: [[Double]], space: FeatureSpace, layout: [FeatureLayout], whole: Bool) {
    clusterCount = physical.count
    featureCount = layout.count
    self.layout = layout
    reference = space.storedReference(layout, whole: whole)
    let scales = layout.indices.map { layout[$0].scale.magnitude / space.spread[$0] }
    let unit = scales.first ?? 1
    squaredUnit = unit * unit
    weights = scales.map { Float($0 / unit) }
    referenceFloats = reference.map { Float($0) }
    noData = layout.noDataFloats
    let r = reference
    centres = physical.flatMap { c in
      c.indices.map { f in Float(((c[f] - layout[f].offset) / layout[f].scale - r[f]) * (scales[f] / unit)) }
    }
  }

  /// One Lloyd step over a block: counts, sums and inertia.
  public func pass(_ block: SampleBlock) -> KMeansAccumulator {
    var sums = ClusterAccumulator(clusters: clusterCount, features: featureCount, isWhole: block.isWhole)
    forEachChunk(block) { buffer, _, samples, vectors, labels, inertia in
      sums.add(buffer, samples, vectors, labels, inertia)
    }
    return sums.partial(samples: block.count, squaredUnit: squaredUnit)
  }

  /// The nearest centre of each sample, 255 for those left out: `labels[sample]`.
  public func labels(_ block: SampleBlock) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: block.count) { out, count in
      if let base = out.baseAddress {
        forEachChunk(block) { _, start, samples, _, labels, _ in narrow(labels, samples, into: base + start) }
      }
      count = block.count
    }
  }

  /// Labels of a chunk as bytes, 255 for what is left out.
  @inline(__always)
  func narrow(_ labels: UnsafeMutablePointer<Int32>, _ samples: Int, into out: UnsafeMutablePointer<UInt8>) {
    let k = Int32(clusterCount)
    // A plain loop, which the compiler packs better than it does conversions of vectors.
    for i in 0..<samples { out[i] = labels[i] < k ? UInt8(truncatingIfNeeded: labels[i]) : 255 }
  }

  /// Centres relative to the reference in stored units, with a row of zeros for what is skipped.
  var storedCentres: [Double] {
    centres.indices.map { Double(centres[$0]) / Double(weights[$0 % featureCount]) }
      + [Double](repeating: 0, count: featureCount)
  }
  /// What a stored unit of each feature adds to the physical mean over features.
  var brightnessShares: [Double] { layout.map { $0.scale / Double(featureCount) } }
  /// The squared distance of one sample of a chunk from a centre, in the kernel's space.
  func squaredDistance(_ buffer: borrowing ChunkBuffer, _ i: Int, _ cluster: Int) -> Float {
    var sum: Float = 0
    for f in 0..<featureCount {
      let difference = buffer.weighted[f * ChunkBuffer.capacity + i] - centres[cluster * featureCount + f]
      sum += difference * difference
    }
    return sum
  }

  /// Calls `body(buffer, start, samples, vectors, labels, inertia)` for each chunk; labels of skipped samples are
  /// `clusterCount`.
  @inline(__always)
  func forEachChunk(
    _ block: SampleBlock,
    _ body: (borrowing ChunkBuffer, Int, Int, Int, UnsafeMutablePointer<Int32>, Double) -> Void
  ) {
    let skipped = Int32(truncatingIfNeeded: clusterCount)
    forEachLoadedChunk(block) { buffer, start, samples, vectors, labels in
      let inertia = centres.withUnsafeBufferPointer { c -> Double in
        guard let base = c.baseAddress else { return 0 }
        return switch featureCount {
        case 1: assign(Width1.self, buffer, vectors, base, labels, skipped)
        case 2: assign(Width2.self, buffer, vectors, base, labels, skipped)
        case 3: assign(Width3.self, buffer, vectors, base, labels, skipped)
        case 4: assign(Width4.self, buffer, vectors, base, labels, skipped)
        default: assign(AnyWidth.self, buffer, vectors, base, labels, skipped)
        }
      }
      body(buffer, start, samples, vectors, labels, inertia)
    }
  }

  /// Calls `body(buffer, start, samples, vectors, labels)` for each chunk, with room for labels that hold nothing yet.
  @inline(__always)
  func forEachLoadedChunk(
    _ block: SampleBlock, _ body: (borrowing ChunkBuffer, Int, Int, Int, UnsafeMutablePointer<Int32>) -> Void
  ) {
    let buffer = ChunkBuffer(reference: referenceFloats, weights: weights, noData: noData)
    let raw = UnsafeMutableRawPointer.allocate(byteCount: ChunkBuffer.capacity * 4, alignment: 64)
    defer { raw.deallocate() }
    let labels = raw.bindMemory(to: Int32.self, capacity: ChunkBuffer.capacity)
    for start in stride(from: 0, to: block.count, by: ChunkBuffer.capacity) {
      let (samples, vectors) = buffer.load(block, from: start)
      body(buffer, start, samples, vectors, labels)
    }
  }

  /// Nearest centres of a chunk; returns the sum of squared distances in the kernel's space.
  private func assign<W: FeatureWidth>(
    _: W.Type, _ buffer: borrowing ChunkBuffer, _ vectors: Int, _ centres: UnsafePointer<Float>,
    _ labels: UnsafeMutablePointer<Int32>, _ skipped: Int32
  ) -> Double {
    let d = W.count > 0 ? W.count : featureCount
    let k = clusterCount
    let planes = buffer.weighted
    let valid = buffer.valid
    var inertia = SIMD8<Float>.zero
    for i in 0..<vectors {
      var best = SIMD8<Float>(repeating: .infinity)
      var label = SIMD8<Int32>.zero
      for j in 0..<k {
        var distance = SIMD8<Float>.zero
        for f in 0..<d {
          let difference = lanes(planes + f * ChunkBuffer.capacity, i) - centres[j * d + f]
          distance += difference * difference
        }
        let isNearer = distance .< best
        best.replace(with: distance, where: isNearer)
        label.replace(with: SIMD8<Int32>(repeating: Int32(truncatingIfNeeded: j)), where: isNearer)
      }
      let takesPart = lanes(valid, i) .> 0
      inertia += SIMD8<Float>.zero.replacing(with: best, where: takesPart)
      label = SIMD8<Int32>(repeating: skipped).replacing(with: label, where: takesPart)
      UnsafeMutableRawPointer(labels + i * 8).storeBytes(of: label, as: SIMD8<Int32>.self)
    }
    var total = 0.0
    for lane in 0..<8 { total += Double(inertia[lane]) }
    return total
  }
}
