/// A part of a section, in order.
enum PageBlock: Sendable {
  case heading(String)
  case text(String)
  case note(String)
  case figure(String)
  case moving(MovingMap)
  case table(PageTable)
  case listing(summary: String, text: String)
}

/// A section of the page.
struct PageSection: Sendable {
  let id: String, title: String
  var blocks: [PageBlock] = []
  /// Figures that are still to be drawn, in the order of their blocks.
  var figures: [Figure] = []

  init(_ id: String, _ title: String) {
    self.id = id
    self.title = title
  }
  mutating func add(_ figure: Figure) {
    figures.append(figure)
    blocks.append(.figure(figure.name))
  }
  /// Gives figures other names where theirs are used already.
  mutating func partNames(from used: inout Set<String>) {
    var at = blocks.indices.filter { if case .figure = blocks[$0] { true } else { false } }.makeIterator()
    for i in figures.indices {
      let name = ReportFormat.distinct(figures[i].name, from: &used)
      let place = at.next()
      guard name != figures[i].name, let place else { continue }
      figures[i] = figures[i].renamed(name)
      blocks[place] = .figure(name)
    }
  }
}
