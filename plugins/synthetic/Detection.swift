import FloeSDK

/// How many of some things were found, with the 95 % interval of the share.
struct Detection: Sendable {
  /// What the things have in common, for example `20 to 40 m`.
  var label: String
  var count = 0
  var found = 0

  /// The share that was found; NaN without any.
  var share: Double { count == 0 ? .nan : Double(found) / Double(count) }

  /// Wilson's score interval (1927) at 95 %: it holds for few things, too, and never leaves 0 ... 1; NaN without any.
  var interval: (low: Double, high: Double) {
    guard count > 0 else { return (.nan, .nan) }
    let n = Double(count)
    let z = 1.959_963_984_540_054
    let p = share
    let middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    return (max(0, middle - half), min(1, middle + half))
  }

  var json: JSONValue {
    [
      "label": .string(label), "count": .integer(count), "found": .integer(found), "share": JSONValue(finite: share),
      "low": JSONValue(finite: interval.low), "high": JSONValue(finite: interval.high),
    ]
  }
}

/// A table of shares for people and programs.
struct DetectionTable: Sendable {
  /// What is counted and what counts as found, one sentence.
  var title: String
  /// The heading of the labels.
  var heading: String
  var rows: [Detection]

  var json: JSONValue { ["title": .string(title), "heading": .string(heading), "rows": .array(rows.map(\.json))] }

  /// Columns of equal width.
  var text: String {
    func percent(_ x: Double) -> String { x.isNaN ? "-" : "\((x * 1000).rounded() / 10) %" }
    var lines = [[heading, "count", "found", "share", "95 % interval"]]
    for r in rows {
      let interval = r.count == 0 ? "-" : "\(percent(r.interval.low)) to \(percent(r.interval.high))"
      lines.append([r.label, "\(r.count)", "\(r.found)", percent(r.share), interval])
    }
    let widths = (0..<5).map { c in lines.map { $0[c].count }.max() ?? 0 }
    let table = lines.map { line in
      zip(line, widths).enumerated().map { c, cell in
        c == 4 ? cell.0 : cell.0 + String(repeating: " ", count: cell.1 - cell.0.count)
      }.joined(separator: "  ")
    }
    return title + "\n" + table.joined(separator: "\n") + "\n"
  }
}
