import FloeNumerics

/// What a first pass over all samples finds: counts, means and variances, block by block.
public struct Census: Sendable, Equatable {
  /// Valid samples of each block.
  public let validCounts: [Int]
  /// Samples left out: no data or not a number in any feature.
  public let skipped: Int
  /// Mean of each feature over the valid samples, in physical units.
  public let mean: [Double]
  /// Population variance of each feature, in squared physical units.
  public let variance: [Double]
  /// Whether the blocks hold whole numbers.
  public let isWhole: Bool
  /// Valid samples.
  public var validCount: Int { validCounts.reduce(0, +) }

  /// Counts and moments of one block about a fixed reference in stored units.
  struct Part: Sendable {
    var count = 0, samples = 0, isWhole = true
    var sums: [Double], squares: [Double]
    var picked: SampleBlock?
  }

  /// Reads every block once.
  public static func take(_ reader: some SampleReader, map: some BlockMap) async throws -> Census {
    try await take(reader, stride: 0, map: map).0
  }

  /// Reads every block once and picks valid samples by the way: of every `stride` samples of a block one, at a place fixed by a hash.
  ///
  /// - Returns: the census, and the picked samples of each block that has any; none with a stride of 0.
  static func take(_ reader: some SampleReader, stride: Int, map: some BlockMap) async throws -> (Census, picked: [SampleBlock]) {
    let layout = reader.layout, d = layout.count
    guard reader.blockCount > 0 else { throw ClusteringError.noValidSamples(skipped: 0) }
    // The first valid sample is near enough to the mean to keep the sums of squares from cancelling.
    let reference = try firstValid(reader) ?? [Double](repeating: 0, count: d)
    let parts = try await map.map(reader.blockCount) { b in
      var picks = Picks(block: b, stride: stride)
      return part(try reader.read(block: b), layout, reference, &picks)
    }
    var total = Part(sums: [Double](repeating: 0, count: d), squares: [Double](repeating: 0, count: d))
    for p in parts {
      total.count += p.count
      total.samples += p.samples
      total.isWhole = total.isWhole && p.isWhole
      for f in 0..<d {
        total.sums[f] += p.sums[f]
        total.squares[f] += p.squares[f]
      }
    }
    guard total.count > 0 else { throw ClusteringError.noValidSamples(skipped: total.samples) }
    let n = Double(total.count)
    let census = Census(
      validCounts: parts.map(\.count), skipped: total.samples - total.count,
      mean: (0..<d).map { (total.sums[$0] / n + reference[$0]) * layout[$0].scale + layout[$0].offset },
      variance: (0..<d).map {
        let m = total.sums[$0] / n
        return max(0, total.squares[$0] / n - m * m) * layout[$0].scale * layout[$0].scale
      }, isWhole: total.isWhole)
    return (census, parts.compactMap(\.picked))
  }

  private static func firstValid(_ reader: some SampleReader) throws -> [Double]? {
    let noData = reader.layout.noDataFloats
    for b in 0..<reader.blockCount {
      let block = try reader.read(block: b)
      let buffer = ChunkBuffer(reference: noData.map { _ in 0 }, weights: noData.map { _ in 1 }, noData: noData)
      for start in stride(from: 0, to: block.count, by: ChunkBuffer.capacity) {
        let (samples, _) = buffer.load(block, from: start)
        for i in 0..<samples where buffer.valid[i] > 0 { return block.stored(start + i) }
      }
    }
    return nil
  }

  private static func part(_ block: SampleBlock, _ layout: [FeatureLayout], _ reference: [Double], _ picks: inout Picks) -> Part {
    let d = layout.count
    let buffer = ChunkBuffer(
      reference: reference.map { Float($0) }, weights: [Float](repeating: 1, count: d), noData: layout.noDataFloats)
    var result = Part(sums: [Double](repeating: 0, count: d), squares: [Double](repeating: 0, count: d))
    result.samples = block.count
    result.isWhole = block.isWhole
    for start in stride(from: 0, to: block.count, by: ChunkBuffer.capacity) {
      let (samples, vectors) = buffer.load(block, from: start)
      var count = SIMD8<Float>.zero
      for i in 0..<vectors { count += lanes(buffer.valid, i) }
      result.count += Int(count.sum())
      picks.take(from: start, samples, valid: buffer.valid)
      for f in 0..<d {
        let plane = buffer.planes + f * ChunkBuffer.capacity
        var low = SIMD4<Double>.zero, high = low, lowSquare = low, highSquare = low
        for i in 0..<vectors {
          let x = SIMD8<Float>.zero.replacing(with: lanes(plane, i), where: lanes(buffer.valid, i) .> 0)
          let a = SIMD4<Double>(x.lowHalf), b = SIMD4<Double>(x.highHalf)
          low += a
          high += b
          lowSquare += a * a
          highSquare += b * b
        }
        result.sums[f] += (low + high).sum()
        result.squares[f] += (lowSquare + highSquare).sum()
      }
    }
    if !picks.places.isEmpty { result.picked = block.gathered(picks.places) }
    return result
  }

  /// Places of a block that are picked where they are valid: one in each run of `stride` samples.
  private struct Picks {
    private(set) var places: [Int] = []
    private let block, stride: Int
    private var run = 0, next: Int

