import FloeNumerics

/// What a first pass over all samples finds: counts, means and variances, block by block.
public struct FeatureStatistics: Sendable, Equatable {
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
    /// Samples in the sums.
    var summed = 0
    var sums: [Double], squares: [Double]
    var picked: SampleBlock?
  }

  /// Reads every block once.
  public static func take(_ reader: some SampleReader, map: some BlockMap) async throws -> FeatureStatistics {
    try await take(reader, stride: 0, map: map).0
  }

  /// Reads every block once and picks valid samples by the way: of every `stride` samples of a block one, at a place
  /// fixed by a hash.
  ///
  /// - Parameter exactly: whether mean and variance are those of all valid samples; else, for whole numbers, those of
  ///   the picked ones.
  /// - Returns: the census, and the picked samples of each block that has any; none with a stride of 0.
  static func take(
    _ reader: some SampleReader, stride: Int, exactly: Bool = true, map: some BlockMap
  ) async throws -> (FeatureStatistics, picked: [SampleBlock]) {
    let layout = reader.layout
    let d = layout.count
    guard reader.blockCount > 0 else { throw ClusteringError.noValidSamples(skipped: 0) }
    // The first valid sample is near enough to the mean to keep the sums of squares from cancelling.
    let reference = try firstValid(reader) ?? [Double](repeating: 0, count: d)
    let parts = try await map.map(reader.blockCount) { b in
      let block = try reader.read(block: b)
      let places = Picks.places(b, stride: stride, valid: block, layout)
      if !exactly, let part = counted(block, layout, reference, places) { return part }
      var part = part(block, layout, reference)
      if !places.isEmpty { part.picked = block.gathered(places) }
      return part
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
    let n = Double(parts.reduce(0) { $0 + $1.summed })
    let census = FeatureStatistics(
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

  private static func part(_ block: SampleBlock, _ layout: [FeatureLayout], _ reference: [Double]) -> Part {
    let d = layout.count
    let buffer = ChunkBuffer(
      reference: reference.map { Float($0) }, weights: [Float](repeating: 1, count: d), noData: layout.noDataFloats)
    var result = Part(sums: [Double](repeating: 0, count: d), squares: [Double](repeating: 0, count: d))
    result.samples = block.count
    result.isWhole = block.isWhole
    for start in stride(from: 0, to: block.count, by: ChunkBuffer.capacity) {
      let (_, vectors) = buffer.load(block, from: start)
      var count = SIMD8<Float>.zero
      for i in 0..<vectors { count += lanes(buffer.valid, i) }
      result.count += Int(count.sum())
      for f in 0..<d {
        let plane = buffer.planes + f * ChunkBuffer.capacity
        var low = SIMD4<Double>.zero
        var high = low
        var lowSquare = low
        var highSquare = low
        for i in 0..<vectors {
          let x = SIMD8<Float>.zero.replacing(with: lanes(plane, i), where: lanes(buffer.valid, i) .> 0)
          let a = SIMD4<Double>(x.lowHalf)
          let b = SIMD4<Double>(x.highHalf)
          low += a
          high += b
          lowSquare += a * a
          highSquare += b * b
        }
        result.sums[f] += (low + high).sum()
        result.squares[f] += (lowSquare + highSquare).sum()
      }
    }
    result.summed = result.count
    return result
  }

  /// A part whose sums are those of the picked samples alone; nil for numbers that are not whole.
  private static func counted(_ block: SampleBlock, _ layout: [FeatureLayout], _ reference: [Double], _ places: [Int])
    -> Part?
  {
    guard case .uint16(let values) = block.values else { return nil }
    var result: Part
    if places.isEmpty {
      result = Part(sums: reference.map { _ in 0 }, squares: reference.map { _ in 0 })
    } else {
      let picked = block.gathered(places)
      result = part(picked, layout, reference)
      result.picked = picked
    }
    result.samples = block.count
    result.count = validCount(values, block.count, layout)
    return result
  }

  /// Samples that are no data in no feature: `values[feature][sample]`, `n` samples.
  private static func validCount(_ values: [UInt16], _ n: Int, _ layout: [FeatureLayout]) -> Int {
    let codes = layout.map { $0.noData.flatMap { UInt16(exactly: $0) } }
    return values.withUnsafeBufferPointer { p -> Int in
      guard let base = p.baseAddress else { return 0 }
      return withUnsafeTemporaryAllocation(of: UInt16.self, capacity: ChunkBuffer.capacity) { isLeft in
        guard let flags = isLeft.baseAddress else { return 0 }
        var total = n
        for start in stride(from: 0, to: n, by: ChunkBuffer.capacity) {
          let m = min(ChunkBuffer.capacity, n - start)
          flags.update(repeating: 0, count: m)
          for (f, code) in codes.enumerated() {
            guard let code else { continue }
            let from = base + (f * n + start)
            for i in 0..<m { flags[i] |= from[i] == code ? 1 : 0 }
          }
          var left: UInt16 = 0
          for i in 0..<m { left &+= flags[i] }
          total -= Int(left)
        }
        return total
      }
    }
  }

  /// Places of a block that are picked where they are valid: one in each run of `stride` samples.
  private enum Picks {
    static func places(_ block: Int, stride: Int, valid samples: SampleBlock, _ layout: [FeatureLayout]) -> [Int] {
      guard stride > 0 else { return [] }
      let n = samples.count
      let noData = layout.noDataFloats
      switch samples.values {
      case .uint16(let v):
        return v.withUnsafeBufferPointer { v in
          places(block, stride, n) { place in
            for f in noData.indices where Float(v[f * n + place]) == noData[f] { return false }
            return true
          }
        }
      case .float(let v):
        return v.withUnsafeBufferPointer { v in
          places(block, stride, n) { place in
            for f in noData.indices where v[f * n + place] == noData[f] || !(abs(v[f * n + place]) < 1e18) {
              return false
            }
            return true
          }
        }
      }
    }

    @inline(__always)
    private static func places(_ block: Int, _ stride: Int, _ n: Int, where isValid: (Int) -> Bool) -> [Int] {
      var places: [Int] = []
      places.reserveCapacity(n / stride + 1)
      for run in 0..<((n + stride - 1) / stride) {
        var hash = SplitMix64(state: UInt64(truncatingIfNeeded: block) << 32 ^ UInt64(truncatingIfNeeded: run))
        let place = run * stride + Int(hash.next().multipliedFullWidth(by: UInt64(stride)).high)
        if place < n, isValid(place) { places.append(place) }
      }
      return places
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
    let total = validCount
    let wanted = min(max(1, limit), total)
    let layout = reader.layout
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
      let low = stratum * total / wanted
      let high = (stratum + 1) * total / wanted
      var hash = SplitMix64(state: UInt64(truncatingIfNeeded: stratum))
      return low + Int(hash.next().multipliedFullWidth(by: UInt64(high - low)).high)
    }
    var stratum = max(0, first * wanted / total - 1)
    while stratum < wanted, place(stratum) < first { stratum += 1 }
    var next = stratum < wanted ? place(stratum) : Int.max
    var index = first
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
    if Self.distinct(sample, reader.layout, limit: clusters).count >= clusters { return }
    let found = try await Self.distinct(in: reader, limit: clusters, map: map)
    guard found >= clusters else {
      throw ClusteringError.tooFewDistinct(distinct: found, samples: validCount, clusters: clusters)
    }
  }

  /// How many distinct values the valid samples of all blocks have, up to a limit; one pass.
  static func distinct(in reader: some SampleReader, limit: Int, map: some BlockMap) async throws -> Int {
    let layout = reader.layout
    let parts = try await map.map(reader.blockCount) { distinct(try reader.read(block: $0), layout, limit: limit) }
    return min(limit, parts.reduce(into: Set<[Double]>()) { $0.formUnion($1) }.count)
  }

  /// The distinct values of a block's valid samples, in stored units, up to a limit.
  static func distinct(_ block: SampleBlock, _ layout: [FeatureLayout], limit: Int) -> Set<[Double]> {
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
