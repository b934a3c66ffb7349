import Clustering
import FloeCore
import Testing

/// Hand-made clusters of two bands against an ice level of 0.8 in both and a dark level of 0.1 and 0.05.
@Suite struct OpticalEvidenceTests {
  func cluster(_ first: Double, _ second: Double, deviation: Double = 0.01, count: Double = 100) -> ClusterSummary {
    ClusterSummary(
      mean: [first, second], variance: [deviation * deviation, deviation * deviation],
      brightnessVariance: deviation * deviation, count: count)
  }

  func evidence(_ ends: [[Double]?], clear: [Int] = [1]) -> OpticalEvidence {
    OpticalEvidence(features: ["B02", "B04"], ice: [0.8, 0.8], ends: ends, clearBands: clear)
  }

  @Test func everyDarkClusterOnTheLineIsNamed() {
    // Brightness: ice 0.8, dark 0.075; the limit is 0.8 - 0.45 * 0.725 = 0.47375.
    let clusters = [
      cluster(0.1, 0.05), cluster(0.31, 0.275), cluster(0.45, 0.43, deviation: 0.05),
      cluster(0.8, 0.8, deviation: 0.03),
    ]
    let verdict = evidence([[0.1, 0.05], nil, nil, nil]).judge(clusters)
    #expect(verdict.isFound)
    #expect(verdict.standings == [.whole, .whole, .divided, .outside])
    #expect(abs((verdict.limit?.brightness ?? 0) - 0.47375) < 1e-12)
  }

  @Test func whatIsDarkInOneBandOnlyIsRefused() {
    // A shadow on snow: openness (0.8 - 0.5) / 0.7 = 0.43 in the blue, (0.8 - 0.1) / 0.75 = 0.93 in the red.
    // 0.2 in both: 0.857 and 0.8 differ by 0.057, at most 0.1 * 0.828 + 0.02 = 0.103 is allowed; 0.2 and 0.4 differ by
    // 0.32, more than twice what is allowed (0.069 + 0.02); 0.2 and 0.3 differ by 0.19, less than twice 0.096.
    let clusters = [
      cluster(0.1, 0.05), cluster(0.5, 0.1), cluster(0.2, 0.4), cluster(0.2, 0.3), cluster(0.2, 0.2), cluster(0.8, 0.8),
    ]
    let verdict = evidence([[0.1, 0.05], nil, nil, nil, nil, nil]).judge(clusters)
    #expect(verdict.standings == [.whole, .refused, .refused, .divided, .whole, .outside])
  }

  /// Levels of the real scene. Ice that is dimmed to a part x of its light has an openness of (1 - x) * 0.804 / 0.525
  /// in B01 and (1 - x) * 0.324 / 0.306 in B09, of (1 - x) * 0.564 / 0.4155 in the mean: it falls by 0.348 of itself,
  /// and half of that, 0.174, still belongs to mixtures.
  @Test func opennessMayFallWithTheWavelengthHalfWayToDimmedIce() throws {
    var evidence = mixed(1).evidence
    func standing(_ blue: Double, _ infrared: Double) -> EvidenceVerdict.Standing {
      let end = mixed(1).end
      let own = cluster(0.804 - blue * 0.525, 0.324 - infrared * 0.306, deviation: 0.001)
      let verdict = evidence.judge([cluster(end[0], end[1]), own, cluster(0.804, 0.324)])
      return verdict.standings[1]
    }
    evidence.ends = [mixed(1).end, nil, nil]
    evidence.order = [0, 1]
    #expect(standing(0.7, 0.6) == .whole && standing(0.75, 0.6) == .divided && standing(0.95, 0.6) == .refused)
    #expect(standing(0.6, 0.67) == .whole && standing(0.6, 0.7) == .divided && standing(0.6, 0.85) == .refused)
    // The same bands the other way round, and bands of unknown wavelengths.
    evidence.order = [1, 0]
    #expect(standing(0.6, 0.7) == .divided && standing(0.7, 0.6) == .divided)
    evidence.order = nil
    #expect(standing(0.7, 0.6) == .divided && standing(0.67, 0.6) == .whole && standing(0.6, 0.67) == .whole)
    let facts = evidence.judge([cluster(mixed(1).end[0], mixed(1).end[1]), cluster(0.804, 0.324)]).facts
    #expect(facts["dimming"]?.doubleValue == 0.1)
  }