    init(block: Int, stride: Int) {
      self.block = block
      self.stride = stride
      next = stride > 0 ? Self.place(block, 0, stride) : Int.max
    }

    private static func place(_ block: Int, _ run: Int, _ stride: Int) -> Int {
      var hash = SplitMix64(state: UInt64(truncatingIfNeeded: block) << 32 ^ UInt64(truncatingIfNeeded: run))
      return run * stride + Int(hash.next().multipliedFullWidth(by: UInt64(stride)).high)
    }

    /// Takes the places in a chunk of `samples` from `start` on.
    mutating func take(from start: Int, _ samples: Int, valid: UnsafeMutablePointer<Float>) {
      while next < start + samples {
        if valid[next - start] > 0 { places.append(next) }
        run += 1
        next = Self.place(block, run, stride)
      }
    }
  }

  /// The feature space that these figures give.
  public func space(standardise: Bool) -> FeatureSpace {
    FeatureSpace(
      isStandardised: standardise, mean: mean,
      spread: variance.map { standardise && $0 > 0 ? $0.squareRoot() : 1 })
  }

  /// At most `limit` valid samples, spread evenly over all of them; all when there are no more than that.
  ///
  /// Each of `limit` equal strata of the valid samples gives one, at a place fixed by a hash of its number, so that
  /// no pattern in the rows can fall in step with the choice. The same samples come whatever the seed.
  public func draw(_ reader: some SampleReader, limit: Int, map: some BlockMap) async throws -> SampleBlock {
    let total = validCount, wanted = min(max(1, limit), total), layout = reader.layout
    var before = [0]
    for c in validCounts { before.append((before.last ?? 0) + c) }
    let firsts = before
    let parts = try await map.map(reader.blockCount) { b -> [[Float]] in
      let block = try reader.read(block: b)
      return Self.pick(block, layout, first: firsts[b], end: firsts[b + 1], wanted: wanted, total: total)
    }
    var planes = [Float]()
    planes.reserveCapacity(wanted * layout.count)
    for f in layout.indices { for p in parts { planes += p[f] } }
    // Whole numbers below 2^16 pass through single precision unchanged.
    return SampleBlock(
      featureCount: layout.count, values: isWhole ? .uint16(planes.map { UInt16($0) }) : .float(planes))
  }

  private static func pick(
    _ block: SampleBlock, _ layout: [FeatureLayout], first: Int, end: Int, wanted: Int, total: Int
  ) -> [[Float]] {
    let d = layout.count
    var picked = [[Float]](repeating: [], count: d)
    func place(_ stratum: Int) -> Int {
      let low = stratum * total / wanted, high = (stratum + 1) * total / wanted
      var hash = SplitMix64(state: UInt64(truncatingIfNeeded: stratum))
      return low + Int(hash.next().multipliedFullWidth(by: UInt64(high - low)).high)
    }
    var stratum = max(0, first * wanted / total - 1)
    while stratum < wanted, place(stratum) < first { stratum += 1 }
    var next = stratum < wanted ? place(stratum) : Int.max, index = first
    let buffer = ChunkBuffer(
      reference: [Float](repeating: 0, count: d), weights: [Float](repeating: 1, count: d), noData: layout.noDataFloats)
    for start in stride(from: 0, to: block.count, by: ChunkBuffer.capacity) where next < end {
      let (samples, _) = buffer.load(block, from: start)
      for i in 0..<samples where buffer.valid[i] > 0 {
        if index == next {
          for f in 0..<d { picked[f].append(buffer.planes[f * ChunkBuffer.capacity + i]) }
          stratum += 1
          next = stratum < wanted ? place(stratum) : Int.max
        }
        index += 1
      }
    }
    return picked
  }

  /// Throws when fewer than `clusters` distinct values are among the valid samples.
  public func requireDistinct(
    _ clusters: Int, in reader: some SampleReader, sample: SampleBlock, map: some BlockMap
  ) async throws {
    let layout = reader.layout
    if Self.distinct(sample, layout, limit: clusters).count >= clusters { return }
    let parts = try await map.map(reader.blockCount) {
      Self.distinct(try reader.read(block: $0), layout, limit: clusters)
    }
    let found = parts.reduce(into: Set<[Double]>()) { $0.formUnion($1) }
    guard found.count >= clusters else {
      throw ClusteringError.tooFewDistinct(distinct: found.count, samples: validCount, clusters: clusters)
    }
  }

  private static func distinct(_ block: SampleBlock, _ layout: [FeatureLayout], limit: Int) -> Set<[Double]> {
    let noData = layout.noDataFloats
    let buffer = ChunkBuffer(reference: noData.map { _ in 0 }, weights: noData.map { _ in 1 }, noData: noData)
    var found = Set<[Double]>()
    for start in stride(from: 0, to: block.count, by: ChunkBuffer.capacity) {
      let (samples, _) = buffer.load(block, from: start)
      for i in 0..<samples where buffer.valid[i] > 0 {
        found.insert(block.stored(start + i))
        if found.count >= limit { return found }
      }
    }
    return found
  }
}
