import FloeNumerics

/// Samples of a scene in which every level of brightness counts alike, so that a class of one in a thousand has
/// clusters of its own, and the scene's ice level.
///
/// Half of them are spread evenly over the valid samples. The other half comes in equal numbers from steps of
/// brightness of 1/20 of the ice level, from 0 to 1.2 of it, and from what lies beyond. All follow from the samples
/// alone.
struct BalancedSample: Sendable {
  /// What clusters are fitted on.
  let training: SampleBlock
  /// Evenly spread over the valid samples: what shares are counted on.
  let even: SampleBlock
  /// The median of each feature over the samples at least half as bright as the 95th percentile, in physical units.
  let ice: [Double]

  /// Takes the sample from what a first pass picked.
  ///
  /// - Parameter limit: samples to train on, about.
  init(_ picks: SamplingPass, layout: [FeatureLayout], limit: Int = 40_000) {
    even = picks.sample(200_000)
    let brightness = even.brightness(layout)
    let sorted = brightness.sorted()
    let high = sorted[min(sorted.count - 1, sorted.count * 95 / 100)]
    let bright = brightness.indices.filter { brightness[$0] >= high / 2 }
    let d = layout.count
    let chosen = even.gathered(bright)
    ice = (0..<d).map { f in
      let values = (0..<chosen.count).map { chosen.value(f, $0) }.sorted()
      return values.isEmpty ? 0 : values[(values.count - 1) / 2] * layout[f].scale + layout[f].offset
    }
    let level = ice.reduce(0, +) / Double(d)
    let steps = Self.steps
    var members = [[(block: Int, place: Int)]](repeating: [], count: steps + 1)
    for (b, block) in picks.picked.enumerated() {
      for (place, value) in block.brightness(layout).enumerated() {
        let step = level > 0 ? (Double(value) / level * 20).rounded(.down) : 0
        members[step < 0 ? 0 : step < Double(steps) ? Int(step) : steps].append((b, place))
      }
    }
    let filled = members.filter { !$0.isEmpty }
    let each = max(1, limit / 2 / max(1, filled.count))
    var places = [[Int]](repeating: [], count: picks.picked.count)
    for all in filled {
      let wanted = min(each, all.count)
      for i in 0..<wanted {
        let pick = all[i * all.count / wanted]
        places[pick.block].append(pick.place)
      }
    }
    var before = 0
    let total = picks.pickedCount
    let wanted = min(limit / 2, total)
    var next = 0
    for (b, block) in picks.picked.enumerated() {
      while next < wanted, next * total / wanted < before + block.count {
        places[b].append(next * total / wanted - before)
        next += 1
      }
      before += block.count
    }
    training = SampleBlock(
      joining: zip(picks.picked, places).map { block, places in
        var once: [Int] = []
        for place in places.sorted() where once.last != place { once.append(place) }
        return block.gathered(once)
      })
  }

  private static let steps = 24

  /// The mean of the darkest tenth of each cluster's training samples, in physical units; nil where there are fewer
  /// than 10.
  ///
  /// - Parameter labels: clusters of the training samples, 255 for none.
  func darkEnds(labels: [UInt8], clusters: Int, layout: [FeatureLayout]) -> [[Double]?] {
    let brightness = training.brightness(layout)
    var members = [[Int]](repeating: [], count: clusters)
    for i in labels.indices where Int(labels[i]) < clusters { members[Int(labels[i])].append(i) }
    return members.map { all in
      guard all.count >= 10 else { return nil }
      let rising = all.sorted { brightness[$0] != brightness[$1] ? brightness[$0] < brightness[$1] : $0 < $1 }
      let darkest = rising.prefix(max(5, all.count / 10))
      return layout.indices.map { f in
        darkest.reduce(0) { $0 + training.value(f, $1) } / Double(darkest.count) * layout[f].scale + layout[f].offset
      }
    }
  }
}

extension BalancedSample {
  /// The brightness of each cluster's darkest training sample, in physical units; infinite for one without samples.
  ///
  /// - Parameter labels: clusters of the training samples, 255 for none.
  func lowest(labels: [UInt8], clusters: Int, layout: [FeatureLayout]) -> [Double] {
    var lowest = [Double](repeating: .infinity, count: clusters)
    for (label, value) in zip(labels, training.brightness(layout)) where Int(label) < clusters {
      lowest[Int(label)] = min(lowest[Int(label)], Double(value))
    }
    return lowest
  }

  /// The mean of the three darkest training samples, in physical units; nil where there are fewer.
  ///
  /// A lead of a few pixels may have no cluster of its own. Two samples could be faults of the detector.
  func darkestSamples(layout: [FeatureLayout]) -> [Double]? {
    let brightness = training.brightness(layout)
    guard brightness.count >= 3 else { return nil }
    var darkest: [Int] = []
    for i in brightness.indices {
      let place = darkest.firstIndex { brightness[i] < brightness[$0] } ?? darkest.count
      if place < 3 {
        darkest.insert(i, at: place)
        if darkest.count > 3 { darkest.removeLast() }
      }
    }
    return layout.indices.map { f in
      darkest.reduce(0) { $0 + training.value(f, $1) } / 3 * layout[f].scale + layout[f].offset
    }
  }
}

extension SampleBlock {
  /// One stored number, for single samples and not for loops over pixels.
  func value(_ feature: Int, _ sample: Int) -> Double {
    switch values {
    case .uint16(let v): Double(v[feature * count + sample])
    case .float(let v): Double(v[feature * count + sample])
    }
  }

  /// The mean over all features in physical units, of each sample.
  func brightness(_ layout: [FeatureLayout]) -> [Float] {
    let n = count
    func sums<T: PixelNumber>(_ v: [T]) -> [Float] {
      var total = [Double](repeating: layout.reduce(0) { $0 + $1.offset } / Double(layout.count), count: n)
      for f in layout.indices {
        let scale = layout[f].scale / Double(layout.count)
        for i in 0..<n { total[i] += v[f * n + i].double * scale }
      }
      return total.map { Float($0) }
    }
    switch values {
    case .uint16(let v): return sums(v)
    case .float(let v): return sums(v)
    }
  }
}
