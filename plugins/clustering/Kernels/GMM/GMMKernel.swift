import FloeNumerics

/// Responsibilities and EM sums of a fixed mixture; made once a pass and used on any block and thread.
///
/// Per sample it works in single precision on differences from each component's own mean, so that nothing cancels;
/// what is summed goes into doubles every 2048 samples. Constants common to all components stay in doubles.
public struct GMMKernel: Sendable {
  public let componentCount: Int
  public let featureCount: Int
  private let reference, weights, noData: [Float]
  /// Means relative to the reference, in the feature space: `[component * features + feature]`.
  private let means: [Float]
  /// Inverse Cholesky factors, lower triangles row by row: `[component * triangle + ...]`.
  private let factors: [Float]
  /// log weight + log |L⁻¹| less the largest of them.
  private let constants: [Float]
  private let common: Double
  private let isDiagonal: Bool

  /// A kernel for a mixture in `space`; throws when a covariance is not positive definite.
  public init(
    _ mixture: GMMParameters, space: FeatureSpace, layout: [FeatureLayout], whole: Bool,
    iteration: Int = 0, regularisation: Double = 0
  ) throws {
    let d = layout.count
    componentCount = mixture.count
    featureCount = d
    isDiagonal = mixture.type == .diag || mixture.type == .spherical
    let stored = space.storedReference(layout, whole: whole)
    reference = stored.map { Float($0) }
    weights = layout.indices.map { Float(layout[$0].scale / space.spread[$0]) }
    noData = layout.noDataFloats
    let origin = space.working(layout.indices.map { stored[$0] * layout[$0].scale + layout[$0].offset })
    means = mixture.means.flatMap { m in (0..<d).map { Float(m[$0] - origin[$0]) } }
    var constants: [Double] = []
    var factors: [Float] = []
    for (j, rows) in mixture.covariances.enumerated() {
      guard let matrix = SquareMatrix(rows: rows), let cholesky = Cholesky(matrix) else {
        throw ClusteringError.collapsed(
          component: j, iteration: iteration, regularisation: regularisation, covariance: mixture.type.rawValue)
      }
      let inverse = cholesky.inverseLower
      for a in 0..<d { for b in 0...a { factors.append(Float(inverse[a, b])) } }
      constants.append(naturalLog(max(mixture.weights[j], 1e-300)) - cholesky.logDeterminant / 2)
    }
    let largest = constants.max() ?? 0
    self.factors = factors
    self.constants = constants.map { Float($0 - largest) }
    common = largest - Double(d) / 2 * naturalLog(2 * Double.pi)
  }

  /// One EM step over a block: the sums from which the next mixture follows, and the log-likelihood of this one.
  public func pass(_ block: SampleBlock) -> GMMAccumulator {
    var partial = GMMAccumulator(components: componentCount, features: featureCount)
    forEachChunk(block) { buffer, r, _, _, vectors, logLikelihood in
      count(buffer, r, vectors, logLikelihood, into: &partial)
      moments(buffer, r, vectors, into: &partial)
    }
    partial.logLikelihood += Double(partial.count) * common
    return partial
  }

  /// `pass`, and the labels, 255 for samples left out.
  func labelledPass(_ block: SampleBlock, moments wantsMoments: Bool) -> (GMMAccumulator, [UInt8]) {
    var partial = GMMAccumulator(components: componentCount, features: featureCount)
    let labels = [UInt8](unsafeUninitializedCapacity: block.count) { out, filled in
      filled = block.count
      guard let base = out.baseAddress else { return }
      forEachChunk(block) { buffer, r, start, samples, vectors, logLikelihood in
        count(buffer, r, vectors, logLikelihood, into: &partial)
        if wantsMoments { moments(buffer, r, vectors, into: &partial) }
        label(buffer, r, samples, into: base + start)
      }
    }
    partial.logLikelihood += Double(partial.count) * common
    return (partial, labels)
  }

