import FloeSDK
import FloeTestSupport
import Testing

/// Each law is broken once: the check must see it.
@Suite struct BrokenStepsTests {
  struct NoFamily: ProcessingStep {
    static let name = "nofamily"
    static let summary = "A name without a family."
    @Output("A document") var out: Document?
    mutating func plan(in context: PlanContext) throws { out = Document(title: "", body: .null) }
    mutating func run(in context: RunContext) async throws { out = Document(title: "", body: .null) }
  }

  struct PlansNothing: ProcessingStep {
    static let name = "broken.plan"
    static let summary = "Plans nothing."
    @Output("A document") var out: Document?
    mutating func plan(in context: PlanContext) throws {}
    mutating func run(in context: RunContext) async throws { out = Document(title: "", body: .null) }
  }

  struct DependsOnWorkers: ProcessingStep {
    static let name = "broken.workers"
    static let summary = "Writes down its workers."
    @Output("A document") var out: Document?
    mutating func plan(in context: PlanContext) throws { out = Document(title: "", body: .null) }
    mutating func run(in context: RunContext) async throws { out = Document(title: "", body: .integer(context.pool.workers)) }
  }

  struct DeafToCancellation: ProcessingStep {
    static let name = "broken.deaf"
    static let summary = "Works on whatever happens."
    @Output("A document") var out: Document?
    mutating func plan(in context: PlanContext) throws { out = Document(title: "", body: .null) }
    mutating func run(in context: RunContext) async throws {
      for i in 0..<3 { context.progress(i, of: 3, "pieces") }
      out = Document(title: "", body: .null)
    }
  }

  @Test func eachBrokenLawIsSeen() async throws {
    #expect(try await checkStep(NoFamily.self).contains { $0.contains("'family.step'") })
    #expect(try await checkStep(PlansNothing.self).contains { $0.contains("does not plan 'out'") })
    #expect(try await checkStep(DependsOnWorkers.self).contains { $0.contains("makes another 'out' with 3 workers") })
    #expect(try await checkStep(DeafToCancellation.self).contains { $0.contains("although the run was cancelled") })
  }
}
