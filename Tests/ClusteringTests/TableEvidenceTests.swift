import Clustering
import FloeSDK
import FloeTestSupport
import Testing

/// Names of a table's clusters and records by limits in physical units.
@Suite struct TableEvidenceTests {
  /// Records in groups, each spread evenly by a tenth around its centre (peakiness, stack's deviation in looks).
  private func table(_ groups: [(count: Int, peakiness: Double, stack: Double)]) -> Table {
    var peakiness: [Double] = []
    var stack: [Double] = []
    for group in groups {
      for i in 0..<group.count {
        peakiness.append(group.peakiness * (0.9 + 0.2 * Double(i) / Double(max(1, group.count - 1))))
        stack.append(group.stack * (0.9 + 0.2 * Double(i * 7 % group.count) / Double(max(1, group.count - 1))))
      }
    }
    var table = Table(rowCount: peakiness.count)
    table.set(Column("peakiness", attributes: ["definition": "course"], values: .number(peakiness)))
    table.set(Column("ssd", values: .number(stack)))
    return table
  }

  private func classify<S: ProcessingStep>(
    _ step: S.Type, _ table: Table, _ parameters: [String: ParameterLiteral] = [:]
  ) async throws -> (codes: [Int16], messages: StepMessages, outputs: [String: PortData]) {
    let given: [String: ParameterLiteral] = [
      "standardise": .text("true"), "names": .text("lead=highest peakiness,sea_ice=rest"),
    ]
    let (outputs, told) = try await StepHarness.outcome(
      of: SwiftStepFactory(step), parameters: given.merging(parameters) { $1 }, ports: ["samples": [.table(table)]])
    guard case .table(let made)? = outputs["classes"], case .code(let codes, _)? = made["class_code"]?.values else {
      throw FloeError("no classes")
    }
    return (codes, told, outputs)
  }

  private func count(_ codes: [Int16], _ code: Int16) -> Int { codes.count { $0 == code } }

  @Test func leadsAreFoundByEitherFit() async throws {
    let records = table([(200, 6, 36), (60, 40, 3)])
    for codes in [
      try await classify(KMeansStep.self, records).codes, try await classify(GMMStep.self, records).codes,
    ] {
      #expect(codes == [Int16](repeating: 1, count: 200) + [Int16](repeating: 2, count: 60))
    }
  }

  /// Two halves of the same ice: a name by order alone finds leads in it, the limits do not.
  @Test(arguments: [(6.0, 36.0, 8.0, 20.0), (5, 53, 8.1, 50)])
  func noLeadWhereThereIsNone(_ p: Double, _ s: Double, _ q: Double, _ t: Double) async throws {
    let records = table([(100, p, s), (100, q, t)])
    for step in [true, false] {
      let found = try await step ? classify(KMeansStep.self, records) : classify(GMMStep.self, records)
      #expect(count(found.codes, 2) == 0 && count(found.codes, 1) > 190)
      let sentence = try #require(found.messages.records["naming"]?.arrayValue?.first?.stringValue)
      #expect(
        sentence.hasPrefix("no lead found: no cluster has half of its records within peakiness >= 18 and ssd < 6.29"))
      #expect(found.messages.warnings.contains(sentence))
    }
    let relative = try await classify(KMeansStep.self, records, ["limits": .text("none")])
    #expect(count(relative.codes, 2) == 100)
  }

  /// More clusters than classes: every cluster with the evidence is a lead, not only the one with the highest centre.
  @Test func allClustersWithEvidenceAreLeads() async throws {
    let records = table([(100, 6, 36), (60, 25, 5), (60, 70, 1)])
    let found = try await classify(KMeansStep.self, records, ["clusters": .text("3")])
    #expect(count(found.codes, 2) == 120 && count(found.codes, 1) == 100)
  }

  /// Between the limits nothing is told, whatever the cluster, and every such record is counted.
  @Test func recordsBetweenTheLimitsAreUnclassified() async throws {
    let records = table([(100, 6, 36), (50, 13, 20), (60, 40, 3)])
    let found = try await classify(KMeansStep.self, records, ["clusters": .text("3")])
    #expect(
      found.codes
        == [Int16](repeating: 1, count: 100) + [Int16](repeating: 3, count: 50) + [Int16](repeating: 2, count: 60))
    #expect(found.messages.records["unclassified"] == [["reason": "within the limits of no class", "count": 50]])
    let own = try await classify(
      KMeansStep.self, records,
      ["clusters": .text("3"), "ice_limits": .list([.text("peakiness <= 16"), .text("ssd > 6.29")])])
    #expect(count(own.codes, 1) == 150)
  }

  /// Leads too few for a cluster of their own lie in one of sea ice: the limits name them, whatever the fit.
  @Test func rareLeadsInAClusterOfSeaIceAreLeads() async throws {
    let records = table([(400, 6, 36), (4, 40, 3), (400, 6, 300)])
    let found = try await classify(KMeansStep.self, records, ["standardise": .text("false")])
    #expect(count(found.codes, 2) == 4 && count(found.codes, 1) == 800 && found.codes[400..<404].allSatisfy { $0 == 2 })
    let sentence = try #require(found.messages.records["naming"]?.arrayValue?.first?.stringValue)
    #expect(sentence.hasPrefix("lead: no cluster has half of its records within") && sentence.contains("but 4 records"))
  }

  @Test func definitionsOfOthersAreRefused() async throws {
    var records = table([(100, 6, 36), (60, 40, 3)])
    var column = try #require(records["peakiness"])
    column.attributes["definition"] = "max-mean"
    records.set(column)
    await #expect(throws: ParameterError.self) {
      try await classify(KMeansStep.self, records, ["limits": .text("cpom-cryosat2")])
    }
    records.remove("peakiness")
    records.set(Column("height", values: .number(try records.numbers("ssd").map { 40 - $0 })))
    let found = try await classify(KMeansStep.self, records, ["names": .text("lead=highest height,sea_ice=rest")])
    #expect(count(found.codes, 2) == 0)
    let naming = found.messages.records["naming"]?.arrayValue?.first?.stringValue
    #expect(naming?.contains("no column of peakiness") == true)
    let ruled = try await classify(KMeansStep.self, records, ["names": .text("lead=height > 30,sea_ice=rest")])
    #expect(count(ruled.codes, 2) == 60)
  }

  /// A model carries the limits, so that another table is held against them too.
  @Test func modelsCarryTheirLimits() async throws {
    let fitted = try await classify(GMMStep.self, table([(200, 6, 36), (60, 40, 3)]))
    let model = try #require(fitted.outputs["model"])
    let other = table([(20, 6, 36), (20, 13, 6), (20, 40, 3)])
    let (outputs, told) = try await StepHarness.outcome(
      of: SwiftStepFactory(ApplyStep.self), ports: ["samples": [.table(other)], "model": [model]])
    guard case .table(let made)? = outputs["classes"], case .code(let codes, _)? = made["class_code"]?.values else {
      throw FloeError("no classes")
    }
    #expect(
      codes
        == [Int16](repeating: 1, count: 20) + [Int16](repeating: 3, count: 20) + [Int16](repeating: 2, count: 20))
    #expect(told.records["class_counts"] != nil)
  }
}