  @inline(__always)
  private func count(
    _ buffer: borrowing ChunkBuffer, _ r: UnsafeMutablePointer<Float>, _ vectors: Int, _ logLikelihood: Double,
    into partial: inout GMMAccumulator
  ) {
    partial.logLikelihood += logLikelihood
    var count = SIMD8<Float>.zero
    for i in 0..<vectors { count += lanes(buffer.valid, i) }
    partial.count += Int(count.sum())
    for j in 0..<componentCount {
      let plane = r + j * ChunkBuffer.capacity
      var sum = SIMD8<Float>.zero
      for i in 0..<vectors { sum += lanes(plane, i) }
      partial.weights[j] += total(sum)
    }
  }

  @inline(__always)
  private func moments(
    _ buffer: borrowing ChunkBuffer, _ r: UnsafeMutablePointer<Float>, _ vectors: Int,
    into partial: inout GMMAccumulator
  ) {
    let d = featureCount
    let triangle = d * (d + 1) / 2
    for j in 0..<componentCount {
      let plane = r + j * ChunkBuffer.capacity
      for a in 0..<d {
        var at = j * triangle + a * (a + 1) / 2
        if isDiagonal {
          let (first, products) = row(Width1.self, buffer, plane, vectors, j, a, a)
          partial.firsts[j * d + a] += total(first)
          partial.seconds[at + a] += total(products.0)
          continue
        }
        for b in stride(from: 0, through: a, by: 4) {
          let n = min(4, a + 1 - b)
          let (first, p) =
            switch n {
            case 1: row(Width1.self, buffer, plane, vectors, j, a, b)
            case 2: row(Width2.self, buffer, plane, vectors, j, a, b)
            case 3: row(Width3.self, buffer, plane, vectors, j, a, b)
            default: row(Width4.self, buffer, plane, vectors, j, a, b)
            }
          if b == 0 { partial.firsts[j * d + a] += total(first) }
          partial.seconds[at] += total(p.0)
          if n > 1 { partial.seconds[at + 1] += total(p.1) }
          if n > 2 { partial.seconds[at + 2] += total(p.2) }
          if n > 3 { partial.seconds[at + 3] += total(p.3) }
          at += n
        }
      }
    }
  }

  /// The most probable components of a chunk, ties to the lower one; 255 for samples left out.
  @inline(__always)
  func label(
    _ buffer: borrowing ChunkBuffer, _ r: UnsafeMutablePointer<Float>, _ samples: Int,
    into out: UnsafeMutablePointer<UInt8>
  ) {
    let left = SIMD8<Float>(repeating: 255)
    for i in 0..<(samples + 7) / 8 {
      var best = lanes(r, i)
      var label = SIMD8<Float>.zero
      for j in 1..<max(1, componentCount) {
        let p = lanes(r + j * ChunkBuffer.capacity, i)
        let isMore = p .> best
        best.replace(with: p, where: isMore)
        label.replace(with: SIMD8<Float>(repeating: Float(j)), where: isMore)
      }
      label = left.replacing(with: label, where: lanes(buffer.valid, i) .> 0)
      // Adding 2^23 leaves the whole number in the lowest byte of each lane; both types have 256 bits.
      let bytes = unsafeBitCast(label + 8_388_608, to: SIMD32<UInt8>.self).evenHalf.evenHalf
      if i * 8 + 8 <= samples {
        UnsafeMutableRawPointer(out + i * 8).storeBytes(of: bytes, as: SIMD8<UInt8>.self)
      } else {
        for lane in 0..<(samples - i * 8) { out[i * 8 + lane] = bytes[lane] }
      }
    }
  }

  /// Calls `body(buffer, responsibilities, start, samples, vectors, log-likelihood)` for each chunk.
  ///
  /// `responsibilities[component * capacity + sample]` are 0 where a sample is skipped; after the last component lies,
  /// where `entropy` is asked for, each sample's -Σ p log p, with no meaning where it is skipped. The log-likelihood
  /// is without `common`.
  @inline(__always)
  func forEachChunk(
    _ block: SampleBlock, entropy: Bool = false,
    _ body: (borrowing ChunkBuffer, UnsafeMutablePointer<Float>, Int, Int, Int, Double) -> Void
  ) {
    forEachDensity(block) { buffer, r, start, samples, vectors in
      let logLikelihood = entropy ? normalise(Yes.self, buffer, r, vectors) : normalise(No.self, buffer, r, vectors)
      body(buffer, r, start, samples, vectors, logLikelihood)
    }
  }

