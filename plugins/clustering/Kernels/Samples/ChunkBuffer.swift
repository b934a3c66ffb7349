/// Working planes for a run of samples that stays in the first-level cache: `planes[feature][sample]`.
///
/// Kernels see only these: whatever the stored type, they work on single-precision numbers relative to a reference,
/// eight at a time, without branches. Whole numbers below 2^16 minus a whole reference are exact, and so are
/// single-precision sums of one chunk's lane: 256 * 65535 < 2^24.
struct ChunkBuffer: ~Copyable {
  /// Samples of a chunk.
  static let capacity = 2048
  let featureCount: Int
  /// `stored - reference`.
  let planes: UnsafeMutablePointer<Float>
  /// 1 for samples that take part, 0 for the others and the padding.
  let valid: UnsafeMutablePointer<Float>
  /// `(stored - reference) * weight`; the same memory as `planes` when all weights are 1.
  let weighted: UnsafeMutablePointer<Float>
  private let reference: [Float]
  private let weights: [Float]
  private let noData: [Float]
  private let isPlain: Bool

  /// Buffers for features with a reference and no-data value in stored units (NaN for none).
  init(reference: [Float], weights: [Float], noData: [Float]) {
    featureCount = reference.count
    self.reference = reference
    self.weights = weights
    self.noData = noData
    isPlain = weights.allSatisfy { $0 == 1 }
    planes = Self.allocate(featureCount * Self.capacity)
    valid = Self.allocate(Self.capacity)
    weighted = isPlain ? planes : Self.allocate(featureCount * Self.capacity)
  }

  deinit {
    if !isPlain { weighted.deallocate() }
    planes.deallocate()
    valid.deallocate()
  }

  private static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
    let raw = UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 64)
    let p = raw.bindMemory(to: Float.self, capacity: count)
    p.initialize(repeating: 0, count: count)
    return p
  }

  /// Takes in samples from `start` on, at most `capacity`.
  ///
  /// - Returns: the samples taken and the vectors of eight that hold them.
  func load(_ block: SampleBlock, from start: Int) -> (samples: Int, vectors: Int) {
    let m = min(Self.capacity, block.count - start)
    let padded = (m + 7) / 8 * 8
    valid.update(repeating: 1, count: m)
    (valid + m).update(repeating: 0, count: padded - m)
    switch block.values {
    case .uint16(let values): values.withUnsafeBufferPointer { loadWhole($0, block.count, start, m, padded) }
    case .float(let values): values.withUnsafeBufferPointer { loadFloat($0, block.count, start, m, padded) }
    }
    if !isPlain {
      for f in 0..<featureCount {
        let w = weights[f]
        let from = planes + f * Self.capacity
        let to = weighted + f * Self.capacity
        for i in 0..<padded { to[i] = from[i] * w }
      }
    }
    return (m, padded / 8)
  }

  private func loadWhole(_ values: UnsafeBufferPointer<UInt16>, _ n: Int, _ start: Int, _ m: Int, _ padded: Int) {
    guard let base = values.baseAddress else { return }
    for f in 0..<featureCount {
      let from = base + (f * n + start)
      for i in 0..<(m / 8) {
        storeWhole(Self.widened(UnsafeRawPointer(from + i * 8).loadUnaligned(as: SIMD8<UInt16>.self)), f, i)
      }
      if padded > m {
        var last = SIMD8<UInt16>.zero
        for i in (m / 8 * 8)..<m { last[i % 8] = from[i] }
        storeWhole(Self.widened(last), f, m / 8)
      }
    }
  }

  private func loadFloat(_ values: UnsafeBufferPointer<Float>, _ n: Int, _ start: Int, _ m: Int, _ padded: Int) {
    guard let base = values.baseAddress else { return }
    for f in 0..<featureCount {
      let from = base + (f * n + start)
      for i in 0..<(m / 8) { store(UnsafeRawPointer(from + i * 8).loadUnaligned(as: SIMD8<Float>.self), f, i) }
      if padded > m {
        var last = SIMD8<Float>.zero
        for i in (m / 8 * 8)..<m { last[i % 8] = from[i] }
        store(last, f, m / 8)
      }
    }
  }

  /// Whole numbers as floats, exactly: placed under the bits of 2^23, which is then subtracted.
  @inline(__always)
  private static func widened(_ x: SIMD8<UInt16>) -> SIMD8<Float> {
    var pairs = SIMD16<UInt16>(repeating: 0x4B00)
    pairs.evenHalf = x
    // Safe because both types have 256 bits; on little-endian machines the even lanes are the low halves.
    return unsafeBitCast(pairs, to: SIMD8<Float>.self) - 8_388_608
  }

  /// Stores eight whole numbers relative to the reference, and zeros where they are no data.
  @inline(__always)
  private func storeWhole(_ x: SIMD8<Float>, _ f: Int, _ i: Int) {
    let isGood = x .!= SIMD8<Float>(repeating: noData[f])
    let y = SIMD8<Float>.zero.replacing(with: x - reference[f], where: isGood)
    UnsafeMutableRawPointer(planes + (f * Self.capacity + i * 8)).storeBytes(of: y, as: SIMD8<Float>.self)
    let v = SIMD8<Float>.zero.replacing(with: lanes(valid, i), where: isGood)
    UnsafeMutableRawPointer(valid + i * 8).storeBytes(of: v, as: SIMD8<Float>.self)
  }

  /// Stores eight numbers relative to the reference, and zeros where they are no data, not finite or beyond 1e18.
  @inline(__always)
  private func store(_ x: SIMD8<Float>, _ f: Int, _ i: Int) {
    let limit = SIMD8<Float>(repeating: 1e18)
    // A limit instead of infinity, so that squared differences stay finite: about the square root of the largest float.
    let isGood = (x .< limit) .& (x .> -limit) .& (x .!= SIMD8<Float>(repeating: noData[f]))
    let y = SIMD8<Float>.zero.replacing(with: x - reference[f], where: isGood)
    UnsafeMutableRawPointer(planes + (f * Self.capacity + i * 8)).storeBytes(of: y, as: SIMD8<Float>.self)
    let v = SIMD8<Float>.zero.replacing(with: lanes(valid, i), where: isGood)
    UnsafeMutableRawPointer(valid + i * 8).storeBytes(of: v, as: SIMD8<Float>.self)
  }
}

/// The number of features as a type, so that loops over few features are unrolled at compile time.
protocol FeatureWidth {
  /// The number; 0 when it is known only at run time.
  static var count: Int { get }
}
enum Width1: FeatureWidth { static var count: Int { 1 } }
enum Width2: FeatureWidth { static var count: Int { 2 } }
enum Width3: FeatureWidth { static var count: Int { 3 } }
enum Width4: FeatureWidth { static var count: Int { 4 } }
enum AnyWidth: FeatureWidth { static var count: Int { 0 } }

/// Eight numbers of a plane; `i` counts vectors of eight.
@inline(__always)
func lanes(_ plane: UnsafeMutablePointer<Float>, _ i: Int) -> SIMD8<Float> {
  UnsafeRawPointer(plane + i * 8).load(as: SIMD8<Float>.self)
}