  @Test func aSceneWithoutWaterNamesNothing() {
    let grey = evidence([[0.5, 0.45], nil]).judge([cluster(0.55, 0.5), cluster(0.8, 0.8)])
    #expect(!grey.isFound && grey.standings == [.outside, .outside])
    #expect(grey.sentence == "the darkest cluster goes down to 0.48, 0.59 of the ice level 0.8; at most 0.5 is asked")
    // Young ice: dark enough beside the ice, too bright for water where haze is thin.
    let young = evidence([[0.2, 0.21], nil]).judge([cluster(0.24, 0.25), cluster(0.8, 0.8)])
    #expect(!young.isFound && young.sentence.contains("0.21 in B04; at most 0.18 is asked"))
    // Without bands of thin haze the absolute limit has nothing to hold on to.
    #expect(evidence([[0.2, 0.21], nil], clear: []).judge([cluster(0.24, 0.25), cluster(0.8, 0.8)]).isFound)
    #expect(!evidence([nil, nil]).judge([cluster(0.1, 0.05), cluster(0.8, 0.8)]).isFound)
  }

  /// Levels of a real scene (S2A 01WCU, 2019-03-01) in B01 and B09: ice 0.804 and 0.324, water 0.279 and 0.018.
  func mixed(_ open: Double, infrared: Bool = true) -> (evidence: OpticalEvidence, end: [Double]) {
    let end = [0.804 - open * (0.804 - 0.279), 0.324 - open * (0.324 - 0.018)]
    let bands = infrared ? [OpticalEvidence.InfraredBand(place: 1, wavelength: 945)].compactMap { $0 } : []
    return (
      OpticalEvidence(
        features: ["B01", "B09"], ice: [0.804, 0.324], ends: [end, nil], clearBands: [], infraredBands: bands),
      end
    )
  }

  /// The same scene at 120 m: shadows of mountains are darker than leads in the mean of B01 and B09, not in B01.
  @Test func shadowsAreNotTakenForWaterBecauseTheyAreDarkest() throws {
    var scene = mixed(1).evidence
    scene.ends = [[0.491, 0.046], [0.272, 0.015], nil]
    scene.order = [0, 1]
    let clusters = [cluster(0.55, 0.064), cluster(0.506, 0.145), cluster(0.804, 0.324)]
    let verdict = scene.judge(clusters)
    #expect(verdict.facts["dark_end"]?["B01"]?.doubleValue == 0.272)
    #expect(verdict.standings == [.refused, .whole, .outside])
    // A cluster that is darker in B01 by less than a tenth of its contrast leaves the darkest one what it is.
    scene.ends = [[0.3, 0.02], [0.26, 0.03], nil]
    #expect(scene.judge(clusters).facts["dark_end"]?["B01"]?.doubleValue == 0.3)
  }