  /// Calls `body(buffer, densities, start, samples, vectors)` for each chunk.
  ///
  /// `densities[component * capacity + sample]` is log(weight x density) less the constant that all components
  /// share; there is room for one plane more.
  @inline(__always)
  func forEachDensity(
    _ block: SampleBlock, _ body: (borrowing ChunkBuffer, UnsafeMutablePointer<Float>, Int, Int, Int) -> Void
  ) {
    let buffer = ChunkBuffer(reference: reference, weights: weights, noData: noData)
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: ChunkBuffer.capacity * 4 * (componentCount + 1), alignment: 64)
    defer { raw.deallocate() }
    let r = raw.bindMemory(to: Float.self, capacity: ChunkBuffer.capacity * (componentCount + 1))
    for start in stride(from: 0, to: block.count, by: ChunkBuffer.capacity) {
      let (samples, vectors) = buffer.load(block, from: start)
      for j in 0..<componentCount {
        switch isDiagonal ? 0 : featureCount {
        case 1: logDensity(Width1.self, buffer, r, vectors, j)
        case 2: logDensity(Width2.self, buffer, r, vectors, j)
        case 3: logDensity(Width3.self, buffer, r, vectors, j)
        case 4: logDensity(Width4.self, buffer, r, vectors, j)
        default: logDensity(AnyWidth.self, buffer, r, vectors, j)
        }
      }
      body(buffer, r, start, samples, vectors)
    }
  }

  /// log(weight x density) of one component for a chunk, less the common constant.
  private func logDensity<W: FeatureWidth>(
    _: W.Type, _ buffer: borrowing ChunkBuffer, _ r: UnsafeMutablePointer<Float>, _ vectors: Int, _ j: Int
  ) {
    if W.count == 0 { return logDensity(buffer, r, vectors, j) }
    let out = UnsafeMutableRawPointer(r + j * ChunkBuffer.capacity)
    let constant = SIMD8<Float>(repeating: constants[j])
    // Written out, since the compiler unrolls no loop over a triangle; the order of sums is that of the loop.
    func mean(_ a: Int) -> SIMD8<Float> { SIMD8(repeating: a < W.count ? means[j * W.count + a] : 0) }
    let triangle = W.count * (W.count + 1) / 2
    func factor(_ a: Int) -> SIMD8<Float> { SIMD8(repeating: a < triangle ? factors[j * triangle + a] : 0) }
    let (m0, m1, m2, m3) = (mean(0), mean(1), mean(2), mean(3))
    let (f00, f10, f11, f20, f21) = (factor(0), factor(1), factor(2), factor(3), factor(4))
    let (f22, f30, f31, f32, f33) = (factor(5), factor(6), factor(7), factor(8), factor(9))
    let first = buffer.weighted
    let second = first + ChunkBuffer.capacity
    let third = second + ChunkBuffer.capacity
    let fourth = third + ChunkBuffer.capacity
    for i in 0..<vectors {
      let c0 = lanes(first, i) - m0
      var y = c0 * f00
      var q = y * y
      if W.count > 1 {
        let c1 = lanes(second, i) - m1
        y = c0 * f10 + c1 * f11
        q += y * y
        if W.count > 2 {
          let c2 = lanes(third, i) - m2
          y = c0 * f20 + c1 * f21 + c2 * f22
          q += y * y
          if W.count > 3 {
            let c3 = lanes(fourth, i) - m3
            y = c0 * f30 + c1 * f31 + c2 * f32 + c3 * f33
            q += y * y
          }
        }
      }
      out.storeBytes(of: constant - q * 0.5, toByteOffset: i * 32, as: SIMD8<Float>.self)
    }
  }

  /// The same for any number of features, and for diagonal covariances.
  private func logDensity(
    _ buffer: borrowing ChunkBuffer, _ r: UnsafeMutablePointer<Float>, _ vectors: Int, _ j: Int
  ) {
    let d = featureCount
    let triangle = d * (d + 1) / 2
    let planes = buffer.weighted
    let out = UnsafeMutableRawPointer(r + j * ChunkBuffer.capacity)
    let constant = constants[j]
    let diagonal = isDiagonal
    means.withUnsafeBufferPointer { m in
      factors.withUnsafeBufferPointer { p in
        for i in 0..<vectors {
          var q = SIMD8<Float>.zero
          for a in 0..<d {
            var y = SIMD8<Float>.zero
            let row = j * triangle + a * (a + 1) / 2
            if diagonal {
              y = (lanes(planes + a * ChunkBuffer.capacity, i) - m[j * d + a]) * p[row + a]
            } else {
              for b in 0...a { y += (lanes(planes + b * ChunkBuffer.capacity, i) - m[j * d + b]) * p[row + b] }
            }
            q += y * y
          }
          out.storeBytes(of: constant - q * 0.5, toByteOffset: i * 32, as: SIMD8<Float>.self)
        }
      }
    }
  }

  /// Turns log densities x into responsibilities by log-sum-exp, and where asked for gives the entropy; returns the sum
  /// of log-likelihoods.
  ///
  /// With d = x - max x the responsibilities are e^d / Σ e^d, and their entropy is log Σ e^d - Σ p d: both terms are
  /// positive, and the logarithm is the one of the likelihood.
  private func normalise<E: Choice>(
    _: E.Type, _ buffer: borrowing ChunkBuffer, _ r: UnsafeMutablePointer<Float>, _ vectors: Int
  ) -> Double {
    if componentCount == 2 { return normalisePair(E.self, buffer, r, vectors) }
    let k = componentCount
    let planes = UnsafeMutableRawPointer(r)
    let stride = ChunkBuffer.capacity * 4
    // What eight samples find infinitely improbable needs no exponential: it is that of -87.
    let least = SIMD8<Float>(repeating: -87)
    let leastExp = vectorExp(least)
    var low = SIMD4<Double>.zero
    var high = low
    for i in 0..<vectors {
      var largest = lanes(r, i)
      for j in 1..<max(1, k) {
        let x = lanes(r + j * ChunkBuffer.capacity, i)
        largest.replace(with: x, where: x .> largest)
      }
      var sum = SIMD8<Float>.zero
      var products = sum
      for j in 0..<k {
        var d = lanes(r + j * ChunkBuffer.capacity, i) - largest
        var e = leastExp
        if anyLane(d .> least) {
          d = Self.held(d)
          e = vectorExp(d)
        } else {
          d = least
        }
        planes.storeBytes(of: e, toByteOffset: j * stride + i * 32, as: SIMD8<Float>.self)
        sum += e
        if E.isYes { products += e * d }
      }
      let valid = lanes(buffer.valid, i)
      let logSum = vectorLog(sum)
      let value = SIMD8<Float>.zero.replacing(with: largest + logSum, where: valid .> 0)
      low += SIMD4<Double>(value.lowHalf)
      high += SIMD4<Double>(value.highHalf)
      let factor = valid / sum
      for j in 0..<k {
        let e = lanes(r + j * ChunkBuffer.capacity, i) * factor
        planes.storeBytes(of: e, toByteOffset: j * stride + i * 32, as: SIMD8<Float>.self)
      }
      if E.isYes {
        planes.storeBytes(of: logSum - products * factor, toByteOffset: k * stride + i * 32, as: SIMD8<Float>.self)
      }
    }
    return (low + high).sum()
  }

  /// `normalise` for two components with one exponential, to the same bits.
  private func normalisePair<E: Choice>(
    _: E.Type, _ buffer: borrowing ChunkBuffer, _ r: UnsafeMutablePointer<Float>, _ vectors: Int
  ) -> Double {
    let first = UnsafeMutableRawPointer(r)
    let second = UnsafeMutableRawPointer(r + ChunkBuffer.capacity)
    let entropy = UnsafeMutableRawPointer(r + 2 * ChunkBuffer.capacity)
    var low = SIMD4<Double>.zero
    var high = low
    for i in 0..<vectors {
      let a = lanes(r, i)
      let b = lanes(r + ChunkBuffer.capacity, i)
      let isFirst = a .>= b
      let larger = b.replacing(with: a, where: isFirst)
      let smaller = a.replacing(with: b, where: isFirst)
      let d = Self.held(smaller - larger)
      let e = vectorExp(d)
      let sum = e + 1
      let valid = lanes(buffer.valid, i)
      let logSum = vectorLog(sum)
      let value = SIMD8<Float>.zero.replacing(with: larger + logSum, where: valid .> 0)
      low += SIMD4<Double>(value.lowHalf)
      high += SIMD4<Double>(value.highHalf)
      let factor = valid / sum
      let rest = e * factor
      first.storeBytes(of: rest.replacing(with: factor, where: isFirst), toByteOffset: i * 32, as: SIMD8<Float>.self)
      second.storeBytes(of: factor.replacing(with: rest, where: isFirst), toByteOffset: i * 32, as: SIMD8<Float>.self)
      if E.isYes { entropy.storeBytes(of: logSum - e * d * factor, toByteOffset: i * 32, as: SIMD8<Float>.self) }
    }
    return (low + high).sum()
  }

  /// Not below the least argument of `vectorExp`, so that what is infinitely improbable has a product with its
  /// logarithm.
  @inline(__always)
  private static func held(_ d: SIMD8<Float>) -> SIMD8<Float> {
    d.replacing(with: SIMD8<Float>(repeating: -87), where: d .< -87)
  }

  /// Σ r da, and Σ r da db for the `W.count` features from `b` on, over a chunk.
  @inline(__always)
  private func row<W: FeatureWidth>(
    _: W.Type, _ buffer: borrowing ChunkBuffer, _ r: UnsafeMutablePointer<Float>, _ vectors: Int,
    _ j: Int, _ a: Int, _ b: Int
  ) -> (SIMD8<Float>, (SIMD8<Float>, SIMD8<Float>, SIMD8<Float>, SIMD8<Float>)) {
    let d = featureCount
    let c = ChunkBuffer.capacity
    let x = buffer.weighted + a * c
    let y = buffer.weighted + b * c
    let mx = means[j * d + a]
    let m0 = means[j * d + b]
    let m1 = W.count > 1 ? means[j * d + b + 1] : 0
    let m2 = W.count > 2 ? means[j * d + b + 2] : 0
    let m3 = W.count > 3 ? means[j * d + b + 3] : 0
    var first = SIMD8<Float>.zero
    var p0 = first
    var p1 = first
    var p2 = first
    var p3 = first
    for i in 0..<vectors {
      let w = lanes(r, i) * (lanes(x, i) - mx)
      first += w
      p0 += w * (lanes(y, i) - m0)
      if W.count > 1 { p1 += w * (lanes(y + c, i) - m1) }
      if W.count > 2 { p2 += w * (lanes(y + 2 * c, i) - m2) }
      if W.count > 3 { p3 += w * (lanes(y + 3 * c, i) - m3) }
    }
    return (first, (p0, p1, p2, p3))
  }
}

/// Whether any of eight comparisons holds.
@inline(__always)
func anyLane(_ mask: SIMDMask<SIMD8<Int32>>) -> Bool {
  // Safe because a mask is eight whole numbers of 32 bits, 0 or -1.
  let words = unsafeBitCast(mask, to: SIMD4<UInt64>.self)
  return words[0] | words[1] | words[2] | words[3] != 0
}

/// A choice made at compile time.
private protocol Choice { static var isYes: Bool { get } }
private enum Yes: Choice { static var isYes: Bool { true } }
private enum No: Choice { static var isYes: Bool { false } }
