import FloeSDK
import Sentinel3
import Testing

@Suite struct InterpolationTests {
  private let source = [0.0, 1, 2, 6]
  private let values = [0.0, 10, 20, 60]
  private let target = [-1.0, 0, 0.5, 1, 2, 4, 6, 7]

  @Test func gapsAndEndsAreMissing() {
    let moved = TimeInterpolation(maximumGap: 3, extrapolates: false).linear(values, at: source, to: target)
    #expect(moved.map { $0.isNaN ? nil : $0 } == [nil, 0, 5, 10, 20, nil, 60, nil])
  }

  @Test func extrapolationContinuesTheLine() {
    let moved = TimeInterpolation(maximumGap: 10, extrapolates: true).linear(values, at: source, to: target)
    #expect(moved == [-10, 0, 5, 10, 20, 40, 60, 70])
  }

  @Test func missingValuesAreSkipped() {
    let rules = TimeInterpolation(maximumGap: 2, extrapolates: false)
    #expect(
      rules.linear([0, .nan, 20, .nan], at: source, to: target).map { $0.isNaN ? -1 : $0 } == [
        -1, 0, 5, 10, 20, -1, -1, -1,
      ])
    #expect(
      rules.linear([.nan, 7, .nan, .nan], at: source, to: target).map { $0.isNaN ? -1 : $0 } == [
        -1, -1, -1, 7, -1, -1, -1, -1,
      ])
    #expect(rules.linear([.nan, .nan, .nan, .nan], at: source, to: target).allSatisfy { $0.isNaN })
  }

  @Test func flagsAreTheNearest() {
    let moved = TimeInterpolation(maximumGap: 10, extrapolates: true).nearest(
      [3, 1, 2, 0], at: source, to: [-1, 0.4, 0.5, 0.6, 3.9, 4.1, 9])
    #expect(moved == [3, 3, 3, 1, 2, 0, 0])
  }

  @Test func boxesCrossTheDateLine() {
    var w = TrackWindow()
    w.box = [170, -10, -170, 10]
    #expect(
      w.holds(longitude: 175, latitude: 0) && w.holds(longitude: -175, latitude: 0)
        && w.holds(longitude: 170, latitude: 10))
    #expect(!w.holds(longitude: 0, latitude: 0) && !w.holds(longitude: 175, latitude: 11))
    w.box = [-180, -90, 180, 90]
    #expect(w.holds(longitude: 12, latitude: 80))
    w.box = [350, 0, 10, 1]
    #expect(w.holds(longitude: 0, latitude: 0.5) && !w.holds(longitude: 20, latitude: 0.5))
  }
}
