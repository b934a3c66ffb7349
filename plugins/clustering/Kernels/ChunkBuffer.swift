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
    let m = min(Self.capacity, block.count - start), padded = (m + 7) / 8 * 8
    valid.update(repeating: 1, count: m)
    (valid + m).update(repeating: 0, count: padded - m)
    switch block.values {
    case .uint16(let values): values.withUnsafeBufferPointer { loadWhole($0, block.count, start, m, padded) }
    case .float(let values): values.withUnsafeBufferPointer { loadFloat($0, block.count, start, m, padded) }
    }
    if !isPlain {
      for f in 0..<featureCount {
        let w = weights[f], from = planes + f * Self.capacity, to = weighted + f * Self.capacity
        for i in 0..<padded { to[i] = from[i] * w }
      }
    }
    return (m, padded / 8)
  }

  private func loadWhole(_ values: UnsafeBufferPointer<UInt16>, _ n: Int, _ start: Int, _ m: Int, _ padded: Int) {
    guard let base = values.baseAddress else { return }
    for f in 0..<featureCount {
      let from = base + (f * n + start), to = planes + f * Self.capacity, r = reference[f]
      for i in 0..<m { to[i] = Float(from[i]) - r }
      for i in m..<padded { to[i] = 0 }
      if let nothing = UInt16(exactly: noData[f]) {
        for i in 0..<m { valid[i] = from[i] == nothing ? 0 : valid[i] }
      }
    }
  }

  private func loadFloat(_ values: UnsafeBufferPointer<Float>, _ n: Int, _ start: Int, _ m: Int, _ padded: Int) {
    guard let base = values.baseAddress else { return }
    for f in 0..<featureCount {
      let from = base + (f * n + start), to = planes + f * Self.capacity, r = reference[f], nothing = noData[f]
      for i in 0..<m {
        let x = from[i]
        // A limit instead of infinity, so that squared differences stay finite: about the square root of the largest float.
        let isGood = x.magnitude < 1e18 && x != nothing
        to[i] = isGood ? x - r : 0
        valid[i] = isGood ? valid[i] : 0
      }
      for i in m..<padded { to[i] = 0 }
    }
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
