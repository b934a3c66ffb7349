import Altimetry
import FloeSDK
import Testing

/// A track whose numbers come from whole-number formulas, so that numpy has the same. Expected values are those of a
/// plain numpy program that evaluates the definitions with sums over masks, for each lead and each place anew.
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
        (0, -0.007155602747, 0.016437341853), (1, -0.005681799955, 0.015803740769),
        (20, 0.019944943248, 0.003982834288), (40, 0.068031028451, 0.007005693132),
        (41, 0.069291148548, 0.005756297409), (60, 0.091027015749, 0.005576608356),
        (100, 0.207076068233, 0.004766854672), (122, 0.232294414071, 0.009815324558),
      ]
      : [
        (0, -0.005169904043, 0.005788271395), (1, -0.003831301141, 0.005410481128),
        (20, 0.003821792574, 0.003254345464), (40, 0.016145845346, 0.002924012401),
        (41, 0.016403311784, 0.002974696248), (60, 0.021825874921, 0.00428057553),
        (100, 0.10839229979, 0.002838532538), (122, 0.114822174808, 0.005314844887),
      ]
    for (k, height, sigma) in expected {
      #expect(close(nodes[k].height, height) && close(nodes[k].uncertainty, sigma), "node \(k)")
    }
    let s = f.positions
    let x = [
      0, 500, s[130], s[130] + 40, s[249] + 50e3, s[249] + 101e3, s[250] - 99e3, s[399] + 98e3, s[399] + 101e3, s[105],
    ]
    let surface: [(Double, Double)] =
      step == 1300
      ? [
        (-0.007155602747, 0.016437341853), (-0.006887443578, 0.017530317903), (0.055025383955, 0.046608771164),
        (0.055035451951, 0.046609615434), (0.102341581662, 0.073364023661), (.nan, .nan),
        (0.165601785423, 0.099992243261), (0.232294414071, 0.100211479363), (.nan, .nan),
        (0.046833809985, 0.028494383614),
      ]
      : [
        (-0.005169904043, 0.005788271395), (-0.004131261195, 0.006434342473), (0.011603547564, 0.021878959684),
        (0.011617477421, 0.021880166894), (0.02410082624, 0.07133118906), (.nan, .nan),
        (0.098960972501, 0.099641430294), (0.114822174808, 0.099312877192), (.nan, .nan),
        (0.008986998035, 0.012955865481),
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
}
