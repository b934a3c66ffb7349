import Clustering
import FloeCore
import Testing

@Suite struct NamingTests {
  let bands = ["B02", "B04"]

  func cluster(_ brightness: Double, deviation: Double = 0.03, count: Double = 100) -> ClusterSummary {
    ClusterSummary(
      mean: [brightness, brightness], variance: [deviation * deviation, deviation * deviation],
      brightnessVariance: deviation * deviation, count: count)
  }

  func names(_ pairs: [(name: String, rule: String)], _ clusters: [ClusterSummary]) throws -> NamingResult {
    let rules = try NameRule.parse(pairs, features: bands, hasBrightness: true)
    return ClassAssignment(rules: rules).name(clusters, features: bands)
  }

  @Test func darkestBecomesLeadOnEvidence() throws {
    let r = try names([("lead", "darkest"), ("sea_ice", "rest")], [cluster(0.15), cluster(0.7)])
    #expect(r.codes == [2, 1])
    #expect(r.evidence[0].hasPrefix("lead: cluster 0, brightness 0.15 is 0.21 of the brightest 0.7"))
  }

  @Test func noLeadWithoutContrast() throws {
    let r = try names([("lead", "darkest"), ("sea_ice", "rest")], [cluster(0.61), cluster(0.78)])
    #expect(r.codes == [1, 1])
    #expect(r.evidence == ["no lead found: darkest cluster 0.61 is 0.78 of the brightest 0.78; at most 0.5 is asked"])
  }

  @Test func noLeadWithoutSeparation() throws {
    let r = try names(
      [("lead", "darkest"), ("sea_ice", "rest")], [cluster(0.2, deviation: 0.3), cluster(0.45, deviation: 0.3)])
    #expect(r.codes == [1, 1])
  }

  @Test func negativeBrightnessIsDark() throws {
    #expect(try names([("lead", "darkest"), ("sea_ice", "rest")], [cluster(-0.02), cluster(0.6)]).codes == [2, 1])
    #expect(try names([("lead", "darkest"), ("sea_ice", "rest")], [cluster(-0.5), cluster(-0.1)]).codes == [1, 1])
  }

  @Test func thresholdsNameManyClusters() throws {
    let many = (0..<25).map { cluster(0.04 * Double($0)) }
    let r = try names([("lead", "B04<0.25 and B02 >= -1"), ("open_ocean", "B04 > 5"), ("sea_ice", "rest")], many)
    #expect(r.codes == (0..<25).map { 0.04 * Double($0) < 0.25 ? 2 : 1 })
    #expect(r.evidence[1] == "no open_ocean found: no cluster has B04 > 5")
  }

  /// A rule for which clusters fit that earlier rules took says so.
  @Test func takenClustersAreTold() throws {
    let r = try names(
      [("lead", "B04 < 0.9"), ("open_ocean", "B04 < 0.9"), ("sea_ice", "rest")],
      [cluster(0.1), cluster(0.95), cluster(0.2)])
    #expect(r.codes == [2, 1, 2])
    #expect(
      r.evidence[1] == "no open_ocean found: none is left: earlier rules took clusters 0 and 2 (B04 < 0.9)")
  }

  @Test func disagreementIsUnclassified() throws {
    let rules = try NameRule.parse(
      [("lead", "highest peakiness and lowest ssd"), ("sea_ice", "rest")], features: ["peakiness", "ssd"],
      hasBrightness: false)
    func cluster(_ p: Double, _ s: Double) -> ClusterSummary {
      ClusterSummary(mean: [p, s], variance: [1, 1], brightnessVariance: 1, count: 10)
    }
    let naming = ClassAssignment(rules: rules)
    #expect(naming.name([cluster(6, 36), cluster(28, 4)], features: ["peakiness", "ssd"]).codes == [1, 2])
    #expect(naming.name([cluster(6, 4), cluster(28, 36)], features: ["peakiness", "ssd"]).codes == [3, 3])
    #expect(naming.name([cluster(6, 36), cluster(6.5, 4)], features: ["peakiness", "ssd"]).codes == [3, 3])
  }

  @Test(arguments: [
    ("leads", "darkest", "did you mean 'lead'?"), ("lead", "B4 < 0.25", "did you mean 'B04'?"),
    ("lead", "B04 << 3", "cannot be read"), ("lead", "B04 < 1 and", "cannot be read"), ("lead", "", "cannot be read"),
  ])
  func badRulesGiveSentences(name: String, rule: String, part: String) {
    do {
      _ = try NameRule.parse([(name, rule)], features: ["B02", "B04"], hasBrightness: true)
      Issue.record("'\(name): \(rule)' was accepted")
    } catch { #expect(error.message.contains(part)) }
  }
}
