/// What a first pass over all samples brings home: the census, and samples spread evenly over the valid ones.
struct SamplingPass: Sendable {
  let census: FeatureStatistics
  /// At most about as many valid samples as were asked for, in blocks, in the order of samples.
  let picked: [SampleBlock]
  var pickedCount: Int { picked.reduce(0) { $0 + $1.count } }

  /// One pass; a second where few samples are valid, so that the picks of the first do not suffice.
  ///
  /// - Parameters:
  ///   - wanted: samples to pick, about; all valid ones when there are no more than `least`.
  ///   - least: picks that must come while there are so many valid samples.
  ///   - exactly: whether the census's mean and variance are those of all valid samples; else those of many of them
  ///     will do.
  static func take(_ reader: some SampleReader, wanted: Int, least: Int, exactly: Bool, map: some BlockMap) async throws
    -> SamplingPass
  {
    let stride = max(1, (reader.sampleCount + wanted - 1) / max(1, wanted))
    let (census, picked) = try await FeatureStatistics.take(reader, stride: stride, exactly: exactly, map: map)
    let survey = SamplingPass(census: census, picked: picked)
    if stride == 1 || survey.pickedCount >= min(least, census.validCount) && census.validCount > least { return survey }
    let whole = exactly ? census : try await FeatureStatistics.take(reader, map: map)
    return SamplingPass(census: whole, picked: [try await census.draw(reader, limit: least, map: map)])
  }

  /// Evenly chosen from the picked samples, at most `limit`.
  func sample(_ limit: Int) -> SampleBlock {
    let all = pickedCount
    if picked.count == 1, all <= limit { return picked[0] }
    let wanted = min(limit, all)
    var parts: [SampleBlock] = []
    var first = 0
    var next = 0
    for block in picked {
      var places: [Int] = []
      while next < wanted, next * all / wanted < first + block.count {
        places.append(next * all / wanted - first)
        next += 1
      }
      parts.append(block.gathered(places))
      first += block.count
    }
    return SampleBlock(joining: parts)
  }
}

extension SampleBlock {
  /// Blocks of the same features and kind, one after the other.
  init(joining parts: [SampleBlock]) {
    let d = parts.first?.featureCount ?? 1
    let total = parts.reduce(0) { $0 + $1.count }
    func join<T>(_ type: T.Type, _ values: (SampleBlock) -> [T]) -> [T] {
      var all: [T] = []
      all.reserveCapacity(total * d)
      for f in 0..<d { for p in parts { all += values(p)[(f * p.count)..<((f + 1) * p.count)] } }
      return all
    }
    if parts.allSatisfy(\.isWhole) {
      self.init(
        featureCount: d, values: .uint16(join(UInt16.self) { if case .uint16(let v) = $0.values { v } else { [] } }))
    } else {
      self.init(
        featureCount: d, values: .float(join(Float.self) { if case .float(let v) = $0.values { v } else { [] } }))
    }
  }
}
