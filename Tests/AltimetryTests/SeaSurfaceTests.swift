import Altimetry
import FloeSDK
import Testing

/// A track whose numbers come from whole-number formulas, so that numpy has the same. Expected values are those of a
/// plain numpy program that evaluates the definitions for each lead and each place anew: lines by `lstsq`, weights from
/// the inverse of the normal matrix, sums over masks.
private struct Fixture {
  let positions: [Double]
  let heights: [Double]
  let leads: [Int]

  init(step: Double) {
    let jitter = step > 500 ? 1.0 : 0.3
    var positions: [Double] = []
    for i in 0..<400 { positions.append(Double(i) * step + Double(i * i * 37 % 211) * jitter) }
    // A gap wider than 200 km.
    for i in 250..<400 { positions[i] += 260_000 }
    var heights: [Double] = []
    for i in 0..<400 {
      let noise = 0.04 * Double((i * i * 31 % 17) - 8) / 8
      heights.append(noise + 3e-7 * positions[i])
    }
    heights[60] += 0.9
    heights[61] -= 0.7
    self.positions = positions
    self.heights = heights
    leads = (0..<400).filter { $0 * 7 % 11 < 4 && !($0 > 100 && $0 < 160) }
  }
}

private func close(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 2e-12 || a.isNaN && b.isNaN }

@Suite struct SeaSurfaceTests {
  @Test("outliers, nodes and the surface are those of numpy", arguments: [1300.0, 300.0])
  func agreesWithNumpy(step: Double) {
    let f = Fixture(step: step)
    let rule = SeaSurface()
    let places = f.leads.map { f.positions[$0] }
    let heights = f.leads.map { f.heights[$0] }
    let outlier = rule.outliers(heights, at: places, range: 0..<places.count)
    #expect(f.leads.indices.filter { outlier[$0] }.map { f.leads[$0] } == [60])
    // Judged in blocks, each lead gets the same answer.
    let blocks = rule.outliers(heights, at: places, range: 0..<50) + rule.outliers(heights, at: places, range: 50..<124)
    #expect(blocks == outlier)
    let used = f.leads.indices.filter { !outlier[$0] }
    let nodes = rule.nodes(used.map { heights[$0] }, at: used.map { places[$0] })
    #expect(nodes.count == 123)
    let expected: [(Int, Double, Double)] =
      step == 1300
      ? [
        (0, -0.007155602747, 0.010809372961), (1, -0.005681799955, 0.010062234854),
        (20, 0.019944943248, 0.005486002847), (40, 0.068031028451, 0.007472684135),
        (41, 0.069291148548, 0.006938605791), (60, 0.091027015749, 0.005105778495),
        (100, 0.207076068233, 0.003952149304), (122, 0.232294414071, 0.010108637824),
      ]
      : [
        (0, -0.005169904043, 0.005998879025), (1, -0.003831301141, 0.005650518225),
        (20, 0.003821792574, 0.003327118447), (40, 0.016145845346, 0.003029008454),
        (41, 0.016403311784, 0.003081075287), (60, 0.021825874921, 0.004438665892),
        (100, 0.10839229979, 0.00300737791), (122, 0.114822174808, 0.005630989568),
      ]
    for (k, height, sigma) in expected {
      #expect(close(nodes[k].height, height) && close(nodes[k].uncertainty, sigma), "node \(k)")
    }
    // Over 30 km, less than a line's window, the misses are told from fewer leads.
    var short = rule
    short.uncertaintyWindow = 30_000
    let near = short.nodes(used.map { heights[$0] }, at: used.map { places[$0] })
    let sigmas: [(Int, Double)] =
      step == 1300
      ? [(0, 0.013832010307), (20, 0.004021113504), (60, 0.010841144121), (122, 0.011388797524)]
      : [(0, 0.005998879025), (20, 0.003327118447), (60, 0.004438665892), (122, 0.005630989568)]
    for (k, sigma) in sigmas {
      #expect(near[k].height == nodes[k].height && close(near[k].uncertainty, sigma), "node \(k), 30 km")
    }
    let s = f.positions
    let x = [
      0, 500, s[130], s[130] + 40, s[249] + 50e3, s[249] + 101e3, s[250] - 99e3, s[399] + 98e3, s[399] + 101e3, s[105],
    ]
    let surface: [(Double, Double)] =
      step == 1300
      ? [
        (-0.007155602747, 0.010809372961), (-0.006887443578, 0.012442853355), (0.055025383955, 0.046561008212),
        (0.055035451951, 0.046561581209), (0.102341581662, 0.073247448487), (.nan, .nan),
        (0.165601785423, 0.100022526232), (0.232294414071, 0.100240633271), (.nan, .nan),
        (0.046833809985, 0.02876792092),
      ]
      : [
        (-0.005169904043, 0.005998879025), (-0.004131261195, 0.006634821398), (0.011603547564, 0.021887498293),
        (0.011617477421, 0.021888707461), (0.02410082624, 0.071344374404), (.nan, .nan),
        (0.098960972501, 0.099658896057), (0.114822174808, 0.099330297712), (.nan, .nan),
        (0.008986998035, 0.012969520184),
      ]
    for ((place, value), (height, sigma)) in zip(zip(x, rule.values(at: x, nodes)), surface) {
      #expect(close(value.height, height) && close(value.uncertainty, sigma), "at \(place) m")
    }
  }

