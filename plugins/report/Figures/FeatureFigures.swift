import FloeSDK

/// Scatter plots of features with classes and centres.
struct FeatureFigures {
  let material: ReportInputs
  /// The column with the classes; nil for the usual ones.
  let classes: String?
  /// Records that a scatter plot shows at most.
  let limit: Int

  func figure(_ item: ReportInputs.Item, _ table: Table) -> Figure? {
    let view = TrackView(table, classes: classes)
    let above = material.ancestry(of: item.step)
    let fitting = material.clusterings.filter { c in c.features.allSatisfy { table[$0]?.numbers != nil } }
    // The clustering that the table's own classes rest on.
    let own = fitting.last { above.contains($0.step) }
    let known: [ColumnName] = [.backscatter, .peakiness, .stackDeviation, .leadingEdgeWidth]
    let usual = known.filter { table[$0]?.numbers != nil }.map(\.rawValue)
    let features = Array((own?.features ?? usual).prefix(4))
    guard features.count > 1 else { return nil }
    let columns = features.compactMap { table[$0]?.numbers }
    let whole = view.kept.filter { row in columns.allSatisfy { $0[row].isFinite } }
    guard !whole.isEmpty else { return nil }
    let step = (whole.count + limit - 1) / limit
    let drawn = stride(from: 0, to: whole.count, by: step).map { whole[$0] }
    let name = "scatter-\(ReportFormat.slug(item.stem))"
    var data: [String: [UInt8]] = [:]
    var altTexts: [String] = []
    let parts = view.parts.filter { !$0.rows.isEmpty }
    for (k, part) in parts.enumerated() {
      let own = Set(part.rows)
      data["\(name).\(k).dat"] = Figure.rows(drawn.filter(own.contains).map { row in columns.map { $0[row] } })
      altTexts.append("\(part.group.label) \(ReportFormat.counted(part.rows.count, "record"))")
    }
    if let own {
      data["\(name).centres.dat"] = Figure.rows(own.clusters.map { c in features.map { c.centre[$0] ?? .nan } })
    }
    let limits = columns.map { c -> (Double, Double) in
      let q = quantiles([0.002, 0.998], of: whole.map { c[$0] })
      // A constant feature needs an axis of some length in the digits that are written.
      let pad = max((q[1] - q[0]) * 0.08, 1e-3 * max(1, abs(q[0]), abs(q[1])))
      return (q[0] - pad, q[1] + pad)
    }
    var panels: [String] = []
    var beyond = 0
    for a in features.indices {
      for b in features.indices where b > a && panels.count < 6 {
        beyond = max(
          beyond,
          whole.count {
            columns[a][$0] < limits[a].0 || columns[a][$0] > limits[a].1 || columns[b][$0] < limits[b].0
              || columns[b][$0] > limits[b].1
          })
        var plots = parts.enumerated().map { k, part in
          """
          '\(name).\(k).dat' using \(a + 1):\(b + 1) with points pt \([7, 9, 5, 13][k % 4]) ps 0.4 lc rgb '\
          \(Colours.hex(part.group.line, transparency: 70))' notitle
          """
        }
        if own != nil {
          plots.append(
            "'\(name).centres.dat' using \(a + 1):\(b + 1) with points pt 2 ps 1.6 lw 4.5 lc rgb '#ffffff' notitle")
          plots.append(
            "'\(name).centres.dat' using \(a + 1):\(b + 1) with points pt 2 ps 1.5 lw 2.2 lc rgb '#000000' notitle")
        }
        panels.append(
          """
          set xlabel \(Figure.quoted(label(features[a], table))) noenhanced; set ylabel \
          \(Figure.quoted(label(features[b], table))) noenhanced
          set xrange [\(ReportFormat.data(limits[a].0)):\(ReportFormat.data(limits[a].1))]; set yrange [\
          \(ReportFormat.data(limits[b].0)):\
          \(ReportFormat.data(limits[b].1))]
          plot \(plots.joined(separator: ", \\\n    "))
          """)
      }
    }
    var key = parts.enumerated().map { k, part in
      """
      keyentry with points pt \([7, 9, 5, 13][k % 4]) ps 0.9 lc rgb '\(Colours.hex(part.group.line))' title \
      \(Figure.quoted(part.group.label))
      """
    }
    if own != nil { key.append("keyentry with points pt 2 ps 1.2 lw 2 lc rgb '#000000' title 'Centre'") }
    let title = item.titled("Features")
    let isSingle = panels.count == 1
    var caption = "Each pair of features of \(ReportFormat.counted(whole.count, "record"))"
    if let column = view.column { caption += " by \(ReportFormat.side("column \(column)"))" }
    if own != nil { caption += "; crosses are the centres of \(ReportFormat.words(own?.step ?? ""))" }
    caption += ".\(view.choiceNote)"
    let thinned = ReportFormat.thinned(step, "record")
    if !thinned.isEmpty { caption += " To stay readable, \(thinned)." }
    if beyond > 0 {
      caption +=
        """
         The axes end at the 0.2nd and 99.8th percentile: up to \(ReportFormat.counted(beyond, "record")) \
        of a panel beyond.
        """
    }
    if let own {
      altTexts += own.clusters.map { c in
        "centre of \(c.label): "
          + features.map { "\(ReportFormat.words($0)) \(ReportFormat.number(c.centre[$0], 3))" }.joined(separator: ", ")
      }
    }
    let grid = Panels(
      title: item.titled("Features", note: thinned), columns: isSingle ? 1 : 2, plots: panels, key: key,
      panelHeight: isSingle ? 460 : 290)
    return Figure(
      name: name, title: title, caption: caption,
      alt: "Scatter plots of \(ReportFormat.list(features)): " + altTexts.joined(separator: "; ") + ".",
      size: grid.size, commands: grid.commands, data: data)
  }

  private func label(_ name: String, _ table: Table) -> String {
    let known = ReportFormat.feature(name)
    return known == name ? ReportFormat.axis(name, table[name]?.unit ?? .dimensionless) : known
  }
}
