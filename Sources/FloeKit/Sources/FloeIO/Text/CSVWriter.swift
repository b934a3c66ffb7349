import FloeCore

/// Writes tables as comma separated values (RFC 4180, UTF-8, one header line).
public enum CSVWriter {
  /// How polygons are written.
  public enum Shape: Sendable {
    /// Columns `x` and `y` (`centre_x`, `centre_y` where taken): the centroid, in the table's reference system.
    case centre
    /// A last column `geometry` of WKT.
    case wkt
  }

  /// Writes a new file. Numbers are the shortest that read back the same, times ISO 8601 in UTC to the millisecond, to
  /// the microsecond where a column has finer ones, missing values empty.
  ///
  /// Array columns are left out; polygons become what `shape` says; marked rows get `dropped_because`.
  public static func write(_ path: String, _ table: Table, shape: Shape = .wkt) throws {
    try VirtualFile.write(Array(text(table, shape: shape).utf8), to: path)
  }

  /// The text of such a file.
  public static func text(_ table: Table, shape: Shape = .wkt) -> String {
    var names: [String] = []
    var cells: [(Int) -> String] = []
    for column in table.columns {
      guard let cell = cell(column) else { continue }
      names.append(column.name)
      cells.append(cell)
    }
    let isGlobe = table.crs?.isGeographic ?? false
    switch table.geometry {
    case .polygons(let polygons) where shape == .centre:
      centres(polygons.map { $0.isEmpty ? [] : [$0] }, isGlobe, &names, &cells)
    case .multiPolygons(let polygons) where shape == .centre: centres(polygons, isGlobe, &names, &cells)
    case .polygons(let polygons):
      names.append("geometry")
      cells.append { quoted(polygons[$0].isEmpty ? "" : "POLYGON " + wkt(polygons[$0])) }
    case .multiPolygons(let polygons):
      names.append("geometry")
      cells.append { row in
        let parts = polygons[row].map(wkt)
        return quoted(parts.isEmpty ? "" : "MULTIPOLYGON (" + parts.joined(separator: ", ") + ")")
      }
    case .points, nil: break
    }
    if !table.status.reasons.isEmpty {
      names.append("dropped_because")
      cells.append { quoted(table.status.reason($0) ?? "") }
    }
    var result = names.map(quoted).joined(separator: ",") + "\r\n"
    for row in 0..<table.rowCount {
      for (i, cell) in cells.enumerated() {
        if i > 0 { result += "," }
        let text = cell(row)
        // A line without anything would be no row to a reader.
        result += cells.count == 1 && text.isEmpty ? "\"\"" : text
      }
      result += "\r\n"
    }
    return result
  }

  /// Two columns with the centroids of polygons.
  ///
  /// - Parameter isGlobe: whether x is a longitude, which has many names.
  private static func centres(
    _ polygons: [[[[SIMD2<Double>]]]], _ isGlobe: Bool, _ names: inout [String], _ cells: inout [(Int) -> String]
  ) {
    let taken = Set(names.map { $0.lowercased() })
    let free = [("x", "y"), ("centre_x", "centre_y"), ("polygon_x", "polygon_y")]
    let (x, y) = free.first { !taken.contains($0) && !taken.contains($1) } ?? ("floe_x", "floe_y")
    let points = centroids(polygons, isGlobe: isGlobe)
    names += [x, y]
    cells.append { points[$0].map { number($0.x) } ?? "" }
    cells.append { points[$0].map { number($0.y) } ?? "" }
  }

  /// The centre of gravity of each polygon with all of its parts; nil for an empty one.
  static func centroids(_ polygons: [[[[SIMD2<Double>]]]], isGlobe: Bool) -> [SIMD2<Double>?] {
    polygons.map { isGlobe ? centroid(gathered($0)).map(named) : centroid($0) }
  }

  /// Parts in degrees, moved by whole turns to within half a turn of the first, holes with their outer rings: what the
  /// 180° meridian cuts lies on both edges of the map.
  private static func gathered(_ parts: [[[SIMD2<Double>]]]) -> [[[SIMD2<Double>]]] {
    guard let first = parts.lazy.compactMap({ $0.first.flatMap(middle) }).first else { return parts }
    return parts.map { rings in
      let own = rings.first.flatMap(middle) ?? first
      let away = first - own
      let shift = abs(away) > 180 ? 360 * (away / 360).rounded() : 0
      return shift == 0 ? rings : rings.map { $0.map { SIMD2($0.x + shift, $0.y) } }
    }
  }

