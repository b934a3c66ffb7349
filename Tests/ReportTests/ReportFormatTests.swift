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
}
