import Report
import Testing

@Suite struct LegendTests {
  private static func legend(_ count: Int, _ letters: Int) -> Legend {
    let name = String(repeating: "m", count: letters)
    return Legend((0..<count).map { Legend.Entry(look: "lines lw 2", text: "\($0)\(name)") })
  }

  /// However many entries and however long: no sign and no line of text leaves the figure, and none lies on another.
  @Test(arguments: [1, 2, 7, 40], [1, 12, 30, 200])
  func everythingLiesInside(count: Int, letters: Int) {
    let legend = Self.legend(count, letters)
    #expect(legend.cells.map(\.entry) == Array(0..<count))
    var rows: [(top: Double, bottom: Double, x: Double)] = []
    for cell in legend.cells {
      #expect(cell.x >= 0 && cell.y > 0)
      for line in cell.lines { #expect(cell.x + 34 + Legend.width(line) <= legend.width + 0.5) }
      let bottom = cell.y + 17 * Double(cell.lines.count - 1)
      #expect(bottom + 8 <= legend.height)
      rows.append((cell.y, bottom, cell.x))
    }
    for (i, one) in rows.enumerated() {
      for other in rows[..<i] where other.x == one.x { #expect(one.top - other.bottom >= 17) }
    }
  }

  @Test func columnsFollowFromTheLongestText() {
    #expect(Self.legend(6, 1).columns == 6)
    #expect(Self.legend(6, 15).columns == 2)
    #expect(Self.legend(6, 60).columns == 1)
    #expect(Self.legend(1, 200).cells[0].lines.count > 1)
    #expect(Self.legend(0, 0).cells.isEmpty && Self.legend(0, 0).height > 0)
  }

  @Test func entriesComeFromGnuplotsElements() {
    let entry = Legend.Entry(keyentry: "keyentry with lines lw 2 dt (4,2) lc rgb '#004488' title 'It''s a title '")
    #expect(entry == Legend.Entry(look: "lines lw 2 dt (4,2) lc rgb '#004488'", text: "It's a title "))
    #expect(Legend.Entry(keyentry: "'a.dat' with lines") == nil)
  }

  @Test func wordsArePartedAtSpacesFirst() {
    #expect(Legend.lines("one two three", within: 70) == ["one two", "three"])
    #expect(Legend.lines("", within: 70) == [""])
    #expect(Legend.lines(String(repeating: "n", count: 20), within: 90).allSatisfy { Legend.width($0) <= 90 })
  }

  /// Panels of a course track: bins 54 to 252 on 237 points had a tick every 20.
  @Test(arguments: [
    (54.0, 252.0, 237.0, 50.0), (0, 127, 560, 20), (-0.05, 0.4, 474, 0.1), (0, 0, 200, 1), (-1.2, 2.9, 202, 1),
  ])
  func ticksFollowTheWidth(low: Double, high: Double, points: Double, step: Double) {
    #expect(abs(TickDistance.along(low, high, points: points) - step) < 1e-9)
  }
}
