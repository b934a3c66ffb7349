import FloeSDK

/// A table taken as a track: which rows take part, and which class each has.
struct TrackView: Sendable {
  struct Group: Sendable {
    let code: Int
    let label: String
    /// The class's own colour, for areas.
    let color: RGB
    /// The colour for lines and points on white.
    var line: RGB { Colours.line(color) }
  }
  let table: Table
  /// The column that the classes come from; nil when there is none.
  let column: String?
  /// Other columns of the run's own classes, which are not drawn.
  let others: [String]
  let groups: [Group]
  /// The group of each row; -1 for rows left out or without a class, which is a whole number.
  let group: [Int]
  /// Rows that take part, with or without class.
  let kept: [Int]
  /// Kept rows of each group.
  let members: [[Int]]

  /// Groups by the named column, else by the first one of `candidates`.
  init(_ table: Table, classes name: String?) {
    self.table = table
    let usual = Self.candidates(table)
    let found = name.map { wanted in [wanted].compactMap { table[$0] }.filter { $0.numbers != nil } } ?? usual
    column = found.first?.name
    others = name == nil ? found.dropFirst().filter(Self.isOwn).map(\.name) : []
    kept = (0..<table.rowCount).filter(table.status.isKept)
    var group = [Int](repeating: -1, count: table.rowCount)
    var groups: [Group] = []
    if let found = found.first, let codes = found.numbers {
      let known = Set(kept.lazy.compactMap { Int(exactly: codes[$0]) }).sorted()
      let names = found.classes
      groups = known.prefix(12).map { code in
        let entry = names?[code]
        return Group(
          code: code, label: entry?.label ?? "\(found.name) \(code)",
          color: entry?.color ?? ClassTable.clusters(10)[((code % 10) + 10) % 10]?.color ?? RGB(80, 80, 80))
      }
      let place = Dictionary(uniqueKeysWithValues: groups.enumerated().map { ($1.code, $0) })
      for row in kept { group[row] = Int(exactly: codes[row]).flatMap { place[$0] } ?? -1 }
    }
    self.groups = groups
    self.group = group
    var members = groups.map { _ in [Int]() }
    for row in kept where group[row] >= 0 { members[group[row]].append(row) }
    self.members = members
  }

  /// Columns whose codes are classes, the most telling first: those that the run's own steps made (`class_code`, and
  /// the other columns of codes that end in it, such as `rule_code`), cluster numbers, the product's own flag, and
  /// any other column with a table of surface classes.
  private static func candidates(_ table: Table) -> [Column] {
    func rank(_ column: Column) -> Int? {
      switch column.name {
      case "class_code": return 0
      case "rule_code": return 1
      case "cluster": return 2
      case "esa_class": return 3
      default:
        guard column.classes?.named("sea_ice") != nil || column.classes?.named("lead") != nil else { return nil }
        return isOwn(column) ? 1 : 4
      }
    }
    var found: [(rank: Int, place: Int, column: Column)] = []
    for (place, column) in table.columns.enumerated() {
      if let rank = rank(column), column.numbers != nil { found.append((rank, place, column)) }
    }
    return found.sorted { ($0.rank, $0.place) < ($1.rank, $1.place) }.map(\.column)
  }

  /// Whether a column holds surface classes that a step of the run made.
  private static func isOwn(_ column: Column) -> Bool { column.classes != nil && column.name.hasSuffix("_code") }

  /// Which of several classifications is drawn, after a space; empty where there is but one.
  var choiceNote: String {
    guard let column, !others.isEmpty else { return "" }
    return " Drawn are the classes of \(ReportFormat.side("column \(column)")) (\(column)); the table also holds "
      + "\(ReportFormat.list(others))."
  }

  /// Groups, or one of all rows where the table has no classes.
  var parts: [(group: Group, rows: [Int])] {
    if groups.isEmpty { return [(Group(code: 0, label: "All records", color: RGB(0, 68, 136)), kept)] }
    return zip(groups, members).filter { !$1.isEmpty }.map { ($0, $1) }
  }
}

/// An array column: `values[row * width + bin]`.
struct ArrayColumn: Sendable {
  let values: [Float]
  let width: Int
  let unit: PhysicalUnit
  /// Whether each echo was divided by its maximum already, before it was moved; it is not divided again then.
  let isNormalised: Bool

  init?(_ table: Table, _ name: String) {
    guard let column = table[name], case .array(let values, let width) = column.values, width > 1 else { return nil }
    self.values = values
    self.width = width
    unit = column.unit
    isNormalised = table.tags["normalised:\(name)"] != nil
  }
  func row(_ i: Int) -> ArraySlice<Float> { values[i * width..<(i + 1) * width] }
  /// The place and size of a row's maximum; nil for an empty echo.
  func peak(_ i: Int) -> (bin: Int, value: Float)? {
    var best = -1
    var top = -Float.infinity
    for (bin, v) in row(i).enumerated() where v > top { (best, top) = (bin, v) }
    return best >= 0 && top > 0 && top.isFinite ? (best, top) : nil
  }
}
