import FloeCore

/// Writes tables as comma separated values (RFC 4180, UTF-8, one header line).
public enum CSVWriter {
  /// Writes a new file. Numbers are the shortest that read back the same, times ISO 8601 in UTC, missing values empty.
  ///
  /// Array columns are left out; polygons become a last column `geometry` of WKT; marked rows get `dropped_because`.
  public static func write(_ path: String, _ table: Table) throws {
    try VirtualFile.write(Array(text(table).utf8), to: path)
  }

  /// The text of such a file.
  public static func text(_ table: Table) -> String {
    var names: [String] = []
    var cells: [(Int) -> String] = []
    for column in table.columns {
      guard let cell = cell(column) else { continue }
      names.append(column.name)
      cells.append(cell)
    }
    switch table.geometry {
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
        result += cell(row)
      }
      result += "\r\n"
    }
    return result
  }

  private static func cell(_ column: Column) -> ((Int) -> String)? {
    switch column.values {
    case .number(let v):
      column.isTime
        ? { v[$0].isFinite ? UTCTime(seconds: v[$0]).iso8601 : "" } : { v[$0].isNaN ? "" : number(v[$0]) }
    case .integer(let v): { v[$0].map(String.init) ?? "" }
    case .code(let v, let missing): { v[$0] == missing ? "" : String(v[$0]) }
    case .text(let v): { quoted(v[$0] ?? "") }
    case .array: nil
    }
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