  /// Levels of the same scene with B10 (1375 nm): 0.0028 over ice and 0.0022 over leads, which is haze and noise.
  @Test func bandsThatShowTheAirSayNothing() throws {
    let (two, end) = mixed(1)
    #expect(OpticalEvidence.InfraredBand(place: 2, wavelength: 1374) == nil)
    var three = OpticalEvidence(
      features: ["B01", "B09", "B10"], ice: two.ice + [0.0028], ends: [end + [0.0022], nil], clearBands: [],
      infraredBands: two.infraredBands)
    three.order = [0, 1]
    func triple(_ a: Double, _ b: Double, _ c: Double) -> ClusterSummary {
      ClusterSummary(mean: [a, b, c], variance: [1e-4, 1e-4, 1e-8], brightnessVariance: 1e-4, count: 100)
    }
    let verdict = three.judge([triple(end[0], end[1], 0.0022), triple(0.804, 0.324, 0.0028)])
    #expect(verdict.isFound)
    // The limits of two bands, spread over three: 0.376 * 2 / 3.
    #expect(abs(try #require(verdict.facts["limit"]?.doubleValue) - 0.377 * 2 / 3) < 0.003)
    #expect(verdict.facts["infrared_bands"] == .array([.string("B09")]))
    let alone = OpticalEvidence(
      features: ["B10"], ice: [0.0028], ends: [[0.0011], nil], clearBands: [], infraredBands: [], order: [])
    let air = ClusterSummary(mean: [0.0011], variance: [1e-8], brightnessVariance: 1e-8, count: 100)
    let ice = ClusterSummary(mean: [0.0028], variance: [1e-8], brightnessVariance: 1e-8, count: 100)
    #expect(!alone.judge([air, ice]).isFound)
    #expect(alone.judge([air, ice]).sentence == "B10 shows vapour and cloud and not the surface")
  }

  @Test(arguments: [0.6, 0.8, 1]) func waterIsFoundWhereNoPixelIsFullOfIt(open: Double) throws {
    let (evidence, end) = mixed(open)
    let verdict = evidence.judge([cluster(end[0], end[1]), cluster(0.804, 0.324)])
    #expect(verdict.isFound)
    // Whatever the fullest pixel holds, the limit is at 0.45 of water: 0.564 - 0.45 * (0.564 - 0.1485).
    #expect(abs(try #require(verdict.facts["limit"]?.doubleValue) - 0.377) < 0.003)
    #expect(abs(try #require(verdict.facts["dark_level"]?["B01"]?.doubleValue) - 0.279) < 0.005)
    #expect(abs(try #require(verdict.facts["dark_end"]?["B09"]?.doubleValue) - end[1]) < 1e-12)
  }

