import FloeSDK

/// Widths in map units from counted distances.
struct WidthReport {
  private let counts: WidthCounts
  private let bin: Double
  /// Widths in rising order with their number of pixels.
  private let widths: [(width: Double, count: Int)]

  init(_ counts: WidthCounts, pixel: Double, bin: Double) {
    self.counts = counts
    self.bin = bin
    widths = counts.bySquare.sorted { $0.key < $1.key }.map {
      ((2 * Double($0.key).squareRoot() - 0.5) * pixel, $0.value)
    }
  }

  var binCount: Double { widths.last.map { ($0.width / bin).rounded(.down) + 1 } ?? 0 }

  var table: Table {
    var pixels = [Int](repeating: 0, count: Int(min(binCount, 100_000)))
    for w in widths { pixels[min(pixels.count - 1, Int(w.width / bin))] += w.count }
    var table = Table(rowCount: pixels.count)
    table.set(
      Column(
        "width_from", unit: .metre, summary: "Lower limit of the width",
        values: .number(pixels.indices.map { Double($0) * bin })))
    table.set(
      Column(
        "width_to", unit: .metre, summary: "Upper limit of the width",
        values: .number(pixels.indices.map { Double($0 + 1) * bin })))
    table.set(Column("centreline_pixels", summary: "Pixels on centrelines", values: .integer(pixels)))
    table.set(
      Column(
        "share", summary: "Share of all centreline pixels",
        values: .number(pixels.map { Double($0) / Double(max(1, counts.centreline)) })))
    return table
  }

  func document(pixels: Int) -> Document {
    let n = counts.centreline
    let sum = widths.reduce(0) { $0 + $1.width * Double($1.count) }
    let body: JSONValue = [
      "centreline_pixels": .integer(n), "area_share": .number(Double(counts.area) / Double(pixels)),
      "width_mean": n == 0 ? .null : .number(sum / Double(n)), "width_median": JSONValue(quantile(0.5)),
      "width_90th_percentile": JSONValue(quantile(0.9)), "width_greatest": JSONValue(widths.last?.width),
    ]
    return Document(title: "Lead widths", body: body)
  }

  /// The smallest width that at least this share of the centreline does not exceed; nil without leads.
  private func quantile(_ share: Double) -> Double? {
    let wanted = share * Double(counts.centreline)
    var seen = 0
    for w in widths {
      seen += w.count
      if Double(seen) >= wanted { return w.width }
    }
    return nil
  }
}
