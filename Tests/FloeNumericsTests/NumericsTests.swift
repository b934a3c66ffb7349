import FloeNumerics
import Testing

@Suite struct NumericsTests {
  @Test func generatorIsReproducibleAndUniform() {
    var a = SeededGenerator(seed: 7)
    var b = SeededGenerator(seed: 7)
    var c = SeededGenerator(seed: 7, stream: 1)
    let first = (0..<100).map { _ in a.next() }
    #expect(first == (0..<100).map { _ in b.next() })
    #expect(first != (0..<100).map { _ in c.next() })
    var uniform = RunningStatistics()
    var gaussian = RunningStatistics()
    for _ in 0..<100_000 {
      uniform.add(a.uniform())
      gaussian.add(a.gaussian())
    }
    #expect(abs(uniform.mean - 0.5) < 0.005 && uniform.minimum >= 0 && uniform.maximum < 1)
    #expect(abs(gaussian.mean) < 0.02 && abs(gaussian.standardDeviation - 1) < 0.02)
    #expect((0..<1000).allSatisfy { _ in (0..<3).contains(a.index(below: 3)) })
  }

  /// The first number of splitmix64 with state 0, from its reference implementation.
  @Test func splitMixMatchesReference() {
    var g = SplitMix64(state: 0)
    #expect(g.next() == 0xE220_A839_7B1D_CDAF)
  }

  @Test func statisticsMergeLikeOneStream() {
    let values = (0..<1000).map { 1e6 + Double($0 * $0 % 97) }
    let whole = RunningStatistics(values)
    var merged = RunningStatistics(values[..<300])
    merged.merge(RunningStatistics(values[300...]))
    #expect(merged.count == 1000 && merged.minimum == whole.minimum && merged.maximum == whole.maximum)
    #expect(abs(merged.variance - whole.variance) < 1e-6)
  }

  @Test(arguments: [(0.0, 1.0), (0.25, 1.75), (0.5, 2.5), (1.0, 4.0)])
  func quantilesInterpolateLinearly(fraction: Double, expected: Double) {
    #expect(quantiles([fraction], of: [4, 2, .nan, 1, 3])[0] == expected)
  }

  @Test func emptyQuantileIsNaN() { #expect(median(of: [.nan]).isNaN) }

  @Test func choleskySolvesAndInverts() throws {
    let a = try #require(SquareMatrix(rows: [[4, 2, 0.6], [2, 5, 1], [0.6, 1, 3]]))
    let c = try #require(Cholesky(a))
    let x = c.solve([1, 2, 3])
    for i in 0..<3 {
      #expect(abs((0..<3).reduce(0) { $0 + a[i, $1] * x[$1] } - Double(i + 1)) < 1e-12)
      for j in 0..<3 {
        let unit = (0..<3).reduce(0) { $0 + c.lower[i, $1] * c.inverseLower[$1, j] }
        #expect(abs(unit - (i == j ? 1 : 0)) < 1e-12)
      }
    }
    // By cofactors: 4 (15 - 1) - 2 (6 - 0.6) + 0.6 (2 - 3).
    #expect(abs(exponential(c.logDeterminant) - 44.6) < 1e-9)
  }

  @Test func indefiniteMatrixIsRefused() throws {
    let a = try #require(SquareMatrix(rows: [[1, 2], [2, 1]]))
    #expect(Cholesky(a) == nil)
  }

  @Test func vectorExpAgreesWithTwin() {
    var worst = 0.0
    for i in stride(from: -86.0, through: 87.0, by: 0.0371) {
      let x = Float(i)
      let exact = exponential(Double(x))
      worst = max(worst, abs(Double(vectorExp(SIMD8(repeating: x))[3]) / exact - 1))
    }
    #expect(worst < 2.5e-7)
    #expect(vectorExp(SIMD8(repeating: 0))[0] == 1)
    #expect(vectorExp(SIMD8(repeating: -1e30))[0] < 1e-37)
  }

  @Test func vectorLogAgreesWithTwin() {
    var worst = 0.0
    var x: Float = 1e-30
    while x < 1e30 {
      let exact = naturalLog(Double(x))
      worst = max(worst, abs(Double(vectorLog(SIMD8(repeating: x))[5]) - exact) / max(1, abs(exact)))
      x *= 1.0173
    }
    #expect(worst < 2e-7)
    #expect(vectorLog(SIMD8(repeating: 1))[0] == 0)
  }

  @Test func interpolationHoldsItsEnds() {
    #expect(interpolate(1.5, xs: [1, 2, 4], ys: [10, 20, 0]) == 15)
    #expect(interpolate(9, xs: [1, 2, 4], ys: [10, 20, 0]) == 0)
  }
}
