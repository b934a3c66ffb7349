import FloeNumerics

/// What a mixture says of each sample of a block.
public struct GMMPosterior: Sendable, Equatable {
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

extension GMMPosterior {
  /// -Σ p log p / log n over classes given as `values[class][sample]`; NaN for samples left out.
  static func entropy(ofClasses values: [[Float]]) -> [Float] {
    guard let first = values.first else { return [] }
    let unit = values.count > 1 ? 1 / naturalLog(Double(values.count)) : 0
    return first.indices.map { i in
      if first[i].isNaN { return .nan }
      let sum = values.reduce(0.0) { $1[i] > 0 ? $0 - Double($1[i]) * naturalLog(Double($1[i])) : $0 }
      return Float(min(1, max(0, sum * unit)))
    }
  }
}

extension GMMKernel {
  /// The most probable component of each sample, ties to the lower one; 255 for samples left out.
  ///
  /// As `classify`, without the exponentials of probabilities.
  public func labels(_ block: SampleBlock) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: block.count) { out, filled in
      filled = block.count
      guard let base = out.baseAddress else { return }
      forEachDensity(block) { buffer, r, start, samples, _ in
        label(buffer, r, samples, into: base + start)
      }
    }
  }

  /// Labels, probabilities, top probability and, when wanted, entropy (else zeros) of each sample.
  public func classify(_ block: SampleBlock, entropy wantsEntropy: Bool = true) -> GMMPosterior {
    let k = componentCount
    let n = block.count
    // Flat planes, written eight samples at a time; the last vector of a block may reach into the padding.
    let padded = (n + 7) / 8 * 8
    var labels = [UInt8](repeating: 255, count: padded)
    var planes = [Float](repeating: .nan, count: padded * (k + 2))
    labels.withUnsafeMutableBytes { labels in
      planes.withUnsafeMutableBytes { planes in
        if let l = labels.baseAddress, let p = planes.baseAddress { fill(block, l, p, padded, wantsEntropy) }
      }
    }
    labels.removeLast(padded - n)
    func plane(_ j: Int) -> [Float] { Array(planes[j * padded..<j * padded + n]) }
    return GMMPosterior(
      labels: labels, probabilities: (0..<k).map(plane), topProbability: plane(k), entropy: plane(k + 1))
  }

  /// Writes labels and the planes probability 0 ..< k, top probability, entropy, each of `padded` samples.
  private func fill(
    _ block: SampleBlock, _ labels: UnsafeMutableRawPointer, _ planes: UnsafeMutableRawPointer, _ padded: Int,
    _ wantsEntropy: Bool
  ) {
    let k = componentCount
    let unit = k > 1 ? Float(1 / naturalLog(Double(k))) : 0
    let nothing = SIMD8<Float>(repeating: .nan)
    let one = SIMD8<Float>(repeating: 1)
    forEachChunk(block, entropy: wantsEntropy) { buffer, r, start, _, vectors, _ in
      for i in 0..<vectors {
        let takesPart = lanes(buffer.valid, i) .> 0
        var best = SIMD8<Float>(repeating: -1)
        var label = SIMD8<Int32>.zero
        let at = (start + i * 8) * 4
        for j in 0..<k {
          let p = lanes(r + j * ChunkBuffer.capacity, i)
          let isMore = p .> best
          best.replace(with: p, where: isMore)
          label.replace(with: SIMD8<Int32>(repeating: Int32(truncatingIfNeeded: j)), where: isMore)
          planes.storeBytes(
            of: nothing.replacing(with: p, where: takesPart), toByteOffset: j * padded * 4 + at, as: SIMD8<Float>.self)
        }
        // Not `clamped`, which is a call a lane in 6.3.
        var entropy = wantsEntropy ? lanes(r + k * ChunkBuffer.capacity, i) * unit : SIMD8<Float>.zero
        entropy.replace(with: SIMD8<Float>.zero, where: entropy .< 0)
        entropy.replace(with: one, where: entropy .> 1)
        planes.storeBytes(
          of: nothing.replacing(with: best, where: takesPart), toByteOffset: k * padded * 4 + at, as: SIMD8<Float>.self)
        planes.storeBytes(
          of: nothing.replacing(with: entropy, where: takesPart), toByteOffset: (k + 1) * padded * 4 + at,
          as: SIMD8<Float>.self)
        label = SIMD8<Int32>(repeating: 255).replacing(with: label, where: takesPart)
        labels.storeBytes(
          of: SIMD8<UInt8>(truncatingIfNeeded: label), toByteOffset: start + i * 8, as: SIMD8<UInt8>.self)
      }
    }
  }

  /// Probabilities in whole steps of 1 / `steps`, for bands: each code's sum over the components that count for it,
  /// then an uncertainty.
  ///
  /// - Parameters:
  ///   - components: `components[component]` is the code it counts for.
  ///   - left: the value for samples left out.
  /// - Returns: `values[band][sample]`.
  public func stored(
    _ block: SampleBlock, components: [Int], codes: [Int], uncertainty: StoredUncertainty, steps: Float, left: UInt16,
    division: DividedBlock? = nil
  ) -> [UInt16] {
    let k = componentCount
    let n = block.count
    let unit = k > 1 ? Float(1 / naturalLog(Double(k))) : 0
    let shares = ClassShares(components: components, codes: codes, division: division)
    return [UInt16](unsafeUninitializedCapacity: bands(codes, uncertainty) * n) { out, count in
      count = bands(codes, uncertainty) * n
      guard let base = out.baseAddress else { return }
      // Unless each class is one cluster, the doubt that matters is that between classes.
      if division != nil || !Self.isOneEach(components, codes) {
        let sums = UnsafeMutablePointer<SIMD8<Float>>.allocate(capacity: codes.count)
        defer { sums.deallocate() }
        forEachDensity(block) { buffer, x, start, samples, vectors in
          let planes = StoredPlanes(base: base + start, samples: samples, plane: n, steps: steps, left: left)
          for i in 0..<vectors { putClasses(shares, planes, x, start: start, i, buffer.valid, uncertainty, sums) }
        }
        return
      }
      let isOneEach = components == codes
      forEachChunk(block, entropy: uncertainty == .entropy) { buffer, r, start, samples, vectors, _ in
        let valid = buffer.valid
        let planes = StoredPlanes(base: base + start, samples: samples, plane: n, steps: steps, left: left)
        for band in codes.indices {
          if isOneEach {
            for i in 0..<vectors { planes.put(band, i, lanes(r + band * ChunkBuffer.capacity, i), valid) }
          } else {
            for i in 0..<vectors { planes.put(band, i, shares.sum(band, r, start: start, i), valid) }
          }
        }
        switch uncertainty {
        case .none: break
        case .top:
          for i in 0..<vectors {
            var best = lanes(r, i)
            for j in 1..<max(1, k) {
              let p = lanes(r + j * ChunkBuffer.capacity, i)
              best.replace(with: p, where: p .> best)
            }
            planes.put(codes.count, i, best, valid)
          }
        case .entropy:
          for i in 0..<vectors {
            let entropy = lanes(r + k * ChunkBuffer.capacity, i) * unit
            planes.put(codes.count, i, entropy.replacing(with: SIMD8<Float>.zero, where: entropy .< 0), valid)
          }
        }
      }
    }
  }

  /// Whether each code is that of exactly one component: what is probable of either is the same then.
  static func isOneEach(_ components: [Int], _ codes: [Int]) -> Bool { components.sorted() == codes.sorted() }

  private func bands(_ codes: [Int], _ uncertainty: StoredUncertainty) -> Int {
    codes.count + (uncertainty == .none ? 0 : 1)
  }

  /// Probabilities of classes that have several components, and what of them says how sure the class is, for eight
  /// samples from their densities.
  ///
  /// Where all components that matter are of one class, nothing needs to be computed.
  ///
  /// - Parameter sums: room for a vector a class.
  @inline(__always)
  private func putClasses(
    _ shares: ClassShares, _ planes: StoredPlanes, _ x: UnsafeMutablePointer<Float>, start: Int, _ i: Int,
    _ valid: UnsafeMutablePointer<Float>, _ uncertainty: StoredUncertainty, _ sums: UnsafeMutablePointer<SIMD8<Float>>
  ) {
    let classes = shares.count
    let (largest, only) = soleClass(shares, x, i)
    if only >= 0 {
      for band in 0..<classes { planes.put(band, i, SIMD8<Float>(repeating: band == only ? 1 : 0), valid) }
      if uncertainty != .none {
        planes.put(classes, i, SIMD8<Float>(repeating: uncertainty == .top ? 1 : 0), valid)
      }
      return
    }
    let total = sumDensities(shares, x, start: start, i, below: largest, into: sums)
    let unit = classes > 1 ? Float(1 / naturalLog(Double(classes))) : 0
    let least = SIMD8<Float>(repeating: 1e-30)
    let factor = 1 / total
    var best = SIMD8<Float>.zero
    var entropy = SIMD8<Float>.zero
    for band in 0..<classes {
      let p = sums[band] * factor
      planes.put(band, i, p, valid)
      best.replace(with: p, where: p .> best)
      if uncertainty == .entropy { entropy -= p * vectorLog(p.replacing(with: least, where: p .< least)) }
    }
    switch uncertainty {
    case .none: break
    case .top: planes.put(classes, i, best, valid)
    case .entropy:
      planes.put(classes, i, (entropy * unit).replacing(with: SIMD8<Float>.zero, where: entropy .< 0), valid)
    }
  }
}

