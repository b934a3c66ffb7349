import FloeCore

/// Which records of a track take part: by place, time and flags. The others are marked, never removed.
public struct TrackWindow: Sendable {
  /// The codes of a flag that stay.
  public struct Flag: Sendable {
    /// The column with the flag.
    public var column: String
    /// The codes that stay.
    public var codes: Set<Int>
    /// What the flag is, for the reason of a record that is left out, such as `surface type`.
    public var subject: String

    /// A choice by a flag.
    public init(column: String, codes: Set<Int>, subject: String) {
      self.column = column
      self.codes = codes
      self.subject = subject
    }

    /// The records of some of ESA's surface classes, by the column `esa_class`.
    ///
    /// - Parameter names: what the parameter `only` of a step names.
    /// - Throws: the sentence about a name that is no class.
    public init(only names: [String]) throws(ParameterError) {
      var codes: Set<Int> = []
      for name in names {
        guard let found = ClassTable.seaIce.named(name) else {
          let known = ClassTable.seaIce.entries.map(\.name)
          let near = Spelling.nearest(name, among: known).map { " (did you mean '\($0)'?)" } ?? ""
          throw ParameterError("only", "must be of \(known.joined(separator: ", ")), not '\(name)'\(near)")
        }
        codes.insert(found.code)
      }
      self.init(column: ColumnName.esaClass.rawValue, codes: codes, subject: "surface class of ESA")
    }
  }

  /// West, south, east, north in degrees; west is greater than east across the 180° meridian.
  public var box: [Double]?
  /// The first time that stays.
  public var start: UTCTime?
  /// The last time that stays.
  public var stop: UTCTime?
  /// Flags by which records are chosen.
  public var flags: [Flag] = []

  /// All records.
  public init() {}

  /// A window from the parameters `box`, `start` and `stop` of a step.
  ///
  /// - Throws: the sentence about the parameter that is wrong.
  public init(box: [Double]?, start: String?, stop: String?) throws(ParameterError) {
    if let box {
      guard box.count == 4 else {
        throw ParameterError("box", "must have the four numbers west, south, east, north, not \(box.count)")
      }
      guard box[1] <= box[3], abs(box[1]) <= 90, abs(box[3]) <= 90 else {
        throw ParameterError("box", "must have its south (\(box[1])) below its north (\(box[3])), both within -90...90")
      }
      self.box = box
    }
    self.start = try Self.time(start, "start")
    self.stop = try Self.time(stop, "stop")
    if let first = self.start, let last = self.stop, first > last {
      throw ParameterError("stop", "must not be before start: \(stop ?? "") is before \(start ?? "")")
    }
  }

  private static func time(_ text: String?, _ parameter: String) throws(ParameterError) -> UTCTime? {
    guard let text else { return nil }
    guard let found = UTCTime(text) else {
      throw ParameterError(parameter, "must be a time such as 2019-03-07T00:58:07, not '\(text)'")
    }
    return found
  }

  /// Whether a point lies in the box, its edges included.
  public func holds(longitude: Double, latitude: Double) -> Bool {
    guard let box else { return true }
    if latitude < box[1] || latitude > box[3] { return false }
    let span = box[2] - box[0]
    // A box of a whole turn or more holds every longitude; otherwise both are counted eastward from the western edge.
    if span >= 360 { return true }
    return Longitude.eastward(longitude - box[0]) <= Longitude.eastward(span)
  }

  private static func markBeyondPoles(_ table: inout Table) throws {
    let found = try table.numbers(.latitude)
    let rows = found.indices.filter { Latitude.isBeyondPole(found[$0]) }
    guard !rows.isEmpty else { return }
    for name in [ColumnName.latitude, ColumnName.longitude] {
      guard var column = table[name] else { continue }
      var values = try table.numbers(name)
      for row in rows { values[row] = .nan }
      column.values = .number(values)
      table.set(column)
    }
    for row in rows { table.status.drop(row, because: "latitude beyond a pole") }
  }

  /// Marks the records outside; the table has the columns `time` (s since 1970), `lon` and `lat` (degrees).
  ///
  /// A latitude beyond a pole is no position: it becomes a missing one, and its record is marked. A record without a
  /// time is kept.
  ///
  /// - Throws: a sentence that names the column which is missing or holds no numbers.
  public func mark(_ table: inout Table) throws {
    try Self.markBeyondPoles(&table)
    let time = try table.numbers(.time)
    let lon = try table.numbers(.longitude)
    let lat = try table.numbers(.latitude)
    let values = try flags.map { try table.numbers($0.column) }
    for row in 0..<table.rowCount {
      if lon[row].isNaN || lat[row].isNaN {
        table.status.drop(row, because: "no position")
      } else if !holds(longitude: lon[row], latitude: lat[row]) {
        table.status.drop(row, because: "outside of the box")
      } else if let start, time[row] < start.seconds {
        table.status.drop(row, because: "before the time window")
      } else if let stop, time[row] > stop.seconds {
        table.status.drop(row, because: "after the time window")
      } else {
        for (flag, codes) in zip(flags, values) where !(Int(exactly: codes[row]).map(flag.codes.contains) ?? false) {
          table.status.drop(row, because: codes[row].isNaN ? "no \(flag.subject)" : "\(flag.subject) not wanted")
        }
      }
    }
  }
}
