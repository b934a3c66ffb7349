import FloeSDK

/// Scatter plots of each pair of features of a table, by class, with the centres of clusters.
struct FeatureScatter {
  /// The start of its files' names.
  let name: String
  let features: [String]
  /// The clustering whose centres are drawn; nil for none.
  let clustering: Clustering?
  /// Rows that take part and have all features.
  let whole: [Int]
  /// One in so many of these rows is drawn.
  let step: Int
  private let table: Table
  /// `columns[feature][row]`.
  private let columns: [[Double]]
  private let parts: [(group: TrackView.Group, rows: [Int])]
  /// The ends of each feature's axis.
  private let limits: [(low: Double, high: Double)]

  /// The marks of classes, in gnuplot's numbers.
  private static let marks = [7, 9, 5, 13]

  /// Nil where there are fewer than two features, or no row has all.
  ///
  /// - Parameters:
  ///   - features: names of columns of numbers.
  ///   - limit: rows that are drawn at most.
  init?(
    _ name: String, _ table: Table, _ view: TrackView, features: [String], clustering: Clustering?, limit: Int
  ) {
    guard features.count > 1 else { return nil }
    let columns = features.compactMap { table[$0]?.numbers }
    let whole = view.kept.filter { row in columns.allSatisfy { $0[row].isFinite } }
    guard !whole.isEmpty else { return nil }
    self.name = name
    self.features = features
    self.clustering = clustering
    self.whole = whole
    step = (whole.count + limit - 1) / limit
    self.table = table
    self.columns = columns
    parts = view.parts.filter { !$0.rows.isEmpty }
    limits = columns.map { c -> (low: Double, high: Double) in
      let q = quantiles([0.002, 0.998], of: whole.map { c[$0] })
      // A constant feature needs an axis of some length in the digits that are written.
      let pad = max((q[1] - q[0]) * 0.08, 1e-3 * max(1, abs(q[0]), abs(q[1])))
      return (q[0] - pad, q[1] + pad)
    }
  }

  /// Places of two features each.
  private var pairs: [(Int, Int)] {
    features.indices.flatMap { a in features.indices.filter { $0 > a }.map { (a, $0) } }
  }

  /// The most rows that lie beyond the axes of a panel.
  var beyond: Int {
    func isBeyond(_ f: Int, _ row: Int) -> Bool { columns[f][row] < limits[f].low || columns[f][row] > limits[f].high }
    return pairs.map { a, b in whole.count { isBeyond(a, $0) || isBeyond(b, $0) } }.max() ?? 0
  }

  /// The points of each class, and the centres.
  var data: [String: [UInt8]] {
    let drawn = stride(from: 0, to: whole.count, by: step).map { whole[$0] }
    var data: [String: [UInt8]] = [:]
    for (k, part) in parts.enumerated() {
      let own = Set(part.rows)
      data["\(name).\(k).dat"] = Figure.rows(drawn.filter(own.contains).map { row in columns.map { $0[row] } })
    }
    if let clustering {
      data["\(name).centres.dat"] = Figure.rows(clustering.clusters.map { c in features.map { c.centre[$0] ?? .nan } })
    }
    return data
  }

  /// gnuplot's commands, a panel for each pair.
  var panels: [String] { pairs.map { panel($0, $1) } }

  private func panel(_ a: Int, _ b: Int) -> String {
    let columns = "\(a + 1):\(b + 1)"
    var plots = parts.enumerated().map { k, part in
      """
      '\(name).\(k).dat' using \(columns) with points pt \(Self.marks[k % 4]) ps 0.4 lc rgb '\
      \(Colours.hex(part.group.line, transparency: 70))' notitle
      """
    }
    if clustering != nil {
      plots.append("'\(name).centres.dat' using \(columns) with points pt 2 ps 1.6 lw 4.5 lc rgb '#ffffff' notitle")
      plots.append("'\(name).centres.dat' using \(columns) with points pt 2 ps 1.5 lw 2.2 lc rgb '#000000' notitle")
    }
    let (x, y) = (limits[a], limits[b])
    return """
      set xlabel \(Figure.quoted(label(features[a]))) noenhanced; set ylabel \
      \(Figure.quoted(label(features[b]))) noenhanced
      set xrange [\(ReportFormat.data(x.low)):\(ReportFormat.data(x.high))]; set yrange [\
      \(ReportFormat.data(y.low)):\
      \(ReportFormat.data(y.high))]
      plot \(plots.joined(separator: ", \\\n    "))
      """
  }

  /// Entries of the legend.
  var key: [String] {
    var key = parts.enumerated().map { k, part in
      """
      keyentry with points pt \(Self.marks[k % 4]) ps 0.9 lc rgb '\(Colours.hex(part.group.line))' title \
      \(Figure.quoted(part.group.label))
      """
    }
    if clustering != nil { key.append("keyentry with points pt 2 ps 1.2 lw 2 lc rgb '#000000' title 'Centre'") }
    return key
  }

  /// What the figure shows, in words.
  var alt: String {
    var texts = parts.map { "\($0.group.label) \(ReportFormat.counted($0.rows.count, "record"))" }
    for cluster in clustering?.clusters ?? [] {
      let centre = features.map { "\(ReportFormat.words($0)) \(ReportFormat.number(cluster.centre[$0], 3))" }
      texts.append("centre of \(cluster.label): " + centre.joined(separator: ", "))
    }
    return "Scatter plots of \(ReportFormat.list(features)): " + texts.joined(separator: "; ") + "."
  }

  private func label(_ name: String) -> String {
    let known = ReportFormat.feature(name)
    return known == name ? ReportFormat.axis(name, table[name]?.unit ?? .dimensionless) : known
  }
}
