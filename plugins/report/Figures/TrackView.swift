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
  let groups: [Group]
  /// The group of each row; -1 for rows left out or without a class, which is a whole number.
  let group: [Int]
  /// Rows that take part, with or without class.
  let kept: [Int]
  /// Kept rows of each group.
  let members: [[Int]]

  /// Where classes are looked for, in this order.
  private static let usual: [ColumnName] = [.classCode, .cluster, .esaClass]

  /// Groups by the named column, else by `class_code`, `cluster` or `esa_class`, whichever is there first.
  init(_ table: Table, classes name: String?) {
    self.table = table
    let candidates = name.map { [$0] } ?? Self.usual.map(\.rawValue)
    let found = candidates.lazy.compactMap { table[$0] }.first { $0.numbers != nil }
    column = found?.name
    kept = (0..<table.rowCount).filter(table.status.isKept)
    var group = [Int](repeating: -1, count: table.rowCount)
    var groups: [Group] = []
    if let found, let codes = found.numbers {
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