  @Test("noise of neighbours is 1.4826 of the median difference over root 2, and needs ten pairs")
  func noise() {
    let f = Fixture(step: 300)
    let used = f.leads.filter { $0 != 60 }
    let noise = neighbourNoise(used.map { f.heights[$0] }, at: used.map { f.positions[$0] })
    #expect(noise.map { abs($0 - 0.0212593386868314) < 1e-15 } == true)
    #expect(neighbourNoise([1, 2, 3], at: [0, 1, 2]) == nil)
  }

  @Test("distance along the track crosses the 180° meridian the short way")
  func distance() {
    let along = alongTrackDistance(
      latitude: [80, 80.01, 80.02, .nan, 80.5], longitude: [179.99, -179.98, -179.9, 0, 10])
    // pyproj 3.6, Geod(ellps="WGS84").inv, added up.
    for (a, b) in zip(along, [0, 1258.9505704050327, 3168.594754656447, .nan, 2170568.603219393]) {
      #expect(a.isNaN && b.isNaN || abs(a - b) <= 1.5e-6 * b)
    }
    // At one place, and over a pole, there is no step back.
    let pole = alongTrackDistance(latitude: [89.999, 89.999, 89.999, 89.999], longitude: [10, 10, 190, -170])
    // Twice 0.001 degrees of latitude at the pole: 111693.97999 m each degree.
    #expect(pole[1] == 0 && abs(pole[2] - 223.388) < 0.001 && abs(pole[3] - pole[2]) < 1e-6)
  }

  @Test("without a lead there is no surface")
  func empty() {
    let value = SeaSurface().values(at: [0, 1], SeaSurface().nodes([], at: []))[1]
    #expect(value.height.isNaN && value.uncertainty.isNaN && value.distance.isNaN)
  }

  @Test("a single lead holds for 100 km with a growing uncertainty")
  func single() {
    let rule = SeaSurface()
    let nodes = rule.nodes([0.3], at: [1000])
    let values = rule.values(at: [1000, 51_000, 101_000, 101_001], nodes)
    #expect(values[0].height == 0.3 && values[2].height == 0.3 && values[3].height.isNaN)
    #expect(values[0].uncertainty < values[1].uncertainty && values[1].uncertainty < values[2].uncertainty)
  }

  @Test("the stack limit is where leads begin to lie low; leads that do not give none")
  func deviationLimit() {
    // 100 leads whose stacks widen from 1 to 5.95 looks; those from 4 looks on lie 6 cm below the others.
    let deviations = (0..<100).map { 1 + 0.05 * Double($0) }
    func standings(_ low: Double) -> [SeaSurface.Standing] {
      deviations.enumerated().map { i, looks in
        let noise = 0.04 * Double((i * i * 31 % 17) - 8) / 8
        return SeaSurface.Standing(distance: noise - (looks >= 4 ? low : 0), isOutlier: false)
      }
    }
    let rule = SeaSurface()
    let limit = rule.deviationLimit(deviations, standings(0.06)) ?? .nan
    #expect(limit >= 4 && limit < 4.7)
    #expect(rule.deviationLimit(deviations, standings(0)) == nil)
    // Outliers and missing deviations take no part, leads of one deviation are not told apart.
    let outliers = standings(0.06).enumerated().map { i, lead in
      SeaSurface.Standing(distance: lead.distance, isOutlier: deviations[i] >= 4)
    }
    #expect(rule.deviationLimit(deviations, outliers) == nil)
    #expect(rule.deviationLimit(deviations.map { $0 >= 4 ? .nan : $0 }, standings(0.06)) == nil)
    #expect(rule.deviationLimit(deviations.map { _ in 3 }, standings(0.06)) == nil)
    #expect(rule.deviationLimit(Array(deviations[60..<75]), Array(standings(0.06)[60..<75])) == nil)
  }
}
