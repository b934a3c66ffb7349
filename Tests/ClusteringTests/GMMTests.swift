import Clustering
import FloeCore
import FloeNumerics
import Testing

@Suite struct GMMTests {
  @Test(arguments: CovarianceType.allCases) func separatesIceAndLeads(type: CovarianceType) async throws {
    let scene = SampleScenes.iceAndLeads(20_000)
    let reader = SampleScenes.reader(scene.values, block: 6000)
    var options = GMMOptions(components: 2)
    options.covariance = type
    let r = try await GMMFit(options).run(reader, map: SerialMap())
    let named = r.reordered(r.clusters.orderByBrightness)
    #expect(abs(named.mixture.weights[0] - 0.1) < 0.01)
    let kernel = try named.kernel(layout: reader.layout, whole: true)
    let block = try reader.read(block: 0)
    let out = kernel.classify(block)
    #expect(out.labels == Array(scene.truth[..<6000]))
    #expect(kernel.classify(block, entropy: false).labels == out.labels)
    #expect(out.topProbability[1] > 0.999 && out.entropy[1] < 0.01 && out.topProbability[0].isNaN)
    let byClass = out.probabilities(classOf: [2, 2], codes: [2])
    #expect(abs(byClass[0][1] - 1) < 1e-6)
  }

