import FloeSDK

/// Confusion matrices, classification reports, agreement against purity and time, separation of classes, the drift
/// surface.
struct ScoreSection {
  let material: ReportInputs

  func section() -> PageSection {
    var section = PageSection("comparison", "Comparison")
    var scores: [(name: String, body: JSONValue)] = material.facts.compactMap { step, facts in
      facts["score"].map { (step, $0) }
    }
    let told = Set(scores.map(\.body))
    for (item, document) in material.documents
    where document.body["confusion_matrix"] != nil && !told.contains(document.body) {
      scores.append((item.stem, document.body))
    }
    for (name, body) in scores { add(name, body, to: &section) }
    for key in ["agreement_by_purity", "agreement_by_minutes"] {
      if let figure = agreement(scores, key) { section.add(figure) }
    }
    for (step, facts) in material.facts {
      guard let list = facts["separation"]?.arrayValue, !list.isEmpty else { continue }
      section.blocks.append(
        .table(
          PageTable(
            """
            How far sea ice and leads lie apart before and after alignment, step \(step): Jeffries-Matusita \
            distance, 0 none to 2 complete
            """,
            ["Feature", "Before", "After", "Remark"],
            list.map { f in
              [
                f["feature"]?.stringValue ?? "", ReportFormat.fixed(f["before"]?.doubleValue, 3),
                ReportFormat.fixed(f["after"]?.doubleValue, 3), f["note"]?.stringValue ?? "",
              ]
            })))
    }
    for (step, facts) in material.facts {
      for table in facts["detection"]?.arrayValue ?? [] { section.blocks.append(.table(detection(step, table))) }
    }
    for (item, document) in material.documents { if let figure = drift(item, document.body) { section.add(figure) } }
    return section
  }

  /// Shares of things found, with their intervals.
  private func detection(_ step: String, _ table: JSONValue) -> PageTable {
    let heading = table["heading"]?.stringValue ?? ""
    return PageTable(
      "\(table["title"]?.stringValue ?? "Found"), step \(step)",
      [heading.prefix(1).uppercased() + heading.dropFirst(), "Count", "Found", "Share", "95 % interval"],
      (table["rows"]?.arrayValue ?? []).map { row in
        let low = row["low"]?.doubleValue
        let high = row["high"]?.doubleValue
        return [
          row["label"]?.stringValue ?? "", ReportFormat.count(row["count"]?.intValue ?? 0),
          ReportFormat.count(row["found"]?.intValue ?? 0), row["share"]?.doubleValue.map(ReportFormat.share) ?? "",
          low.flatMap { l in high.map { "\(ReportFormat.share(l)) to \(ReportFormat.share($0))" } } ?? "",
        ]
      })
  }

  private func add(_ name: String, _ body: JSONValue, to section: inout PageSection) {
    guard let matrix = body["confusion_matrix"], let names = matrix["names"]?.arrayValue?.compactMap(\.stringValue),
      !names.isEmpty,
      let counts = matrix["counts"]?.arrayValue?.map({ ($0.arrayValue ?? []).compactMap(\.intValue) }),
      counts.allSatisfy({ $0.count == names.count })
    else { return }
    let labels = names.map { ClassTable.seaIce.named($0)?.label ?? $0 }
    let reference = body["reference"]?.stringValue ?? "reference"
    let predicted = body["predicted"]?.stringValue ?? "prediction"
    section.blocks.append(.heading("\(name): \(predicted) against \(reference)"))
    let figures = [("Accuracy", "accuracy"), ("kappa", "kappa"), ("balanced accuracy", "balanced_accuracy")].map {
      "\($0.0) \(ReportFormat.fixed(body[$0.1]?.doubleValue, 3))"
    }
    section.blocks.append(
      .text(
        """
        \(ReportFormat.list(figures)); \(ReportFormat.count(body["evaluated"]?.intValue ?? 0)) of \
        \(ReportFormat.count(body["pairs"]?.intValue ?? 0)) pairs evaluated.
        """
      ))
    if let warning = body["warning"]?.stringValue { section.blocks.append(.note(warning + ".")) }
    if let note = body["note"]?.stringValue { section.blocks.append(.note(note + ".")) }
    var table = PageTable(
      "Confusion matrix of \(name): rows are \(reference), columns \(predicted)",
      ["Reference"] + labels.map { "→ \($0)" } + ["Sum"], [])
    for (i, row) in counts.enumerated() {
      let sum = row.reduce(0, +)
      table.rows.append(
        [(text: labels[i], shade: nil)]
          + row.map { n in (text: ReportFormat.count(n), shade: sum > 0 ? Double(n) / Double(sum) : nil) }
          + [(text: ReportFormat.count(sum), shade: nil)])
    }
    section.blocks.append(.table(table))
    section.add(matrixFigure(name, labels, counts, reference, predicted))
    var rows = names.indices.compactMap { i -> [String]? in body["classes"]?[names[i]].map { Self.row(labels[i], $0) } }
    for (key, label) in [("macro avg", "Macro average"), ("weighted avg", "Weighted average")] {
      if let f = body[key] { rows.append(Self.row(label, f)) }
    }
    section.blocks.append(
      .table(
        PageTable("Classification report of \(name)", ["Class", "Precision", "Recall", "F1", "IoU", "Support"], rows)))
  }

