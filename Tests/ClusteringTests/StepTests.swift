import Clustering
import FloeSDK
import FloeTestSupport
import Testing

@Suite struct StepTests {
  private func planned<S: ProcessingStep>(
    _ step: S.Type, _ parameters: [String: ParameterLiteral], _ ports: [String: [PortData]]
  ) throws -> any BoundStep {
    var bound = try SwiftStepFactory(step).bind(parameters: parameters, ports: ports)
    try bound.plan(in: try StepHarness().plan)
    return bound
  }

  /// Two groups of rows, around 0 and around 10, in the columns `a` and `b`.
  private func table(rows: Int) -> Table {
    var table = Table(rowCount: rows)
    var a: [Double] = []
    var b: [Double] = []
    for row in 0..<rows {
      a.append(Double(row % 2 * 1000 + row) * 0.01)
      b.append(Double(row % 2 * 1000 - row % 7) * 0.01)
    }
    table.set(Column("a", values: .number(a)))
    table.set(Column("b", values: .number(b)))
    return table
  }

  @Test func plansRefuseFeaturesTwiceAndAnOrderByNothing() throws {
    let twice: [String: ParameterLiteral] = ["features": .list([.text("a"), .text("b"), .text("a")])]
    let ports = ["samples": [PortData.table(table(rows: 10))]]
    let order: [String: ParameterLiteral] = ["order_by": .text("aa")]
    let sentence = ParameterError("features", "names 'a' twice; each feature counts once")
    let unknown = ParameterError("order_by", "names 'aa', which is not clustered (did you mean 'a'?); there are a, b")
    #expect(throws: sentence) { try planned(KMeansStep.self, twice, ports) }
    #expect(throws: sentence) { try planned(GMMStep.self, twice, ports) }
    #expect(throws: unknown) { try planned(KMeansStep.self, order, ports) }
    #expect(throws: unknown) { try planned(GMMStep.self, order, ports) }
  }

  @Test(arguments: ["entropy", "top", "none"]) func aMixtureTakesATableWithoutRows(uncertainty: String) async throws {
    let context = try StepHarness().run(workers: 2)
    var fit = try planned(
      GMMStep.self, ["names": .text("lead=highest a,sea_ice=rest"), "limits": .text("none")],
      ["samples": [.table(table(rows: 200))]])
    try await fit.run(in: context)
    let model = try #require(fit.outputs["model"])
    var apply = try planned(
      ApplyStep.self, ["uncertainty": .text(uncertainty)], ["samples": [.table(table(rows: 0))], "model": [model]])
    guard case .table(let plan)? = apply.outputs["probability"] else { throw FloeError("no probability is planned") }
    try await apply.run(in: context)
    guard case .table(let made)? = apply.outputs["probability"] else { throw FloeError("no probability") }
    #expect(made.rowCount == 0 && made.columns.map(\.name) == plan.columns.map(\.name))
    #expect(made["p_lead"] != nil && (made["entropy"] != nil) == (uncertainty == "entropy"))
  }
}