  /// Sums and log-likelihood against densities computed one by one in doubles.
  @Test(arguments: [1, 3, 5]) func passAgreesWithPlainTwin(features d: Int) throws {
    var g = SeededGenerator(seed: 2)
    let n = 3001
    let values = (0..<n * d).map { _ in Float(g.gaussian()) }
    let block = SampleBlock(featureCount: d, values: .float(values))
    let layout = (0..<d).map { FeatureLayout("f\($0)") }
    let covariance = (0..<d).map { a in (0..<d).map { a == $0 ? 1.5 : 0.4 } }
    let mixture = GMMParameters(
      type: .full, weights: [0.3, 0.7],
      means: [[Double](repeating: -0.5, count: d), [Double](repeating: 0.8, count: d)],
      covariances: [covariance, covariance])
    let space = FeatureSpace(
      isStandardised: false, mean: [Double](repeating: 0, count: d), spread: [Double](repeating: 1, count: d))
    let pass = try GMMKernel(mixture, space: space, layout: layout, whole: false).pass(block)
    let cholesky = try #require(SquareMatrix(rows: covariance).flatMap { Cholesky($0) })
    var logLikelihood = 0.0
    var weights = [0.0, 0.0]
    var firsts = [[Double]](repeating: [Double](repeating: 0, count: d), count: 2)
    // The lower triangle row by row.
    var seconds = [[Double]](repeating: [Double](repeating: 0, count: d * (d + 1) / 2), count: 2)
    for i in 0..<n {
      let x = block.stored(i)
      let logs = (0..<2).map { j in
        let difference = (0..<d).map { x[$0] - mixture.means[j][$0] }
        let q = zip(difference, cholesky.solve(difference)).reduce(0) { $0 + $1.0 * $1.1 }
        return naturalLog(mixture.weights[j]) - (q + cholesky.logDeterminant + Double(d) * naturalLog(2 * .pi)) / 2
      }
      let total = naturalLog(logs.reduce(0) { $0 + exponential($1) })
      logLikelihood += total
      for j in 0..<2 {
        let r = exponential(logs[j] - total)
        weights[j] += r
        let difference = (0..<d).map { x[$0] - mixture.means[j][$0] }
        for a in 0..<d {
          firsts[j][a] += r * difference[a]
          for b in 0...a { seconds[j][a * (a + 1) / 2 + b] += r * difference[a] * difference[b] }
        }
      }
    }
    #expect(abs(pass.logLikelihood - logLikelihood) / Double(n) < 1e-6)
    for j in 0..<2 {
      #expect(abs(pass.weights[j] - weights[j]) < 1e-3)
      for f in 0..<d { #expect(abs(pass.firsts[j * d + f] - firsts[j][f]) < 5e-3) }
      for (t, p) in seconds[j].enumerated() {
        #expect(abs(pass.seconds[j * seconds[j].count + t] - p) < 1e-2)
      }
    }
  }

  /// Stored probabilities are those of `classify` in whole steps, and the kept labels are its labels.
  @Test(arguments: [2, 3]) func storedAgreesWithPlainTwin(components: Int) async throws {
    let reader = SampleScenes.reader(SampleScenes.iceAndLeads(9001).values, block: 3001)
    let kept = KeptLabels()
    let fitted = try await GMMFit(GMMOptions(components: components)).run(
      reader, map: TaskMap(), arrange: { $0.indices.sorted { a, b in a > b } }, keeper: kept)
    let kernel = try fitted.kernel(layout: reader.layout, whole: true)
    let of = (0..<components).map { $0 == 0 ? 7 : 4 }
    for b in 0..<reader.blockCount {
      let block = try reader.read(block: b)
      let plain = kernel.classify(block)
      let n = block.count
      #expect(kept[b] == plain.labels)
      for i in 0..<n where plain.labels[i] != 255 {
        let terms = plain.probabilities.map { Double($0[i]) }.map { $0 > 0 ? -$0 * naturalLog($0) : 0 }
        #expect(abs(Double(plain.entropy[i]) - terms.reduce(0, +) / naturalLog(Double(components))) < 3e-6)
      }
      let sums = plain.probabilities(classOf: of, codes: [4, 7])
      // Named mixtures are uncertain between classes, not between clusters of one class.
      let between = (0..<n).map { i -> Float in
        let terms = sums.map { Double($0[i]) }.map { $0 > 0 ? -$0 * naturalLog($0) : 0 }
        return Float(terms.reduce(0, +) / naturalLog(2))
      }
      let highest = (0..<n).map { i in sums.map { $0[i] }.max() ?? .nan }
      for (uncertainty, last) in [
        (StoredUncertainty.entropy, [between]), (.top, [highest]), (.none, []),
      ] {
        let stored = kernel.stored(
          block, components: of, codes: [4, 7], uncertainty: uncertainty, steps: 50_000, left: 65535)
        let bands = sums + last
        #expect(stored.count == bands.count * n)
        for (band, values) in bands.enumerated() {
          // Samples without data have no label in the plain form and hold the missing number in the stored one.
          for i in 0..<n where plain.labels[i] != 255 {
            let told = stored[band * n + i]
            #expect(values[i].isNaN ? told == 65535 : abs(Float(told) - values[i] * 50_000) <= 0.75)
          }
        }
      }
    }
  }

  @Test func criteriaFollowTheirDefinitions() async throws {
    let reader = SampleScenes.reader(SampleScenes.iceAndLeads(2000).values, block: 2000)
    let r = try await GMMFit(GMMOptions(components: 2)).run(reader, map: SerialMap())
    // Full, k = 2, d = 3: 12 + 6 + 1.
    #expect(r.mixture.freeParameterCount == 19)
    #expect(abs(r.aic - (-2 * r.meanLogLikelihood * 1960 + 38)) < 1e-9)
    #expect(abs(r.bic - r.aic - 19 * naturalLog(1960) + 38) < 1e-9)
  }

  @Test func sameResultForAnyWorkers() async throws {
    let reader = SampleScenes.reader(SampleScenes.iceAndLeads(40_000).values, block: 5000)
    var options = GMMOptions(components: 2)
    options.sampleLimit = 4000
    let one = try await GMMFit(options).run(reader, map: SerialMap())
    let many = try await GMMFit(options).run(reader, map: TaskMap())
    #expect(one.mixture == many.mixture && one.meanLogLikelihood == many.meanLogLikelihood)
    #expect(one.fullIterations > 0)
  }

  @Test func collapseIsASentence() async throws {
    var options = GMMOptions(components: 2)
    options.regularisation = 0
    let block = SampleBlock(featureCount: 1, values: .float([1, 1, 1, 5, 5, 5]))
    do {
      _ = try await GMMFit(options).run(
        MemoryReader(layout: [FeatureLayout("x")], blocks: [block]), map: SerialMap())
      Issue.record("a collapsed covariance was accepted")
    } catch let error as ClusteringError {
      #expect(error.description.contains("raise the regularisation"))
    }
  }
}