/// Which components count for which class, and which of them a limit of brightness divides.
struct ClassShares {
  /// `whole[class]`, `dark[class]` and `bright[class]`: components that count whole, or with one of their parts.
  let whole, dark, bright: [[Int]]
  /// The class of each component; -1 for divided ones.
  let classOf: [Int]
  /// The class of each component's dark samples, and of its bright ones; -1 for what counts for no class.
  private let darkClass, brightClass: [Int]
  /// How probable it is that each sample is dark; empty where nothing is divided.
  let darkness: [Float]
  var count: Int { whole.count }

  init(components: [Int], codes: [Int], division: DividedBlock?) {
    let divided = division?.division.clusters ?? []
    whole = codes.map { code in components.indices.filter { components[$0] == code && !divided.contains($0) } }
    bright = codes.map { code in components.indices.filter { components[$0] == code && divided.contains($0) } }
    let darkCodes = division?.division.codes ?? []
    dark = codes.map { code in divided.indices.filter { darkCodes[$0] == code }.map { divided[$0] } }
    darkness = division?.darkness ?? []
    func place(_ code: Int?) -> Int { code.flatMap { codes.firstIndex(of: $0) } ?? -1 }
    classOf = components.indices.map { divided.contains($0) ? -1 : place(components[$0]) }
    brightClass = components.map { place($0) }
    darkClass = components.indices.map { j in divided.firstIndex(of: j).map { place(darkCodes[$0]) } ?? -1 }
  }

