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

  /// Ten noise samples of 51 to 69 counts, mean 60, of which four are 60: these do not lie above the floor. As products
  /// of single precision with the scale 0.001 some would.
  @Test(arguments: [60, 61, 77, 113, 20_117, 123_457])
  func samplesAtTheNoiseFloorDoNotLieAboveIt(_ level: Int) {
    var counts = [Int](repeating: 0, count: 256)
    for (i, d) in [-9, 9, 0, 0, -3, 3, 0, 0, -1, 1].enumerated() { counts[60 + i] = level + d }
    counts[100] = 11 * level
    let echo = counts.map { Float(Double($0) * 0.001) }
    // The sum in the order that numpy takes decides, in double precision.
    let v = counts[60..<70].map { Double($0) * 0.001 }
    let floor = (((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + (v[6] + v[7])) + v[8] + v[9]) / 10
    let above = counts[50..<178].map { Double($0) * 0.001 }.filter { $0 > floor }
    let expected = Double(11 * level) * 0.001 / (above.reduce(0, +) / Double(above.count))
    #expect(abs(Peakiness.course(echo[...], peak: 100, scale: SampleScale(0.001)) / expected - 1) < 1e-12)
  }

  @Test func countsAreFoundAgainBelowTwoToThe23() {
    let scale = SampleScale(0.001)
    for count in [0, 1, 3, 999, 65_535, 1_234_567, 8_388_607] {
      #expect(scale.exact(Float(Double(count) * 0.001)) == Double(count) * 0.001)
    }
    #expect(scale.exact(.nan).isNaN && scale.exact(Float(1e9)) == 1e9)
    #expect(SampleScale.none.exact(0.3) == Double(Float(0.3)))
  }

  @Test func missingSamplesTakeNoPart() {
    var echo = [Float](repeating: 1, count: 256)
    echo[100] = 11
    echo[65] = .nan
    echo[120] = .nan
    #expect(Peakiness.course(echo[...], peak: 100) == 11 / 11.0)
    for i in 60..<66 { echo[i] = .nan }
    #expect(Peakiness.course(echo[...], peak: 100).isNaN)
    #expect(Peakiness.course(echo[...], peak: 100, pythonWindow: true) == 1)
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

  /// The sums by recurrence and the plain ones with an exponential a sample lead to the same fit, wherever the bell
  /// lies.
  @Test(arguments: [(40.3, 3.0), (101.5, 36.7), (-8, 20), (230, 25), (99, 0.7), (150, 400)])
  func fastTwinEqualsPlain(_ truth: (centre: Double, sigma: Double)) {
    var random = SeededGenerator(seed: 11)
    for count in [203, 204, 5] {
      let y = (0..<count).map { x -> Double in
        let u = (Double(x) - truth.centre) / truth.sigma
        return (exponential(-0.5 * u * u) + 0.01) * (1 + 0.1 * random.gaussian())
      }
      let fast = GaussianFit(y)
      let plain = GaussianFit(y, plain: true)
      #expect((fast == nil) == (plain == nil))
      if let fast, let plain {
        #expect(abs(fast.sigma - plain.sigma) <= 1e-6 * plain.sigma, "\(truth), \(count) samples")
      }
    }
  }

  @Test func missingSamplesAreLeftOut() throws {
    func bell(_ x: Int) -> Double { exponential(-0.5 * Double((x - 60) * (x - 60)) / 49) }
    var y = (0..<128).map(bell)
    for i in [3, 58, 59, 70] { y[i] = .nan }
    #expect(abs(try #require(GaussianFit(y)).sigma - 7) < 1e-6)
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

  /// The 10 n samples of n bins are a little closer than a tenth of a bin, so that their places within a bin change as
  /// the echo moves: the edge follows to a few hundredths.
  @Test func edgeMovesWithTheEcho() throws {
    var random = SeededGenerator(seed: 3)
    let body = (0..<120).map {
      Float((1 - exponential(-Double($0) / 4)) * exponential(-Double($0) / 60) * (1 + 0.05 * random.gaussian()))
    }
    func echo(from bin: Int) -> [Float] {
      [Float](repeating: 0.001, count: bin) + body + [Float](repeating: 0.001, count: 136 - bin)
    }
    let first = try #require(Retracker().edge(echo(from: 40)[...]))
    for bin in [41, 57, 99] {
      let moved = try #require(Retracker().edge(echo(from: bin)[...]))
      #expect(abs(moved.bin - first.bin - Double(bin - 40)) < 0.03 && abs(moved.width - first.width) < 0.06)
    }
  }

  /// A single bin of power among 64: 640 samples from bin 0 to bin 63, 11 of them in a box under a triangle.
  @Test func smoothedTriangleByHand() throws {
    var echo = [Float](repeating: 0, count: 64)
    echo[30] = 1
    let edge = try #require(Retracker(threshold: 0.5).edge(echo[...]))
    let step = 63.0 / 639
    func smooth(_ i: Int) -> Double {
      (i - 5...i + 5).reduce(0.0) { $0 + max(0, 1 - abs(Double($1) * step - 30)) / 11 }
    }
    let top = (290...320).reduce(290) { smooth($1) > smooth($0) ? $1 : $0 }
    #expect(abs(edge.firstMaximum - Double(top) * step) < 1e-12)
    let below = try #require((270...top).last { smooth($0) <= 0.5 * smooth(top) })
    let share = (0.5 * smooth(top) - smooth(below)) / (smooth(below + 1) - smooth(below))
    #expect(abs(edge.bin - (Double(below) + share) * step) < 1e-12)
  }

  /// A spike of half the surface's power before it: the first sample from the left above the threshold counts, as in
  /// pysiral, and not the edge below the surface.
  @Test func firstSampleFromTheLeft() throws {
    var echo = [Float](repeating: 0.01, count: 256)
    for i in 100..<256 { echo[i] = Float(1 - 0.002 * Double(i - 100)) }
    echo[40] = 0.14
    echo[99] = 0.5
    let whole = try #require(Retracker().edge(echo[...]))
    #expect(abs(whole.bin - 99) < 0.1)
    let low = try #require(Retracker(threshold: 0.1).edge(echo[...]))
    #expect(abs(low.bin - 39.6) < 0.3 && low.firstMaximum > 99)
  }

  /// An echo that falls from its first sample on is above the threshold there already: 6 of the 11 samples of the first
  /// box are of the echo, 0.545 of its power, and half of the maximum is less. pysiral's index before it is -1, the
  /// last sample, and its range means nothing; here there is no edge.
  @Test func anEchoAboveTheThresholdFromItsFirstSampleHasNoEdge() {
    let falling = (0..<256).map { Float(1 - 0.001 * Double($0)) }
    #expect(Retracker().edge(falling[...]) == nil)
    // At 60 % of the maximum the rise of the box itself crosses, in the first half bin: pysiral's answer as well.
    let edge = Retracker(threshold: 0.6).edge(falling[...])
    #expect(edge.map { $0.bin > 0 && $0.bin < 0.5 } == true)
  }

  /// A rising echo that starts at 0.7 of its end: the box's zeros before the first sample make an edge there, at
  /// 6 + i of 11 samples for i samples in. 0.55 of 0.6 is less than half of 0.855: the crossing is between samples
  /// with (6 + i) * 0.6 / 11 below and above 0.4275.
  @Test func zerosBeforeTheEchoMakeAnEdgeAsInPysiral() throws {
    let rising = (0..<256).map { Float(0.6 + 0.001 * Double($0)) }
    let edge = try #require(Retracker().edge(rising[...]))
    let sample = 0.4275 / 0.6 * 11 - 6
    #expect(abs(edge.bin - sample * 255 / 2559) < 0.02)
  }

  /// Power in the last bin alone: its samples rise so steeply that the first above 95 % is the largest itself.
  @Test func theFirstMaximumItselfCanBeTheFirstAboveTheThreshold() throws {
    var echo = [Float](repeating: 0, count: 64)
    echo[63] = 1
    let edge = try #require(Retracker(threshold: 0.95).edge(echo[...]))
    let step = 63.0 / 639
    func smooth(_ i: Int) -> Double {
      (i - 5...min(639, i + 5)).reduce(0.0) { $0 + max(0, 1 - abs(Double($1) * step - 63)) / 11 }
    }
    let top = (600...639).reduce(600) { smooth($1) > smooth($0) ? $1 : $0 }
    let below = try #require((600...top).last { smooth($0) <= 0.95 * smooth(top) })
    let share = (0.95 * smooth(top) - smooth(below)) / (smooth(below + 1) - smooth(below))
    #expect(below + 1 == top && abs(edge.bin - (Double(below) + share) * step) < 1e-9)
  }

  /// A missing sample leaves no edge.
  @Test func noEdgeWithAMissingSample() {
    var echo = (0..<256).map { Float(0.6 + 0.001 * Double($0)) }
    echo[7] = .nan
    #expect(Retracker().edge(echo[...]) == nil)
  }

  @Test func separationByHand() {
    #expect(abs(Separation.jeffriesMatusita([0, 2, 1], [0, 2, 1])) < 1e-12)
    #expect(Separation.jeffriesMatusita([0, 0.1, 0.2], [100, 100.1, 100.2]) > 1.99)
    #expect(Separation.jeffriesMatusita([1], [2, 3]).isNaN)
  }
}