  /// The longitude in the middle of a ring's extent.
  private static func middle(_ ring: [SIMD2<Double>]) -> Double? {
    RingShape.bounds([ring]).map { ($0.minX + $0.maxX) / 2 }
  }

  /// The point by the meridian's name from -180 to 180.
  private static func named(_ point: SIMD2<Double>) -> SIMD2<Double> {
    point.x < -180 || point.x > 180 ? SIMD2(point.x - 360 * ((point.x + 180) / 360).rounded(.down), point.y) : point
  }

  /// The centre of gravity of the area inside of rings, holes taken off; of the corners where there is no area.
  private static func centroid(_ parts: [[[SIMD2<Double>]]]) -> SIMD2<Double>? {
    guard let origin = parts.first?.first?.first else { return nil }
    var area = 0.0
    var moment = SIMD2<Double>(0, 0)
    var corners = (sum: SIMD2<Double>(0, 0), count: 0.0)
    for part in parts {
      for (i, ring) in part.enumerated() {
        var own = (area: 0.0, moment: SIMD2<Double>(0, 0))
        // Far from the origin of the map the products would lose their digits.
        let places = ring.map { $0 - origin }
        for (a, b) in zip(places, places.dropFirst() + places.prefix(1)) {
          let cross = a.x * b.y - b.x * a.y
          own.area += cross / 2
          own.moment += (a + b) * (cross / 6)
          corners = (corners.sum + a, corners.count + 1)
        }
        // Outer rings count for their area, inner ones against it, whichever way they turn.
        let sign = (own.area < 0 ? -1.0 : 1.0) * (i == 0 ? 1 : -1)
        area += own.area * sign
        moment += own.moment * sign
      }
    }
    return origin + (area > 0 ? moment / area : corners.sum / max(1, corners.count))
  }

  private static func cell(_ column: Column) -> ((Int) -> String)? {
    switch column.values {
    case .number(let v):
      column.isTime ? times(v) : { v[$0].isNaN ? "" : number(v[$0]) }
    case .integer(let v): { v[$0].map(String.init) ?? "" }
    case .code(let v, let missing): { v[$0] == missing ? "" : String(v[$0]) }
    case .text(let v): { quoted(v[$0] ?? "") }
    case .array: nil
    }
  }

  /// Times with as many digits as the column needs, three or six; doubles hold no finer ones in our days.
  private static func times(_ v: [Double]) -> (Int) -> String {
    let isFine = v.contains { time in
      guard time.isFinite, time == UTCTime.clamped(time) else { return false }
      let millis = (time - time.rounded(.down)) * 1000
      return abs(millis - millis.rounded()) > max(0.0005, time.ulp * 1000)
    }
    guard isFine else { return { v[$0].isFinite ? UTCTime(seconds: v[$0]).iso8601 : "" } }
    return { v[$0].isFinite ? micros(v[$0]) : "" }
  }

  /// `YYYY-MM-DDThh:mm:ss.ffffffZ`.
  private static func micros(_ time: Double) -> String {
    let time = UTCTime.clamped(time)
    var second = time.rounded(.down)
    var micros = Int(((time - second) * 1e6).rounded())
    if micros == 1_000_000 { (second, micros) = (second + 1, 0) }
    let digits = String(micros)
    let zeros = String(repeating: "0", count: max(0, 6 - digits.count))
    // Without its `.000Z`.
    return "\(UTCTime(seconds: second).iso8601.dropLast(5)).\(zeros)\(digits)Z"
  }

  /// The shortest text that reads back the same; whole numbers without `.0`.
  private static func number(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private static func quoted(_ text: String) -> String { TextEscape.csv(text) }

  /// The rings of one polygon.
  private static func wkt(_ rings: [[SIMD2<Double>]]) -> String {
    let parts = rings.map { ring in
      let closed = ring.first == ring.last ? ring : ring + ring.prefix(1)
      return "(" + closed.map { "\(number($0.x)) \(number($0.y))" }.joined(separator: ", ") + ")"
    }
    return "(" + parts.joined(separator: ", ") + ")"
  }
}