  private static func row(_ label: String, _ f: JSONValue) -> [String] {
    [label] + ["precision", "recall", "f1-score", "iou"].map { ReportFormat.fixed(f[$0]?.doubleValue, 3) } + [
      ReportFormat.count(f["support"]?.intValue ?? 0)
    ]
  }

  private func matrixFigure(
    _ step: String, _ labels: [String], _ counts: [[Int]], _ reference: String, _ predicted: String
  ) -> Figure {
    let name = "confusion-\(ReportFormat.slug(step))"
    let n = labels.count
    let shares = counts.map { row in
      row.map { v in row.reduce(0, +) > 0 ? Double(v) / Double(row.reduce(0, +)) * 100 : 0 }
    }
    var rows: [[Double]] = []
    for r in 0..<n { for c in 0..<n { rows.append([Double(c), Double(r), shares[r][c]]) } }
    var labelsText = ""
    for r in 0..<n {
      for c in 0..<n {
        labelsText +=
          """
          set label \(r * n + c + 1) \
          \(Figure.quoted("\(ReportFormat.count(counts[r][c]))  (\(ReportFormat.fixed(shares[r][c], 1)) %)")) at \(c),\
          \(r) center \
          front noenhanced textcolor rgb '\(shares[r][c] > 55 ? "#000000" : "#ffffff")'\n
          """
      }
    }
    func tics(_ t: [String]) -> String { t.enumerated().map { "\(Figure.quoted($1)) \($0)" }.joined(separator: ", ") }
    let told = (0..<n).map { r in
      "\(labels[r]): " + (0..<n).map { "\(ReportFormat.count(counts[r][$0])) as \(labels[$0])" }.joined(separator: ", ")
    }
    return Figure(
      name: name, title: "Confusion matrix of \(step)",
      caption: "Pairs, and in brackets their share of the reference's class.",
      alt: "Confusion matrix. " + told.joined(separator: "; ") + ".", size: (620, 130 + 74 * n),
      commands: """
        set title \(Figure.quoted("Confusion matrix of \(step)")) noenhanced
        unset key; unset grid
        \(Colours.palette); set cbrange [0:100]; set cblabel 'Share of the row (%)'
        set xrange [-0.5:\(n).0-0.5]; set yrange [\(n).0-0.5:-0.5]
        set xtics (\(tics(labels))) scale 0; set ytics (\(tics(labels))) scale 0
        set xlabel \(Figure.quoted(predicted)) noenhanced; set ylabel \(Figure.quoted(reference)) noenhanced
        \(labelsText)plot '\(name).dat' using 1:2:3 with image pixels
        """, data: ["\(name).dat": Figure.rows(rows)])
  }

  /// The share of agreeing pairs in steps of purity or of minutes, of every comparison that has them.
  private func agreement(_ scores: [(name: String, body: JSONValue)], _ key: String) -> Figure? {
    let isPurity = key == "agreement_by_purity"
    let sets = scores.compactMap { score -> (name: String, steps: [JSONValue])? in
      guard let steps = score.body[key]?.arrayValue, !steps.isEmpty else { return nil }
      return (score.name, steps)
    }
    guard !sets.isEmpty else { return nil }
    let name = ReportFormat.slug(key)
    let slugs = ReportFormat.slugs(sets.map(\.name))
    let colors = [RGB(0, 68, 136), RGB(187, 85, 0), RGB(0, 110, 80), RGB(120, 60, 130), RGB(90, 90, 90)]
    var data: [String: [UInt8]] = [:]
    var plots: [String] = []
    var key: [String] = []
    var told: [String] = []
    for (k, set) in sets.enumerated() {
      let file = "\(name).\(slugs[k]).dat"
      data[file] = Figure.rows(
        set.steps.map { s in
          let from = s["from"]?.doubleValue ?? .nan
          let to = s["to"]?.doubleValue ?? .nan
          let spread = (to - from) * 0.06 * (Double(k) - Double(sets.count - 1) / 2)
          return [
            (from + to) / 2 + spread, (s["agreement"]?.doubleValue ?? .nan) * 100, s["pairs"]?.doubleValue ?? .nan,
          ]
        })
      plots.append(
        """
        '\(file)' using 1:2 with linespoints pt \([7, 9, 5, 13, 11][k % 5]) ps 1 lw 1.8 dt \
        \([1, 5, 4, 2, 3][k % 5]) lc rgb '\(Colours.hex(colors[k % 5]))' notitle
        """
      )
      key.append(
        """
        keyentry with linespoints pt \([7, 9, 5, 13, 11][k % 5]) ps 1 lw 1.8 dt \([1, 5, 4, 2, 3][k % 5]) lc rgb '\
        \(Colours.hex(colors[k % 5]))' title \(Figure.quoted(set.name))
        """
      )
      told.append(
        "\(set.name): "
          + set.steps.map {
            """
            \(ReportFormat.number($0["from"]?.doubleValue, 2)) to \(ReportFormat.number($0["to"]?.doubleValue, 2)): \
            \(ReportFormat.share($0["agreement"]?.doubleValue ?? .nan)) of \
            \(ReportFormat.count($0["pairs"]?.intValue ?? 0))
            """
          }.joined(separator: ", "))
    }
    let values = sets.flatMap(\.steps)
    let low = values.compactMap { $0["from"]?.doubleValue }.min() ?? 0
    let high = values.compactMap { $0["to"]?.doubleValue }.max() ?? 1
    let title = isPurity ? "Agreement against purity of the footprint" : "Agreement against time difference"
    let panels = Panels(
      title: title, columns: 1,
      plots: [
        """
        set xlabel '\(isPurity ? "Share of the footprint''s most frequent class" : "Absolute time difference (min)")\
        '; set ylabel 'Agreement (%)'
        set xrange [\(ReportFormat.data(low)):\(ReportFormat.data(high))]; set yrange [0:104]; set xtics auto
        plot \(plots.joined(separator: ", \\\n    "))
        """
      ], key: key, panelHeight: 340)
    return Figure(
      name: name, title: title,
      caption:
        """
        Share of agreeing pairs in steps of \
        \(isPurity ? "0.1 of the footprint's most frequent class" : "10 minutes between record and scene"), over \
        all pairs of a matrix.
        """,
      alt: "\(title). " + told.joined(separator: "; ") + ".",
      size: panels.size, commands: panels.commands, data: data)
  }

