import FloeSDK

/// Which numbers of a track stand for a missing value although the file that they come from does not say so.
enum MissingValue {
  /// From here on numbers are the fill of tables without one: 3.4028235e38 of ICESat-2, 9.96921e36 of netCDF, 1e30.
  static let fill = 1e30
  /// All surfaces of the sea and of land lie within these metres above the ellipsoid or the mean sea surface; fills
  /// such as -9999 and 9999 do not.
  static let heights = -500.0...9000.0

  /// Whether a number of any quantity is missing: not finite, or a fill.
  static func isFill(_ x: Double) -> Bool { !(abs(x) < fill) }

  /// The number, NaN for a fill.
  static func known(_ x: Double) -> Double { isFill(x) ? .nan : x }

  /// The height in metres above a reference, NaN for what cannot be one.
  static func height(_ metres: Double) -> Double { heights.contains(metres) ? metres : .nan }

  /// How many of the kept records have a number that is no height.
  static func countOfNoHeights(_ metres: [Double], _ status: RowStatus) -> Int {
    metres.indices.count { !metres[$0].isNaN && height(metres[$0]).isNaN && status.isKept($0) }
  }

  /// Why such a number is left out.
  static let noHeight = "a height below -500 m or above 9 km: no surface lies there"
}

/// A height put together from terms; each record without one is counted by the first term that it lacks.
struct HeightSum {
  /// Metres, NaN where a term is missing.
  private(set) var metres: [Double]
  private var lacks: [(what: String, rows: [Int])]

  /// A height that begins with a term.
  ///
  /// - Parameter what: the term, for the reason of records without it.
  init(_ values: [Double], _ what: String) {
    metres = values.map(MissingValue.known)
    lacks = []
    let known = metres
    note(what, known.indices.filter { known[$0].isNaN })
  }

  /// Takes a further term off.
  mutating func subtract(_ values: [Double], _ what: String) {
    var missing: [Int] = []
    for i in metres.indices where !metres[i].isNaN {
      metres[i] -= MissingValue.known(values[i])
      if metres[i].isNaN { missing.append(i) }
    }
    note(what, missing)
  }

  /// Takes out what is no height above a reference.
  mutating func bound() {
    var missing: [Int] = []
    for i in metres.indices where !metres[i].isNaN && MissingValue.height(metres[i]).isNaN {
      metres[i] = .nan
      missing.append(i)
    }
    note(MissingValue.noHeight, missing)
  }

  private mutating func note(_ what: String, _ rows: [Int]) {
    if !rows.isEmpty { lacks.append((what, rows)) }
  }

  /// Counts the records without a height, by reason, of the rows that `counts` says.
  func tell(_ context: RunContext, _ counts: (Int) -> Bool) {
    for (what, rows) in lacks {
      context.dropped(rows.count(where: counts), "records", because: "no elevation: \(what)")
    }
  }
}