  /// Adds a component's part of eight samples to its class, or to the two between which it is divided.
  @inline(__always)
  func add(_ e: SIMD8<Float>, of j: Int, start: Int, _ i: Int, to sums: UnsafeMutablePointer<SIMD8<Float>>) {
    let own = classOf[j]
    if own >= 0 {
      sums[own] += e
      return
    }
    let dark = darkness(start, i)
    if darkClass[j] >= 0 { sums[darkClass[j]] += e * dark }
    if brightClass[j] >= 0 { sums[brightClass[j]] += e * (1 - dark) }
  }

  /// How probable it is that eight samples are dark.
  @inline(__always)
  private func darkness(_ start: Int, _ i: Int) -> SIMD8<Float> {
    darkness.withUnsafeBufferPointer { p in
      guard let base = p.baseAddress, !p.isEmpty else { return .zero }
      return UnsafeRawPointer(base + start + i * 8).loadUnaligned(as: SIMD8<Float>.self)
    }
  }

  /// The probability of a class for eight samples.
  @inline(__always)
  func sum(_ band: Int, _ r: UnsafeMutablePointer<Float>, start: Int, _ i: Int) -> SIMD8<Float> {
    var sum = SIMD8<Float>.zero
    for j in whole[band] { sum += lanes(r + j * ChunkBuffer.capacity, i) }
    if darkness.isEmpty { return sum }
    let share = darkness(start, i)
    for j in dark[band] { sum += lanes(r + j * ChunkBuffer.capacity, i) * share }
    for j in bright[band] { sum += lanes(r + j * ChunkBuffer.capacity, i) * (1 - share) }
    return sum
  }
}

/// Which uncertainty goes with stored probabilities.
public enum StoredUncertainty: Sendable { case none, top, entropy }

/// Where a chunk's probabilities go.
private struct StoredPlanes {
  let base: UnsafeMutablePointer<UInt16>
  let samples, plane: Int
  let steps: Float
  let left: UInt16

  /// Eight probabilities of a band in whole steps, what stands for samples left out where `valid` is 0.
  @inline(__always)
  func put(_ band: Int, _ i: Int, _ p: SIMD8<Float>, _ valid: UnsafeMutablePointer<Float>) {
    let one = SIMD8<Float>(repeating: 1)
    let held = p.replacing(with: one, where: p .> one)
    // Adding 2^23 leaves the rounded number in the low half of each lane; both types have 256 bits. What stands for
    // samples left out is chosen before: the odd halves of a mask are taken one by one in 6.3.
    let whole = SIMD8<Float>(repeating: Float(left)).replacing(with: held * steps, where: lanes(valid, i) .> 0)
    let value = unsafeBitCast(whole + 8_388_608, to: SIMD16<UInt16>.self).evenHalf
    let to = base + (band * plane + i * 8)
    if i * 8 + 8 <= samples {
      UnsafeMutableRawPointer(to).storeBytes(of: value, as: SIMD8<UInt16>.self)
    } else {
      for lane in 0..<(samples - i * 8) { to[lane] = value[lane] }
    }
  }
}
