import Clustering
import FloeCore
import FloeNumerics
import Synchronization
import Testing

/// Labels in memory.
final class KeptLabels: LabelKeeper {
  private let blocks = Mutex<[Int: [UInt8]]>([:])
  subscript(block: Int) -> [UInt8]? { blocks.withLock { $0[block] } }
  func keep(block: Int, _ labels: [UInt8]) { blocks.withLock { $0[block] = labels } }
  func amend(block: Int, recoded: [UInt8]?, places: [UInt32], labels: [UInt8]) {
    blocks.withLock { blocks in
      var kept = blocks[block] ?? []
      if let recoded { kept = kept.map { recoded[Int($0)] } }
      for (place, label) in zip(places, labels) { kept[Int(place)] = label }
      blocks[block] = kept
    }
  }
}

@Suite struct KMeansTests {
  /// Four values whose answer fits in the head: centres 1.5 and 10.5, inertia 4 x 0.25.
  @Test func tinyExampleIsExact() async throws {
    let block = SampleBlock(featureCount: 1, values: .float([1, 2, 10, 11, .nan]))
    let r = try await KMeansFit(KMeansOptions(clusters: 2)).run(
      MemoryReader(layout: [FeatureLayout("x")], blocks: [block]), map: SerialMap())
    let sorted = r.reordered(r.clusters.orderByBrightness)
    #expect(sorted.centres == [[1.5], [10.5]])
    #expect(sorted.counts == [2, 2])
    #expect(abs(r.inertia - 1) < 1e-6)
    #expect(r.skipped == 1 && r.validCount == 4 && r.isConverged)
    #expect(sorted.kernel(layout: [FeatureLayout("x")], whole: false).labels(block) == [0, 0, 1, 1, 255])
    #expect(sorted.clusters.map { $0.variance[0] } == [0.25, 0.25])
  }

  @Test(arguments: [false, true]) func findsLeadsWhateverTheSeed(standardise: Bool) async throws {
    let scene = SampleScenes.iceAndLeads(20_000)
    var inertias: Set<Double> = []
    for seed in [0, 1, 99] as [UInt64] {
      var options = KMeansOptions(clusters: 2)
      options.seed = seed
      options.standardise = standardise
      let reader = SampleScenes.reader(scene.values, block: 3000)
      let r = try await KMeansFit(options).run(reader, map: SerialMap())
      let named = r.reordered(r.clusters.orderByBrightness)
      let labels = try (0..<reader.blockCount).flatMap {
        named.kernel(layout: reader.layout, whole: true).labels(try reader.read(block: $0))
      }
      #expect(labels == scene.truth)
      inertias.insert(r.inertia)
    }
    #expect(inertias.count == 1)
  }

  @Test func sameResultForAnyWorkersAndManyBlocks() async throws {
    let scene = SampleScenes.iceAndLeads(50_000)
    var options = KMeansOptions(clusters: 3)
    options.sampleLimit = 5000
    let reader = SampleScenes.reader(scene.values, block: 7000)
    let one = try await KMeansFit(options).run(reader, map: SerialMap())
    let many = try await KMeansFit(options).run(reader, map: TaskMap())
    #expect(one.centres == many.centres && one.inertia == many.inertia && one.counts == many.counts)
    #expect(one.fullIterations > 0)
    // A training sample gives the same optimum as all samples, because Lloyd ends over all of them.
    options.sampleLimit = 100_000
    let all = try await KMeansFit(options).run(reader, map: SerialMap())
    #expect(abs(one.inertia / all.inertia - 1) < 1e-4)
  }

  /// The pass and the labels agree exactly, and the masked fast path with the scattered sums of the general one.
  @Test(arguments: [1, 2, 6, 7, 25]) func passAgreesWithPlainTwin(clusters: Int) {
    let values = SampleScenes.iceAndLeads(5000).values
    let block = SampleBlock(featureCount: 3, values: .uint16(values))
    var g = SeededGenerator(seed: 4)
    let centres = (0..<clusters).map { _ in (0..<3).map { _ in g.uniform(0, 0.9) } }
    let space = FeatureSpace(isStandardised: false, mean: [0.5, 0.5, 0.5], spread: [1, 1, 1])
    let kernel = KMeansKernel(centres: centres, space: space, layout: SampleScenes.layout, whole: true)
    let labels = kernel.labels(block)
    let pass = kernel.pass(block)
    var counts = [Int](repeating: 0, count: clusters)
    var sums = [Double](repeating: 0, count: clusters * 3)
    var inertia = 0.0
    for i in 0..<5000 where labels[i] != 255 {
      let stored = block.stored(i)
      let x = stored.map { $0 * 1e-4 - 0.1 }
      let distances = centres.map { c in (0..<3).reduce(0.0) { $0 + (x[$1] - c[$1]) * (x[$1] - c[$1]) } }
      let nearest = distances.min() ?? 0
      let j = Int(labels[i])
      #expect(distances[j] - nearest < 1e-6)
      inertia += nearest
      counts[j] += 1
      for f in 0..<3 { sums[j * 3 + f] += stored[f] - 6000 }
    }
    #expect(pass.counts == counts && pass.sums == sums)
    #expect(abs(pass.inertia / inertia - 1) < 1e-5)
    #expect(pass.skipped == 100)
  }

