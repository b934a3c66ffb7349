import FloeSDK

/// Confusion matrices, classification reports, agreement against purity and time, separation of classes, the drift
/// surface.
struct ScoreSection {
  let material: ReportInputs

  func section() -> PageSection {
    var section = PageSection("comparison", "Comparison")
    var scores: [(name: String, body: JSONValue)] = material.facts.compactMap { step, facts in
      facts[.score].map { (step, $0) }
    }
    let shown = Set(scores.map(\.body))
    for (item, document) in material.documents
    where document.body[.confusionMatrix] != nil && !shown.contains(document.body) {
      scores.append((item.stem, document.body))
    }
    for (name, body) in scores { add(name, body, to: &section) }
    for key in [RecordKey.agreementByPurity, .agreementByMinutes] {
      if let table = agreementTable(scores, key) { section.blocks.append(.table(table)) }
      if let figure = agreement(scores, key) { section.add(figure) }
    }
    for (step, facts) in material.facts {
      guard let range = facts[.timeDifference]?.arrayValue?.compactMap(\.doubleValue),
        let low = range.map({ abs($0) }).min(),
        let high = range.map({ abs($0) }).max()
      else { continue }
      let least = ReportFormat.fixed(low / 60, 1)
      let most = ReportFormat.fixed(high / 60, 1)
      let minutes = least == most ? most : "\(least) to \(most)"
      section.blocks.append(.text("Records and scene are \(minutes) minutes apart (\(ReportFormat.words(step)))."))
    }
    for (step, facts) in material.facts {
      guard let list = facts[.separation]?.arrayValue, !list.isEmpty else { continue }
      section.blocks.append(
        .table(
          PageTable(
            """
            How far sea ice and leads lie apart before and after alignment (\(ReportFormat.words(step))): \
            Jeffries-Matusita distance, 0 none to 2 complete
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
      for table in facts[.detection]?.arrayValue ?? [] { section.blocks.append(.table(detection(step, table))) }
    }
    for (item, document) in material.documents { if let figure = drift(item, document.body) { section.add(figure) } }
    return section
  }

  /// Shares of things found, with their intervals.
  private func detection(_ step: String, _ table: JSONValue) -> PageTable {
    let heading = table["heading"]?.stringValue ?? ""
    return PageTable(
      "\(table["title"]?.stringValue ?? "Found") (\(ReportFormat.words(step)))",
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
    guard let matrix = body[.confusionMatrix], let names = matrix[.names]?.arrayValue?.compactMap(\.stringValue),
      !names.isEmpty,
      let counts = matrix[.counts]?.arrayValue?.map({ ($0.arrayValue ?? []).compactMap(\.intValue) }),
      counts.allSatisfy({ $0.count == names.count })
    else { return }
    let labels = names.map { ClassTable.seaIce.named($0)?.label ?? $0 }
    let reference = ReportFormat.side(body[.reference]?.stringValue ?? "reference")
    let predicted = ReportFormat.side(body[.predicted]?.stringValue ?? "prediction")
    let title = ReportFormat.words(name)
    section.blocks.append(.heading("\(title): \(predicted) against \(reference)"))
    let evaluated = body[.evaluated]?.intValue ?? 0
    let accuracy = body[.accuracy]?.doubleValue
    let kappa = body[.kappa]?.doubleValue
    let hits = accuracy.flatMap { Int(exactly: ($0 * Double(evaluated)).rounded()) }
    let figures = [
      "Accuracy " + Interval.text(accuracy, hits.flatMap { WilsonInterval.ends($0, of: evaluated) }),
      "kappa "
        + Interval.text(
          kappa,
          accuracy.flatMap { a in kappa.flatMap { Interval.kappa($0, agreement: a, count: evaluated) } }),
      "balanced accuracy \(ReportFormat.fixed(body[.balancedAccuracy]?.doubleValue, 3))",
    ]
    section.blocks.append(
      .text(
        """
        \(ReportFormat.list(figures)); n = \(ReportFormat.count(evaluated)) of \
        \(ReportFormat.count(body[.pairs]?.intValue ?? 0)) pairs. In brackets: 95 % intervals.
        """
      ))
    for remark in [body[.warning]?.stringValue, body[.note]?.stringValue] {
      guard let remark, !remark.isEmpty else { continue }
      let text = remark.prefix(1).uppercased() + remark.dropFirst() + "."
      // What holds for several comparisons is said at the first one.
      let isSaid = section.blocks.contains { if case .note(text) = $0 { true } else { false } }
      if !isSaid { section.blocks.append(.note(text)) }
    }
    var table = PageTable(
      "Confusion matrix of \(title): rows are \(reference), columns \(predicted)",
      ["Reference"] + labels.map { "→ \($0)" } + ["Sum"], [])
    for (i, row) in counts.enumerated() {
      let sum = row.reduce(0, +)
      table.rows.append(
        [(text: labels[i], shade: nil)]
          + row.map { n in (text: ReportFormat.count(n), shade: sum > 0 ? Double(n) / Double(sum) : nil) }
          + [(text: ReportFormat.count(sum), shade: nil)])
    }
    section.blocks.append(.table(table))
    let listed = counts.flatMap { $0 }.reduce(0, +)
    if listed > evaluated {
      section.blocks.append(
        .note(
          """
          The matrix has \(ReportFormat.counted(listed, "pair")); \(ReportFormat.count(listed - evaluated)) of them, \
          unclassified on one side at least, are left out of the scores, whose n is the smaller for it.
          """))
    }
    let known = names.indices.filter { body[.classes]?[names[$0]] != nil }
    var rows = known.compactMap { i -> [String]? in
      guard let f = body[.classes]?[names[i]] else { return nil }
      // Of the classes that are evaluated: their pairs alone are in the figures.
      let support = known.reduce(0) { $0 + counts[i][$1] }
      let predicted = known.reduce(0) { $0 + counts[$1][i] }
      let hasAllPairs = f[.support]?.intValue == support
      return Self.row(labels[i], f, hasAllPairs ? (hits: counts[i][i], support: support, predicted: predicted) : nil)
    }
    for (key, label) in [(RecordKey.macroAverage, "Macro average"), (RecordKey.weightedAverage, "Weighted average")] {
      if let f = body[key] { rows.append(Self.row(label, f, nil)) }
    }
    section.blocks.append(
      .table(
        PageTable(
          "Classification report of \(title), with 95 % intervals", ["Class", "Precision", "Recall", "F1", "IoU", "n"],
          rows)))
  }

  private static func row(_ label: String, _ f: JSONValue, _ n: (hits: Int, support: Int, predicted: Int)?) -> [String]
  {
    let iou = n.flatMap { WilsonInterval.ends($0.hits, of: $0.support + $0.predicted - $0.hits) }
    // F1 = 2 IoU / (1 + IoU) rises with it, so that the ends of its interval are those of the other.
    let f1 = iou.map { (low: 2 * $0.low / (1 + $0.low), high: 2 * $0.high / (1 + $0.high)) }
    let intervals = [
      n.flatMap { WilsonInterval.ends($0.hits, of: $0.predicted) },
      n.flatMap { WilsonInterval.ends($0.hits, of: $0.support) },
      f1, iou,
    ]
    let keys: [RecordKey] = [.precision, .recall, .f1, .iou]
    return [label]
      + zip(keys, intervals).map { Interval.text(f[$0]?.doubleValue, $1) } + [
        ReportFormat.count(f[.support]?.intValue ?? 0)
      ]
  }

  /// Number, share and interval of agreeing pairs in each step of purity or of minutes.
  private func agreementTable(_ scores: [(name: String, body: JSONValue)], _ key: RecordKey) -> PageTable? {
    let isPurity = key == .agreementByPurity
    let rows = scores.flatMap { score in
      (score.body[key]?.arrayValue ?? []).compactMap { s -> [String]? in
        guard let n = s[.pairs]?.intValue, let share = s[.agreement]?.doubleValue, let from = s[.from]?.doubleValue,
          let to = s[.to]?.doubleValue
        else { return nil }
        let interval = Self.interval(share, n)
        return [
          ReportFormat.words(score.name), "\(ReportFormat.number(from, 2)) to \(ReportFormat.number(to, 2))",
          ReportFormat.count(n), ReportFormat.share(share),
          interval.map { "\(ReportFormat.share($0.low)) to \(ReportFormat.share($0.high))" } ?? "",
        ]
      }
    }
    guard !rows.isEmpty else { return nil }
    return PageTable(
      isPurity ? "Agreement by the share of the footprint's most frequent class" : "Agreement by time difference",
      ["Comparison", isPurity ? "Share" : "Minutes", "n", "Agreement", "95 % interval"], rows)
  }

  private static func interval(_ share: Double, _ n: Int) -> (low: Double, high: Double)? {
    Int(exactly: (share * Double(n)).rounded()).flatMap { WilsonInterval.ends($0, of: n) }
  }

  /// The share of agreeing pairs in steps of purity or of minutes; nil where no comparison has two steps to compare.
  private func agreement(_ scores: [(name: String, body: JSONValue)], _ key: RecordKey) -> Figure? {
    let isPurity = key == .agreementByPurity
    let sets = scores.compactMap { score -> (name: String, steps: [JSONValue])? in
      guard let steps = score.body[key]?.arrayValue, !steps.isEmpty else { return nil }
      return (score.name, steps)
    }
    guard sets.contains(where: { $0.steps.count > 1 }) else { return nil }
    let name = ReportFormat.slug(key.rawValue)
    let slugs = ReportFormat.slugs(sets.map(\.name))
    let colors = [RGB(0, 68, 136), RGB(187, 85, 0), RGB(0, 110, 80), RGB(120, 60, 130), RGB(90, 90, 90)]
    var data: [String: [UInt8]] = [:]
    var plots: [String] = []
    var key: [String] = []
    var altTexts: [String] = []
    for (k, set) in sets.enumerated() {
      let file = "\(name).\(slugs[k]).dat"
      data[file] = Figure.rows(
        set.steps.map { s in
          let from = s[.from]?.doubleValue ?? .nan
          let to = s[.to]?.doubleValue ?? .nan
          let spread = (to - from) * 0.06 * (Double(k) - Double(sets.count - 1) / 2)
          let share = s[.agreement]?.doubleValue ?? .nan
          let ends = Self.interval(share, s[.pairs]?.intValue ?? 0)
          return [
            (from + to) / 2 + spread, share * 100, (ends?.low ?? .nan) * 100, (ends?.high ?? .nan) * 100,
            s[.pairs]?.doubleValue ?? .nan,
          ]
        })
      plots.append(
        "'\(file)' using 1:2:3:4 with yerrorbars pt -1 lw 1.2 lc rgb '\(Colours.hex(colors[k % 5]))' notitle")
      plots.append(
        """
        '\(file)' using 1:2 with linespoints pt \([7, 9, 5, 13, 11][k % 5]) ps 1 lw 1.8 dt \
        \([1, 5, 4, 2, 3][k % 5]) lc rgb '\(Colours.hex(colors[k % 5]))' notitle
        """
      )
      key.append(
        """
        keyentry with linespoints pt \([7, 9, 5, 13, 11][k % 5]) ps 1 lw 1.8 dt \([1, 5, 4, 2, 3][k % 5]) lc rgb '\
        \(Colours.hex(colors[k % 5]))' title \(Figure.quoted(ReportFormat.words(set.name)))
        """
      )
      altTexts.append(
        "\(set.name): "
          + set.steps.map {
            """
            \(ReportFormat.number($0[.from]?.doubleValue, 2)) to \(ReportFormat.number($0[.to]?.doubleValue, 2)): \
            \(ReportFormat.share($0[.agreement]?.doubleValue ?? .nan)) of \
            \(ReportFormat.count($0[.pairs]?.intValue ?? 0))
            """
          }.joined(separator: ", "))
    }
    let values = sets.flatMap(\.steps)
    let low = values.compactMap { $0[.from]?.doubleValue }.min() ?? 0
    let high = values.compactMap { $0[.to]?.doubleValue }.max() ?? 1
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
        all pairs of a matrix; bars are 95 % intervals.
        """,
      alt: "\(title). " + altTexts.joined(separator: "; ") + ".",
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
