import Altimetry
import FloeSDK
import Testing

@Suite struct PeakinessTests {
  /// A floor of 1 with one sample of 11 at bin 100: the floor is 1, one sample lies above it.
  @Test func courseDefinitionByHand() {
    var echo = [Float](repeating: 1, count: 256)
    echo[100] = 11
    echo[101] = 3
    #expect(abs(Peakiness.course(echo[...], peak: 100) - 11 / 7) < 1e-12)
    #expect(abs(Peakiness.maxMean(echo[...], peak: 100) - 11 / (268 / 256)) < 1e-12)
    #expect(abs(Peakiness.peacockLaxon(echo[...], peak: 100) - 31.5 * 11 / 268) < 1e-12)
    #expect(Peakiness.peak(echo[...]) == 100)
  }

  @Test func earlyPeaksAreMissing() {
    var echo = [Float](repeating: 1, count: 256)
    echo[49] = 11
    #expect(Peakiness.course(echo[...], peak: 49, pythonWindow: true).isNaN)
    #expect(Peakiness.course(echo[...], peak: 49) == 1 * 11 / 11.0)
    echo[49] = 1
    echo[35] = 5
    #expect(Peakiness.course(echo[...], peak: 35) == 1)
    #expect(Peakiness.course(echo[...], peak: 34).isNaN)
    #expect(Peakiness.peak([Float](repeating: 0, count: 256)[...]) == nil)
  }

  @Test func definitionsAgreeWithAnyOrigin() {
    var echo = (0..<501).map { Float(1 + ($0 * 37) % 11) }
    echo[300] = 40
    let part = echo[245..<501]
    #expect(Peakiness.value(part, .course) == Peakiness.value(Array(part)[...], .course))
  }
}

@Suite struct GaussianFitTests {
  @Test(arguments: [(5.0, 40.0, 3.0), (2e6, 101.3, 36.7), (800, 90, 0.8)])
  func recoversParameters(_ truth: (amplitude: Double, centre: Double, sigma: Double)) throws {
    let y = (0..<200).map { x -> Double in
      let u = (Double(x) - truth.centre) / truth.sigma
      return truth.amplitude * exponential(-0.5 * u * u)
    }
    let fit = try #require(GaussianFit(y))
    #expect(abs(fit.sigma - truth.sigma) < 1e-6 * truth.sigma)
    #expect(abs(fit.centre - truth.centre) < 1e-6)
    #expect(abs(fit.amplitude - truth.amplitude) < 1e-6 * truth.amplitude)
  }

  @Test func nothingToFit() {
    #expect(GaussianFit([Double](repeating: 0, count: 256)) == nil)
    #expect(GaussianFit([]) == nil)
    #expect(GaussianFit([Double](repeating: .nan, count: 20)) == nil)
  }

  @Test func momentsByHand() throws {
    let m = try #require(GaussianFit.moments([0, 1, 2, 1, 0]))
    #expect(m.mean == 2)
    #expect(abs(m.root - 0.5.squareRoot()) < 1e-15)
    #expect(abs(GaussianFit.notebookWidth([0, 1, 2, 1, 0]) - 0.5 * 36 / 18) < 1e-15)
  }
}

@Suite struct RetrackerTests {
  /// A step of height 1 between bins 80 and 90 reaches half at 85; the box moves a straight edge by nothing.
  @Test func straightEdge() throws {
    var echo = (0..<256).map { Float(min(1, max(0, (Double($0) - 80) / 10))) }
    for i in 90..<256 { echo[i] = Float(1 - 0.003 * Double(i - 90)) }
    let edge = try #require(Retracker().edge(echo[...]))
    #expect(abs(edge.bin - 85) < 0.05)
    #expect(abs(edge.width - 9) < 0.3)
    #expect(Retracker().edge([Float](repeating: 0, count: 256)[...]) == nil)
  }

  @Test func separationByHand() {
    #expect(abs(Separation.jeffriesMatusita([0, 2, 1], [0, 2, 1])) < 1e-12)
    #expect(Separation.jeffriesMatusita([0, 0.1, 0.2], [100, 100.1, 100.2]) > 1.99)
    #expect(Separation.jeffriesMatusita([1], [2, 3]).isNaN)
  }
}