  /// Steps over the samples near a border alone end where steps over all samples end, bit for bit.
  @Test(arguments: [2, 3, 7, 25], [0.001, 0.03, 0.3]) func bordersAgreeWithPlainTwin(clusters: Int, share: Double)
    async throws
  {
    let reader = SampleScenes.reader(SampleScenes.iceAndLeads(60_000).values, block: 7000)
    var options = KMeansOptions(clusters: clusters)
    options.sampleLimit = 3000
    options.starts = 2
    options.borderShare = share
    let fast = try await KMeansFit(options).run(reader, map: TaskMap())
    options.borderShare = 0
    let plain = try await KMeansFit(options).run(reader, map: SerialMap())
    #expect(fast.centres == plain.centres && fast.counts == plain.counts)
    // Squares are added in single precision chunk by chunk, in another order.
    #expect(abs(fast.inertia / plain.inertia - 1) < 5e-6)
    for (a, b) in zip(fast.clusters, plain.clusters) {
      #expect(
        zip(a.variance, b.variance).allSatisfy { abs($0 - $1) < 5e-6 * $1 }
          && abs(a.brightnessVariance / b.brightnessVariance - 1) < 1e-5)
    }
    #expect(fast.fullIterations == plain.fullIterations && fast.fullIterations > 1)
  }

  /// The labels that the last pass hands out are those of the result's kernel.
  @Test(arguments: [2, 9]) func keptLabelsAreTheKernels(clusters: Int) async throws {
    let reader = SampleScenes.reader(SampleScenes.iceAndLeads(20_000).values, block: 3001)
    let kept = KeptLabels()
    var options = KMeansOptions(clusters: clusters)
    options.sampleLimit = 800
    let r = try await KMeansFit(options).run(
      reader, map: TaskMap(), arrange: { $0.indices.sorted { a, b in a > b } }, keeper: kept)
    #expect(r.fullIterations > 0)
    let kernel = r.kernel(layout: reader.layout, whole: true)
    for b in 0..<reader.blockCount { #expect(try kernel.labels(reader.read(block: b)) == kept[b]) }
  }

  /// Where hardly a sample is valid, the first pass picks too few and a second one makes up for it.
  @Test func fewValidSamplesAreEnough() async throws {
    var values = SampleScenes.iceAndLeads(100_000).values
    for i in 0..<100_000 where i % 401 != 3 { for f in 0..<3 { values[f * 100_000 + i] = 0 } }
    let reader = SampleScenes.reader(values, block: 9000)
    var options = KMeansOptions(clusters: 2)
    let all = try await KMeansFit(options).run(reader, map: SerialMap())
    options.sampleLimit = 100
    let some = try await KMeansFit(options).run(reader, map: SerialMap())
    #expect(some.validCount == all.validCount && some.validCount + some.skipped == 100_000 && some.fullIterations > 0)
    #expect(some.counts == all.counts && abs(some.inertia / all.inertia - 1) < 1e-6)
  }

  @Test func emptyClustersTakeTheFarthestSamples() async throws {
    var options = KMeansOptions(clusters: 3)
    options.starts = 1
    let block = SampleBlock(featureCount: 1, values: .float([0, 0, 0, 0, 5, 5, 5, 100]))
    let r = try await KMeansFit(options).run(
      MemoryReader(layout: [FeatureLayout("x")], blocks: [block]), map: SerialMap())
    #expect(r.counts.allSatisfy { $0 > 0 })
    #expect(r.centres.map { $0[0] }.sorted() == [0, 5, 100])
  }

  @Test func badSamplesGiveSentences() async throws {
    let layout = [FeatureLayout("x")]
    func run(_ values: [Float], _ k: Int) async throws {
      _ = try await KMeansFit(KMeansOptions(clusters: k)).run(
        MemoryReader(layout: layout, blocks: [SampleBlock(featureCount: 1, values: .float(values))]), map: SerialMap())
    }
    await #expect(throws: ClusteringError.noValidSamples(skipped: 3)) { try await run([.nan, .nan, .infinity], 2) }
    await #expect(throws: ClusteringError.tooFewDistinct(distinct: 1, samples: 4, clusters: 2)) {
      try await run([3, 3, 3, 3], 2)
    }
    await #expect(throws: ClusteringError.self) { try await run([1, 2], 300) }
    let sentence = ClusteringError.tooFewDistinct(distinct: 1, samples: 400, clusters: 2).description
    #expect(sentence == "only 1 distinct value among 400 valid samples; 2 clusters need at least 2")
  }

  @Test func shareAndMiniBatchComeNear() async throws {
    let reader = SampleScenes.reader(SampleScenes.iceAndLeads(50_000).values, block: 9000)
    var options = KMeansOptions(clusters: 2)
    let full = try await KMeansFit(options).run(reader, map: SerialMap())
    options.sampleLimit = 2000
    options.trainingShare = 0.2
    let share = try await KMeansFit(options).run(reader, map: SerialMap())
    #expect(share.trainingCount == 9800)
    #expect(share.inertia / full.inertia < 1.001)
    options.trainingShare = 1
    options.miniBatch = 256
    let batch = try await KMeansFit(options).run(reader, map: SerialMap())
    #expect(batch.inertia / full.inertia < 1.01)
  }
}
