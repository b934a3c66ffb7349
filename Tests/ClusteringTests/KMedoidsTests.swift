import Clustering
import FloeCore
import FloeNumerics
import Testing

@Suite struct KMedoidsTests {
  private static let layout = [FeatureLayout("a"), FeatureLayout("b")]

  /// Three groups of 14 points in a plane, and two points far away.
  private static func points(_ each: Int = 14) -> [SIMD2<Float>] {
    var generator = SeededGenerator(seed: 5, stream: 0)
    let middles: [SIMD2<Float>] = [[0, 0], [6, 1], [2, 7]]
    let all = (0..<(3 * each)).map { i in
      middles[i % 3] + SIMD2(Float(generator.uniform()), Float(generator.uniform())) * 3
    }
    return all + [[60, 60], [-50, 3]]
  }

  private static func block(_ points: [SIMD2<Float>]) -> SampleBlock {
    SampleBlock(featureCount: 2, values: .float(points.map(\.x) + points.map(\.y)))
  }

  private static func distance(_ a: SIMD2<Float>, _ b: SIMD2<Float>) -> Double {
    let x = Double(a.x) - Double(b.x)
    let y = Double(a.y) - Double(b.y)
    return (x * x + y * y).squareRoot()
  }

  /// The smallest sum of distances to the nearest of `count` points, over all ways to choose these.
  private static func smallest(_ points: [SIMD2<Float>], _ count: Int) -> (cost: Double, medoids: Set<Int>) {
    var best = (cost: Double.infinity, medoids: Set<Int>())
    func go(_ chosen: [Int]) {
      if chosen.count == count {
        let cost = points.reduce(0) { sum, p in
          sum + chosen.reduce(Double.infinity) { min($0, distance(p, points[$1])) }
        }
        if cost < best.cost { best = (cost, Set(chosen)) }
        return
      }
      for next in ((chosen.last ?? -1) + 1)..<points.count { go(chosen + [next]) }
    }
    go([])
    return best
  }

  private static func cost(_ points: [SIMD2<Float>], _ medoids: [Int]) -> Double {
    points.reduce(0) { sum, p in
      sum + medoids.reduce(Double.infinity) { min($0, distance(p, points[$1])) }
    }
  }

  /// Medoids as places among the points, all samples in the one draw.
  private static func fit(_ points: [SIMD2<Float>], _ count: Int) async throws -> (KMedoidsResult, [Int]) {
    let reader = MemoryReader(layout: layout, blocks: [block(points)])
    let found = try await KMedoidsFit(KMedoidsOptions(clusters: count)).run(reader, map: SerialMap())
    let places = found.clusters.compactMap { cluster in
      points.firstIndex { Double($0.x) == cluster.mean[0] && Double($0.y) == cluster.mean[1] }
    }
    return (found, places)
  }

  /// Where groups are plain, PAM finds what trying every choice of medoids finds.
  @Test(arguments: [1, 3]) func plainGroupsAgreeWithTryingEverything(count: Int) async throws {
    let points = Array(Self.points().dropLast(2))
    let wanted = Self.smallest(points, count)
    let (found, medoids) = try await Self.fit(points, count)
    #expect(Set(medoids) == wanted.medoids)
    #expect(abs(found.meanDistance * Double(points.count) - wanted.cost) < 1e-9 * wanted.cost)
    #expect(found.isConverged && found.counts.reduce(0, +) == points.count)
  }

  /// What PAM promises of any samples: no exchange of one medoid for another sample lowers the sum of distances.
  @Test(arguments: [1, 2, 3, 4, 7]) func noSingleExchangeIsBetter(count: Int) async throws {
    let points = Self.points()
    let (found, medoids) = try await Self.fit(points, count)
    #expect(medoids.count == count && Set(medoids).count == count)
    let cost = Self.cost(points, medoids)
    #expect(abs(found.meanDistance * Double(points.count) - cost) < 1e-9 * cost)
    for place in medoids.indices {
      for other in points.indices {
        var changed = medoids
        changed[place] = other
        #expect(Self.cost(points, changed) >= cost * (1 - 1e-9))
      }
    }
  }

  /// Samples in blocks of other sizes, and any seed where all samples are in the draw, give the same medoids.
  @Test func blocksAndSeedsDoNotMatterWhereAllAreDrawn() async throws {
    let points = Self.points(200)
    var seen: Set<[[Double]]> = []
    for (size, seed) in [(602, 0), (77, 0), (10, 9)] as [(Int, UInt64)] {
      let blocks = stride(from: 0, to: points.count, by: size).map {
        Self.block(Array(points[$0..<min(points.count, $0 + size)]))
      }
      var options = KMedoidsOptions(clusters: 3)
      options.seed = seed
      let found = try await KMedoidsFit(options).run(
        MemoryReader(layout: Self.layout, blocks: blocks), map: SerialMap())
      seen.insert(found.clusters.map(\.mean))
    }
    #expect(seen.count == 1)
  }

  /// Draws that are smaller than the samples: medoids are samples, labels are those of the nearest medoid, one seed
  /// gives one result, and more draws never a worse one.
  @Test func drawsAreSamplesOfTheSamples() async throws {
    let points = Self.points(3000)
    let block = Self.block(points)
    let reader = MemoryReader(layout: Self.layout, blocks: [block])
    var costs: [Double] = []
    for draws in [1, 5, 5] {
      var options = KMedoidsOptions(clusters: 3)
      options.draws = draws
      options.drawSize = 60
      options.seed = 3
      let kept = KeptLabels()
      let found = try await KMedoidsFit(options).run(reader, map: SerialMap(), keeper: kept)
      let medoids = found.clusters.map { SIMD2(Float($0.mean[0]), Float($0.mean[1])) }
      for medoid in medoids { #expect(points.contains(medoid)) }
      let labels = try #require(kept[0])
      for (i, point) in points.enumerated() {
        let distances = medoids.map { Self.distance(point, $0) }
        #expect(distances[Int(labels[i])] <= (distances.min() ?? 0) + 1e-4)
      }
      costs.append(found.meanDistance)
    }
    #expect(costs[1] <= costs[0] && costs[1] == costs[2])
  }

  @Test func asManyMedoidsAsDifferentSamples() async throws {
    let points: [SIMD2<Float>] = [[0, 0], [0, 0], [1, 0]]
    let reader = MemoryReader(layout: Self.layout, blocks: [Self.block(points)])
    let found = try await KMedoidsFit(KMedoidsOptions(clusters: 2)).run(reader, map: SerialMap())
    #expect(found.meanDistance == 0 && found.counts.sorted() == [1, 2])
    await #expect(throws: (any Error).self) {
      _ = try await KMedoidsFit(KMedoidsOptions(clusters: 3)).run(reader, map: SerialMap())
    }
  }
}
