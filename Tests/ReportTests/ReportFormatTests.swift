import Report
import Testing

@Suite struct ReportFormatTests {
  @Test func countsHaveThinSpacesFromFiveDigits() {
    #expect(ReportFormat.count(1234) == "1234")
    #expect(ReportFormat.count(12345) == "12\u{202f}345")
    #expect(ReportFormat.count(-1_234_567) == "\u{2212}1\u{202f}234\u{202f}567")
  }

  @Test func missingNumbersAreADash() {
    #expect(ReportFormat.number(nil) == "\u{2013}")
    #expect(ReportFormat.number(.nan) == "\u{2013}")
    #expect(ReportFormat.number(.infinity) == "\u{2013}")
    #expect(ReportFormat.number(0.12345678) == "0.1235")
  }

  /// Names that become the same anchor get numbers; one without a letter is still a name.
  @Test func slugsAreDistinct() {
    #expect(ReportFormat.slugs(["Sea ice", "sea_ice", "\u{6d77}\u{51b0}"]) == ["sea-ice", "sea-ice-2", "unnamed"])
  }

  @Test(arguments: [(1, ""), (2, "2nd"), (3, "3rd"), (11, "11th"), (21, "21st"), (112, "112th")])
  func ordinals(step: Int, ordinal: String) {
    #expect(ReportFormat.thinned(step, "row") == (ordinal.isEmpty ? "" : "every \(ordinal) row is drawn"))
  }

  @Test func numbersHaveARealMinusAndNoExponentForUsualSizes() {
    #expect(ReportFormat.number(-0.02812, 2) == "\u{2212}0.028")
    #expect(ReportFormat.number(-123) == "\u{2212}123")
    #expect(ReportFormat.number(1182.4, 3) == "1182")
    #expect(ReportFormat.number(0.00002, 3) == "2 \u{d7} 10\u{207b}\u{2075}")
    #expect(ReportFormat.fixed(-0.0004, 2) == "0.00")
    #expect(ReportFormat.fixed(-1.5, 1) == "\u{2212}1.5")
  }

  @Test func meansHaveTheDigitsOfTheirDeviation() {
    #expect(ReportFormat.spread(0.15783, 0.01358) == "0.158 \u{b1} 0.014")
    #expect(ReportFormat.spread(6852.3, 1182) == "6852 \u{b1} 1182")
    #expect(ReportFormat.spread(11.28, 1.61) == "11.3 \u{b1} 1.6")
    #expect(ReportFormat.spread(nil, 1) == "\u{2013} \u{b1} 1")
  }

  @Test func countsHaveTheirPlural() {
    #expect(ReportFormat.counted(1, "record") == "1 record")
    #expect(ReportFormat.counted(0, "echo", "es") == "0 echoes")
  }
}