  /// Agreement over shifts of the track.
  private func drift(_ item: ReportInputs.Item, _ body: JSONValue) -> Figure? {
    guard let surface = body["surface"],
      let lines = surface["agreement"]?.arrayValue?.map({ ($0.arrayValue ?? []).map { $0.doubleValue ?? .nan } }),
      let step = surface["step_m"]?.doubleValue, let east = surface["first_east_m"]?.doubleValue,
      let north = surface["first_north_m"]?.doubleValue,
      let best = body["best"], let x = best["east_m"]?.doubleValue, let y = best["north_m"]?.doubleValue,
      let kappa = best["agreement"]?.doubleValue
    else { return nil }
    // A surface of a fine search is thinned to what can be seen.
    let every = max(1, (lines.count + 100) / 101)
    let name = "drift-\(ReportFormat.slug(item.stem))"
    let isSignificant = body["significant"]?.boolValue ?? true
    var rows: [[Double]?] = []
    for (j, line) in lines.enumerated() where j % every == 0 {
      for (i, v) in line.enumerated() where i % every == 0 {
        rows.append([(east + Double(i) * step) / 1000, (north + Double(j) * step) / 1000, v])
      }
      rows.append(nil)
    }
    let verdict = isSignificant ? "" : " It is not significant."
    return Figure(
      name: name, title: "Agreement over shifts of the track",
      caption:
        """
        Cohen's kappa of both classifications with the track moved; the cross is the best shift, \
        \(ReportFormat.number(x)) \
        m east and \(ReportFormat.number(y)) m north, kappa \(ReportFormat.fixed(kappa, 3)), sharpness \
        \(ReportFormat.fixed(body["sharpness"]?.doubleValue, 1)).\(verdict)
        """
          + (every > 1
            ? " Drawn is \(ReportFormat.thinned(every, "shift").replacing(" is drawn", with: "")) of each direction."
            : ""),
      alt:
        """
        Surface of agreement over shifts. Best at \(ReportFormat.number(x)) m east, \(ReportFormat.number(y)) m north \
        with kappa \
        \(ReportFormat.fixed(kappa, 3)); second peak \(ReportFormat.fixed(body["second"]?.doubleValue, 3)).\(verdict)
        """,
      size: (640, 560),
      commands: """
        set title 'Agreement over shifts of the track'
        unset grid; set key off
        \(Colours.palette); set cbrange [*:*]; set cblabel 'Cohen''s kappa'
        set xlabel 'Shift eastward (km)'; set ylabel 'Shift northward (km)'
        set size ratio -1; set xrange [\(ReportFormat.data(east / 1000)):\(ReportFormat.data(-east / 1000))]; set \
        yrange [\
        \(ReportFormat.data(north / 1000)):\(ReportFormat.data(-north / 1000))]
        plot '\(name).dat' using 1:2:3 with image, '+' using (\(ReportFormat.data(x / 1000))):(\
        \(ReportFormat.data(y / 1000))) \
        every ::::0 with points pt 2 ps 2 lw 5 lc rgb '#ffffff', \
        '+' using (\(ReportFormat.data(x / 1000))):(\(ReportFormat.data(y / 1000))) every ::::0 with points pt 2 ps \
        1.9 lw 2.4 \
        lc rgb '#c04a00'
        set size noratio
        """, data: ["\(name).dat": Figure.rows(rows)])
  }
}
