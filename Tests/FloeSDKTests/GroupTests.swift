import FloeSDK
import Testing

private struct Common: Sendable, Decodable {
  @Param("How many", in: 1...9) var count = 3
  @Param("What it is called") var title: String
  @Group var inner = Inner()
}

private struct Inner: Sendable, Decodable {
  @Param("Whether it is loud") var isLoud = false
}

private struct GroupedStep: ProcessingStep {
  static let name = "test.grouped"
  static let summary = "Has parameters of its own and of a group."
  @Param("Before") var before = 1.0
  @Group var common = Common()
  @Param("After") var after = "z"
  @Output("What was bound") var result: Document?
  func validate() throws { if common.count == 7 { throw ParameterError("count", "must not be 7") } }
  mutating func plan(in context: PlanContext) throws {
    result = Document(
      title: common.title, body: [.number(before), .integer(common.count), .bool(common.inner.isLoud), .string(after)])
  }
  mutating func run(in context: RunContext) async throws {}
}

private struct NoProducts: ProductCatalogue {
  func describe(_ path: String) throws -> ProductDescription { throw FloeError("none") }
  func recognises(_ path: String) -> Bool { false }
}

@Suite struct GroupTests {
  private let factory = SwiftStepFactory(GroupedStep.self)

  private func planned(_ literals: [String: ParameterLiteral]) throws -> Document? {
    var step = try factory.bind(parameters: literals, ports: [:])
    try step.plan(in: PlanContext(stepID: "s", products: NoProducts(), notes: PlanEvents()))
    guard case .document(let document)? = step.outputs["result"] else { return nil }
    return document
  }

  @Test func membersAreDeclaredWhereTheGroupStands() {
    #expect(factory.declaration.parameters.map(\.name) == ["before", "count", "title", "is_loud", "after"])
    #expect(factory.declaration.parameters[1].maximum == 9 && factory.declaration.parameters[2].isRequired)
    #expect(factory.declaration.inconsistencies().isEmpty)
  }

  @Test func membersAreBoundUnderTheirOwnNames() throws {
    let document = try planned(["title": .text("t"), "count": .text("5"), "is_loud": .text("true")])
    #expect(document?.title == "t" && document?.body == [.number(1), .integer(5), .bool(true), "z"])
    #expect(try planned(["title": .text("t")])?.body == [.number(1), .integer(3), .bool(false), "z"])
  }

  @Test(
    arguments: [
      (["title": "t", "count": "12"], "between 1 and 9"), (["count": "5"], "is missing"),
      (["title": "t", "cuont": "5"], "did you mean 'count'"), (["title": "t", "count": "7"], "must not be 7"),
    ] as [([String: String], String)]) func mistakesInMembersAreNamed(given: [String: String], words: String) throws
  {
    let error = #expect(throws: BindingErrors.self) {
      _ = try factory.bind(parameters: given.mapValues { .text($0) }, ports: [:])
    }
    #expect(error?.errors.map(\.description).joined().contains(words) == true)
  }
}
