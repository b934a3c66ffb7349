import FloeHost
import Testing

@Suite struct NaturalOrderTests {
  @Test func numbersCountAsNumbers() {
    let names = ["S10", "S2", "S1", "b", "S2a", "S02", "S", "S100000000000000000000", "10", "9"]
    #expect(
      names.sorted(by: NaturalOrder.precedes) == [
        "9", "10", "S", "S1", "S02", "S2", "S2a", "S10", "S100000000000000000000", "b",
      ])
  }
}
