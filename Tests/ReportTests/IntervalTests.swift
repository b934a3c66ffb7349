import FloeSDK
import Report
import Testing

@Suite struct IntervalTests {
  /// The examples of Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3:
  /// Wilson's score interval without continuity correction.
  @Test(arguments: [
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718),
  ])
  func wilsonAgreesWithNewcombe(hits: Int, count: Int, low: Double, high: Double) throws {
    let found = try #require(WilsonInterval.ends(hits, of: count))
    #expect(abs(found.low - low) < 0.00006 && abs(found.high - high) < 0.00006, "\(found)")
  }

  @Test func sharesOfNothingHaveNoInterval() {
    #expect(WilsonInterval.ends(0, of: 0) == nil)
    #expect(WilsonInterval.ends(3, of: 2) == nil)
    #expect(WilsonInterval.ends(-1, of: 2) == nil)
  }

  /// Cohen (1960): the error of kappa is sqrt(po (1 - po) / n) / (1 - pe); by hand for po 0.7, pe 0.5, n 100 it is
  /// 0.0458258 / 0.5 = 0.0916515, times 1.959964 is 0.179634 on each side of 0.4.
  @Test func kappaByHand() throws {
    let found = try #require(Interval.kappa(0.4, agreement: 0.7, count: 100))
    #expect(abs(found.low - 0.220366) < 1e-5 && abs(found.high - 0.579634) < 1e-5, "\(found)")
    #expect(Interval.kappa(1, agreement: 1, count: 100) == nil)
  }
}