  @Test func halfOpenPixelsAloneAreNoEvidence() {
    let (evidence, end) = mixed(0.44)
    let verdict = evidence.judge([cluster(end[0], end[1]), cluster(0.804, 0.324)])
    #expect(!verdict.isFound)
    #expect(
      verdict.sentence
        == "the darkest cluster goes down to 0.19 in B09, 0.58 of the ice level 0.32; at most 0.5 is asked")
    // Without an infrared band brightness decides, and haze hides water of 0.6.
    let (without, hazy) = mixed(0.6, infrared: false)
    #expect(!without.judge([cluster(hazy[0], hazy[1]), cluster(0.804, 0.324)]).isFound)
  }

  @Test func rulesNameDividedClustersByTheirDarkPart() throws {
    let rules = try NameRule.parse(
      [("lead", "dark"), ("sea_ice", "rest")], features: ["B02", "B04"], hasBrightness: true, tests: ["dark"])
    let clusters = [cluster(0.1, 0.05), cluster(0.45, 0.43, deviation: 0.05), cluster(0.8, 0.8)]
    let test = evidence([[0.1, 0.05], nil, nil])
    let named = ClassAssignment(rules: rules, tests: ["dark": test], iceLevel: 0.8).name(
      clusters, features: ["B02", "B04"])
    #expect(named.codes == [2, 1, 1])
    #expect(named.division?.clusters == [1] && named.division?.codes == [2])
    #expect(
      named.evidence[0].hasPrefix("lead: cluster 0 and the dark part of cluster 1, brightness at most 0.47, 0.59"))
    #expect(named.facts["dark"]?["ice_brightness"]?.doubleValue == 0.8)
  }

  @Test func thinIceIsAShareOfTheIceLevel() throws {
    let own = ClassTable(
      ClassTable.seaIce.entries + [ClassEntry(code: 4, name: "thin_ice", label: "Thin ice", color: RGB(1, 2, 3))])
    let rules = try NameRule.parse(
      [("thin_ice", "brightness < 0.75"), ("sea_ice", "rest")], features: ["B02", "B04"], classes: own,
      hasBrightness: true)
    let named = ClassAssignment(rules: rules, iceLevel: 0.8).name(
      [cluster(0.5, 0.5), cluster(0.7, 0.7)], features: ["B02", "B04"])
    #expect(named.codes == [4, 1])
    #expect(named.evidence[0] == "thin_ice: cluster 0, brightness < 0.75 of the ice level 0.8")
  }

  @Test func tablesHaveNoDarkClusters() {
    #expect(throws: FloeError("names: a table has no 'dark' clusters; write 'highest COLUMN' or 'lowest COLUMN'")) {
      try NameRule.parse([("lead", "dark")], features: ["peakiness"], hasBrightness: false)
    }
  }

  /// Normal errors: half at the limit, 0.8413 and 0.9772 one and two deviations within it.
  @Test func probabilitiesFollowTheDistanceFromTheLimit() {
    var limit = ClusterDivision.Limit(
      brightness: 0.4, ice: [0.8, 0.8], dark: [0, 0], spread: 0.1, order: [0, 1], deviation: 0.05)
    let even: [Float] = [0.8, 0.5, 0.45, 0.4, 0.35, 0.3, 0.05]
    let block = SampleBlock(featureCount: 2, values: .float(even + even))
    let layout = [FeatureLayout("B02"), FeatureLayout("B04")]
    func darkness() -> [Float] {
      let division = ClusterDivision(limit: limit, clusters: [0], codes: [2])
      return Array(division.divided(block, layout: layout).darkness.prefix(even.count))
    }
    for (found, right) in zip(darkness(), [0, 0.0228, 0.1587, 0.5, 0.8413, 0.9772, 1]) {
      // Whole hundredths, away from one half.
      #expect(abs(Double(found) - right) < 0.011)
    }
    limit.deviation = 0
    // The fourth lies on the limit but for rounding.
    #expect(darkness().prefix(3) == [0, 0, 0] && darkness().suffix(3) == [1, 1, 1])
  }

  /// A sample that is dark and of another colour is no more probable than its colour is.
  @Test func probabilitiesFollowTheColour() throws {
    let limit = ClusterDivision.Limit(
      brightness: 0.4, ice: [0.8, 0.8], dark: [0, 0], spread: 0.1, order: [0, 1], deviation: 0.05)
    // Shares of 0.75 and of 0.75 plus what may be beyond it: 0.075 by the spread and 0.02 by noise.
    let more = [0.0, 0.095, 0.095 + 0.02, 0.2].map { Float(0.8 * (0.25 - $0)) }
    let block = SampleBlock(featureCount: 2, values: .float([0.2, 0.2, 0.2, 0.2] + more))
    let division = ClusterDivision(limit: limit, clusters: [0], codes: [2])
    let found = division.divided(block, layout: [FeatureLayout("B02"), FeatureLayout("B11")]).darkness
    #expect(found[0] > 0.99)
    // The allowance grows with the sample's own mean share: 0.7975 in place of 0.75.
    #expect((0.5..<0.9).contains(found[1]) && found[2] < 0.1 && found[3] < 1e-6)
  }

  /// Water of 0.22 (B02) and 0.05 (B08) in clear air, ice of 0.79 and 0.76. Haze over a lead takes the blue half as far
  /// again; skylight takes a shadow on snow to half of the ice's light.
  @Test func aLeadUnderHazeIsNoShadow() throws {
    let infrared = try #require(OpticalEvidence.InfraredBand(place: 1, wavelength: 833))
    let ice = [0.79, 0.76]
    let dark = [0.22, 0.05]
    var evidence = OpticalEvidence(
      features: ["B02", "B08"], ice: ice, ends: [dark, nil, nil], clearBands: [1], infraredBands: [infrared],
      order: [0, 1])
    func standing(_ blue: Double, _ red: Double) -> EvidenceVerdict.Standing {
      let own = cluster(ice[0] - blue * 0.57, ice[1] - red * 0.71, deviation: 0.001)
      return evidence.judge([cluster(dark[0], dark[1]), own, cluster(ice[0], ice[1])]).standings[1]
    }
    // A rise of 0.15 at a mean of 0.81: at most 0.101 elsewhere, 0.182 where the infrared shows water.
    #expect(standing(0.72, 0.87) == .whole)
    #expect(standing(0.5, 0.9) == .refused)
    // The same rise where the infrared is brighter: young ice, not whole any more.
    #expect(standing(0.5, 0.65) == .divided)
    // Vapour makes B09 dark over shadows as well: nothing is widened there.
    evidence.infraredBands = [try #require(OpticalEvidence.InfraredBand(place: 1, wavelength: 945))]
    #expect(standing(0.72, 0.87) == .divided)
    #expect(abs(ClusterDivision.Limit.widening(openness: 0.8) - 1.5) < 1e-9)
  }

  @Test func samplesUnderHazeAreJudgedAsTheirClusterIs() {
    let limit = ClusterDivision.Limit(
      brightness: 0.5, ice: [0.79, 0.76], dark: [0.22, 0.05], spread: 0.1, order: [0, 1], infrared: 1)
    // Shares of 0.72 and 0.87, of 0.5 and 0.65, of 0.5 and 0.9.
    let blue: [Float] = [0.72, 0.5, 0.5].map { 0.79 - $0 * 0.57 }
    let red: [Float] = [0.87, 0.65, 0.9].map { 0.76 - $0 * 0.71 }
    let block = SampleBlock(featureCount: 2, values: .float(blue + red))
    let layout = [FeatureLayout("B02"), FeatureLayout("B08")]
    func dark(_ limit: ClusterDivision.Limit) -> [Bool] {
      ClusterDivision(limit: limit, clusters: [0], codes: [2]).divided(block, layout: layout).darkness.prefix(3)
        .map { $0 > 0.5 }
    }
    #expect(dark(limit) == [true, false, false])
    var plain = limit
    plain.infrared = nil
    #expect(dark(plain) == [false, false, false])
  }

  @Test func aDivisionTravelsWithTheModel() throws {
    var model = FittedModel(
      kind: .kmeans, features: [ModelFeature(name: "B04", unit: .dimensionless, quantity: "reflectance")],
      space: FeatureSpace(isStandardised: false, mean: [0.5], spread: [1]),
      clusters: [
        ClusterSummary(mean: [0.2], variance: [0.01], brightnessVariance: 0.01, count: 5),
        ClusterSummary(mean: [0.8], variance: [0.01], brightnessVariance: 0.01, count: 9),
      ])
    let limit = ClusterDivision.Limit(
      brightness: 0.4, ice: [0.8], dark: [0.1], spread: 0.1, dimming: 0.2, order: [0], infrared: 0, deviation: 0.03)
    model.classCodes = [1, 1]
    model.classNames = [1: "sea_ice"]
    model.classTable = ClassTable(
      ClassTable.seaIce.entries + [ClassEntry(code: 9, name: "water", label: "Water", color: RGB(0, 68, 136))])
    model.division = ClusterDivision(limit: limit, clusters: [0], codes: [9])
    #expect(try FittedModel(json: model.json) == model)
    var broken = model
    broken.division = ClusterDivision(limit: limit, clusters: [0], codes: [77])
    #expect(
      throws: FloeError("the model's 'division' must hold a limit, and clusters with a class each, of named clusters")
    ) {
      try FittedModel(json: broken.json)
    }
  }
}
