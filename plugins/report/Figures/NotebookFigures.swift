import FloeSDK

/// The figures of the course notebook, of a track with features, classes, raw and aligned echoes.
///
/// They differ from the usual figures in scale, not in content: raw counts, features in standard deviations, a linear
/// echogram of the first thousand records, peaks before and after in one panel.
struct NotebookFigures {
  let item: ReportInputs.Item
  let view: TrackView
  let raw: ArrayColumn
  let aligned: ArrayColumn?
  /// Records that a scatter plot shows at most.
  let limit: Int
  /// Records of the echogram.
  static let records = 1000

  private var stem: String { ReportFormat.slug(item.stem) }
  private var parts: [(group: TrackView.Group, rows: [Int])] { view.parts.filter { !$0.rows.isEmpty } }
  /// Short dashes: echoes are peaks of few bins, in which long ones would be lost.
  private func dash(_ k: Int) -> String { ["1", "(4,2)", "(2,2)", "(6,2,2,2)"][k % 4] }

  /// All figures that the columns allow.
  func all() throws -> [Figure] {
    [counts(), try overlays(), scatter(), largestShifts(), try echograms(), peaks(), means()].compactMap { $0 }
  }

  /// Mean and standard deviation of the echoes of each class in counts.
  private func counts() -> Figure? {
    let name = "notebook-counts-\(stem)"
    var data: [String: [UInt8]] = [:]
    var plots: [String] = []
    var key: [String] = []
    var altTexts: [String] = []
    for (k, part) in parts.enumerated() {
      let bins = statistics(part.rows, of: raw) { _ in 1 }
      guard let top = bins.map(\.mean).max(), bins.contains(where: { $0.count > 0 }) else { continue }
      let color = Colours.hex(part.group.line)
      data["\(name).\(k).dat"] = Figure.rows(
        bins.enumerated().map {
          [Double($0), $1.mean, $1.mean - $1.standardDeviation, $1.mean + $1.standardDeviation]
        })
      plots.append(
        "'\(name).\(k).dat' using 1:3:4 with filledcurves fs transparent solid 0.25 noborder lc rgb '\(color)' notitle")
      plots.append("'\(name).\(k).dat' using 1:2 with lines lw 2 dt \(dash(k)) lc rgb '\(color)' notitle")
      key.append(
        """
        keyentry with lines lw 2 dt \(dash(k)) lc rgb '\(color)' title \
        \(Figure.quoted("\(part.group.label) (\(ReportFormat.count(part.rows.count)))"))
        """)
      altTexts.append(
        """
        \(part.group.label): \(ReportFormat.counted(part.rows.count, "echo", "es")), mean at most \
        \(ReportFormat.number(top, 4))
        """
      )
    }
    guard !plots.isEmpty else { return nil }
    let unit = raw.unit == .dimensionless ? "Power" : "Power (\(raw.unit.rawValue))"
    let grid = Panels(
      title: "\(item.label): mean and standard deviation of each class", columns: 1,
      plots: [
        """
        set xlabel 'Bin'; set ylabel \(Figure.quoted(unit))
        set xrange [0:\(raw.width - 1)]; set yrange [*:*]; set format y '%.1s%c'
        plot \(plots.joined(separator: ", \\\n    "))
        set format y
        """
      ], key: key, panelHeight: 360, left: 104)
    return Figure(
      name: name, title: "Mean echoes in counts",
      caption: "Mean of the raw echoes of each class, not normalised; the tint is one standard deviation to either "
        + "side. In brackets: echoes.",
      alt: "Mean raw echoes. " + altTexts.joined(separator: "; ") + ".", size: grid.size, commands: grid.commands,
      data: data)
  }

  /// All raw echoes over each other in counts, and those of each class.
  private func overlays() throws -> Figure? {
    let name = "notebook-echoes-\(stem)"
    var lots: [(label: String, rows: [Int])] = [("All echoes", view.kept)]
    if parts.count > 1 { lots += parts.map { ($0.group.label, $0.rows) } }
    let top = view.kept.lazy.compactMap { raw.peak($0)?.value }.max() ?? 0
    guard top > 0 else { return nil }
    let levels = 200
    var data: [String: [UInt8]] = [:]
    var panels: [String] = []
    for (k, lot) in lots.enumerated() {
      let file = "\(name).\(k).png"
      var density = EchoDensity(width: raw.width, levels: levels)
      for row in lot.rows { density.add(raw.row(row), top: top) }
      data[file] = try density.picture().png()
      panels.append(
        """
        set label 1 \(Figure.quoted("\(lot.label) (\(ReportFormat.count(lot.rows.count)))")) at graph 0.98,0.92 right \
        front \
        noenhanced
        set xlabel '\(k == lots.count - 1 ? "Bin" : "")'; set ylabel 'Power'; unset grid; set format y '%.1s%c'
        set xrange [0:\(raw.width - 1)]; set yrange [0:\(ReportFormat.data(Double(top) * 1.02))]
        plot '\(file)' binary filetype=png origin=(0,0) dx=0.5 dy=\
        \(ReportFormat.data(Double(top) / Double(2 * levels - 1))) \
        with rgbimage notitle
        set format y
        """)
    }
    let grid = Panels(
      title: "\(item.label): all raw echoes", columns: 1, plots: panels, panelHeight: 230,
      left: 104)
    return Figure(
      name: name, title: "All echoes in counts",
      caption:
        "Every kept echo as a line in the file's unit, none left out; blue where one runs, yellow where many do.",
      alt: "All raw echoes laid over each other: "
        + lots.map { "\($0.label) \(ReportFormat.count($0.rows.count))" }.joined(separator: ", ") + ".",
      size: grid.size, scale: 1.5, commands: grid.commands, data: data)
  }

  /// The three pairs of features in standard deviations.
  private func scatter() -> Figure? {
    let features: [ColumnName] = [.backscatter, .peakiness, .stackDeviation]
    let columns = features.compactMap { view.table[$0]?.numbers }.map(Self.standardised)
    guard columns.count == features.count else { return nil }
    let whole = view.kept.filter { row in columns.allSatisfy { $0[row].isFinite } }
    guard !whole.isEmpty else { return nil }
    let name = "notebook-scatter-\(stem)"
    let step = (whole.count + limit - 1) / limit
    let drawn = stride(from: 0, to: whole.count, by: step).map { whole[$0] }
    var data: [String: [UInt8]] = [:]
    for (k, part) in parts.enumerated() {
      let own = Set(part.rows)
      data["\(name).\(k).dat"] = Figure.rows(drawn.filter(own.contains).map { row in columns.map { $0[row] } })
    }
    var panels: [String] = []
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
      let plots = parts.enumerated().map { k, part in
        """
        '\(name).\(k).dat' using \(a + 1):\(b + 1) with points pt \([7, 9, 5, 13][k % 4]) ps 0.4 lc rgb '\
        \(Colours.hex(part.group.line, transparency: 90))' notitle
        """
      }
      let labels = [a, b].map { Figure.quoted("\(["Backscatter", "Peakiness", "SSD"][$0]) (z-score)") }
      panels.append(
        """
        set xlabel \(labels[0]); set ylabel \(labels[1]); set xrange [\(Self.range(drawn.map { columns[a][$0] }))]
        set yrange [*:*]
        plot \(plots.joined(separator: ", \\\n    "))
        """)
    }
    let key = parts.enumerated().map { k, part in
      """
      keyentry with points pt \([7, 9, 5, 13][k % 4]) ps 0.9 lc rgb '\(Colours.hex(part.group.line))' title \
      \(Figure.quoted(part.group.label))
      """
    }
    let thinned = ReportFormat.thinned(step, "record")
    let grid = Panels(
      title: "\(item.label): standardised features", columns: 3, plots: panels, key: key, panelHeight: 300, width: 900)
    return Figure(
      name: name, title: "Standardised features",
      caption:
        "Features of \(ReportFormat.count(whole.count)) kept records less their mean, over their standard deviation; "
        + "both are those of all records, kept or not." + (thinned.isEmpty ? "" : " To stay readable, \(thinned)."),
      alt: "Scatter plots of backscatter, peakiness and stack standard deviation in z-scores: "
        + parts.map { "\($0.group.label) \(ReportFormat.counted($0.rows.count, "record"))" }
        .joined(separator: ", ") + ".",
      size: grid.size, commands: grid.commands, data: data)
  }

  /// The range of an abscissa, so that the distance of its ticks follows the width of the panel; three hundredths of it
  /// lie beyond either end.
  private static func range(_ values: [Double]) -> String {
    guard let low = values.min(), let high = values.max() else { return "*:*" }
    let margin = high > low ? (high - low) * 0.03 : 1
    return "\(ReportFormat.data(low - margin)):\(ReportFormat.data(high + margin))"
  }

  private static func standardised(_ values: [Double]) -> [Double] {
    let s = RunningStatistics(values.lazy.filter(\.isFinite))
    let spread = s.standardDeviation > 0 ? s.standardDeviation : 1
    return values.map { ($0 - s.mean) / spread }
  }

  /// Of each class the three echoes that were moved farthest.
  private func largestShifts() -> Figure? {
    guard let aligned, let metres = view.table[.shift]?.numbers, let bins = view.table[.shiftBins]?.numbers
    else { return nil }
    let name = "notebook-shifts-\(stem)"
    var data: [String: [UInt8]] = [:]
    var panels: [String] = []
    var altTexts: [String] = []
    let lots = parts.prefix(3).map { part in
      let moved = part.rows.filter { metres[$0].isFinite && metres[$0] != 0 && raw.peak($0) != nil }
        .sorted { (abs(metres[$0]), $1) > (abs(metres[$1]), $0) }.prefix(3)
      return (group: part.group, rows: moved)
    }.filter { !$0.rows.isEmpty }
    for (k, part) in lots.enumerated() {
      for row in part.rows {
        guard let peak = raw.peak(row) else { continue }
        let file = "\(name).\(panels.count).dat"
        let scale = Double(aligned.isNormalised ? 1 : peak.value)
        let after = aligned.peak(row)?.bin ?? peak.bin
        data[file] = Figure.rows(
          zip(raw.row(row), aligned.row(row)).enumerated().map {
            [Double($0), Double($1.0) / Double(peak.value), Double($1.1) / scale]
          })
        let title = "\(part.group.label), \(signed(metres[row], 2)) m (\(signed(bins[row], 1)) bins)"
        panels.append(
          """
          set label 1 \(Figure.quoted(title)) at graph 0.5,1.08 center front noenhanced
          set xlabel '\(k == lots.count - 1 ? "Bin" : "")'
          set ylabel '\(panels.count % 3 == 0 ? "Power over maximum" : "")'
          set xrange [\(max(0, peak.bin - 40)):\(min(raw.width - 1, peak.bin + 80))]; set yrange [-0.1:1.1]
          set arrow 1 from \(peak.bin),graph 0 to \(peak.bin),graph 1 nohead lw 0.8 dt 3 lc rgb '#004488'
          set arrow 2 from \(after),graph 0 to \(after),graph 1 nohead lw 0.8 dt 3 lc rgb '#b03020'
          plot '\(file)' using 1:2 with lines lw 1.6 lc rgb '#004488' notitle, '\(file)' using 1:3 with lines lw 1.8 \
          dt (4,2) lc rgb '#b03020' notitle
          """)
        altTexts.append(title)
      }
      // A class with fewer than three keeps its row of panels.
      while panels.count % 3 != 0 {
        panels.append("set border 0; unset tics; plot [0:1][0:1] NaN notitle; set border; set tics")
      }
    }
    guard !panels.isEmpty else { return nil }
    let grid = Panels(
      title: "\(item.label): echoes with the largest shifts of each class", columns: 3, plots: panels,
      key: [
        "keyentry with lines lw 1.6 lc rgb '#004488' title 'Original'",
        "keyentry with lines lw 1.8 dt (4,2) lc rgb '#b03020' title 'Aligned'",
      ], panelHeight: 225, width: 820)
    return Figure(
      name: name, title: "Largest shifts of each class",
      caption:
        "Of each class the three kept echoes that alignment moved farthest, divided by the maximum that they had "
        + "before; dotted: their peaks. A positive shift is of an echo that came late. The axis shows 40 bins before "
        + "the peak and 80 after it.",
      alt: "Echoes before and after alignment: " + altTexts.joined(separator: "; ") + ".", size: grid.size,
      commands: grid.commands, data: data)
  }

  private func signed(_ v: Double, _ digits: Int) -> String { (v > 0 ? "+" : "") + ReportFormat.fixed(v, digits) }

  /// The first records side by side, on a linear scale.
  private func echograms() throws -> Figure? {
    let rows = Array(view.kept.filter { raw.peak($0) != nil }.prefix(Self.records))
    guard rows.count > 1 else { return nil }
    let name = "notebook-echogram-\(stem)"
    var data: [String: [UInt8]] = [:]
    var panels: [String] = []
    for side in sides {
      var picture = Picture(width: rows.count, height: raw.width)
      for (x, row) in rows.enumerated() {
        let scale = side.scale(row)
        for (bin, v) in side.echoes.row(row).enumerated() where v.isFinite {
          let (r, g, b) = Colours.onRamp(Double(v) / scale)
          picture.set((raw.width - 1 - bin) * rows.count + x, r, g, b)
        }
      }
      let file = "\(name).\(side.key).png"
      data[file] = try picture.png()
      panels.append(
        """
        set label 1 '\(side.label)' at graph 0.02,0.92 front textcolor rgb '#ffffff'
        set xlabel 'Kept record'; set ylabel 'Bin'; unset grid
        set xrange [-0.5:\(ReportFormat.data(Double(rows.count) - 0.5))]
        set yrange [-0.5:\(ReportFormat.data(Double(raw.width) - 0.5))]
        \(Colours.palette); set cbrange [0:1]; set cblabel 'Power over maximum'
        plot '\(file)' binary filetype=png origin=(0,0) dx=1 dy=1 with rgbimage notitle, NaN with points palette notitle
        """)
    }
    let grid = Panels(
      title: "\(item.label): the first \(ReportFormat.count(rows.count)) echoes", columns: 1, plots: panels,
      panelHeight: 270, right: 130)
    return Figure(
      name: name, title: "Echogram, linear",
      caption:
        "The first \(ReportFormat.count(rows.count)) kept records, each echo divided by the maximum that it had before "
        + "alignment, on a linear scale; bins rise upward.",
      alt: "Echogram of \(ReportFormat.count(rows.count)) records, original" + (aligned == nil ? "." : " and aligned."),
      size: grid.size, scale: 1.5, commands: grid.commands, data: data)
  }

  /// One side of alignment: the echoes and what each is divided by.
  private struct Side {
    let key: String
    let label: String
    let echoes: ArrayColumn
    let scale: (Int) -> Double
  }

  private var sides: [Side] {
    let own = { (row: Int) in Double(raw.peak(row)?.value ?? 1) }
    let before = Side(key: "raw", label: "Original", echoes: raw, scale: own)
    guard let aligned else { return [before] }
    return [
      before, Side(key: "aligned", label: "Aligned", echoes: aligned, scale: aligned.isNormalised ? { _ in 1 } : own),
    ]
  }

  /// Peaks before and after alignment in one panel, in fifty steps each.
  private func peaks() -> Figure? {
    let name = "notebook-peaks-\(stem)"
    var data: [String: [UInt8]] = [:]
    var plots: [String] = []
    var key: [String] = []
    var altTexts: [String] = []
    let colors = ["#4682b4", "#d04a30"]
    var least = Double(raw.width)
    var most = 0.0
    for (k, side) in sides.enumerated() {
      // A missing sample counts as the largest, as numpy.argmax has it and the printed spread therefore too.
      let places = view.kept.compactMap { row -> Double? in
        let gap = side.echoes.row(row).enumerated().first { $0.element.isNaN }?.offset
        return (gap ?? side.echoes.peak(row)?.bin).map { Double($0) }
      }
      guard let low = places.min(), let high = places.max() else { continue }
      least = min(least, low)
      most = max(most, high)
      let width = high > low ? (high - low) / 50 : 1
      var counts = [Double](repeating: 0, count: high > low ? 50 : 1)
      for p in places { counts[min(counts.count - 1, Int((p - low) / width))] += 1 }
      data["\(name).\(side.key).dat"] = Figure.rows(
        counts.enumerated().map { [low + (Double($0) + 0.5) * width, $1, width] })
      let spread = RunningStatistics(places).standardDeviation
      plots.append(
        """
        '\(name).\(side.key).dat' using 1:2:3 with boxes fs transparent solid 0.5 noborder lc rgb '\(colors[k])' notitle
        """)
      key.append(
        """
        keyentry with boxes fs transparent solid 0.5 lc rgb '\(colors[k])' title \
        \(Figure.quoted("\(k == 0 ? "Before" : "After") (standard deviation \(ReportFormat.fixed(spread, 2)) bins)"))
        """)
      altTexts.append("\(side.label.lowercased()) standard deviation \(ReportFormat.fixed(spread, 2)) bins")
    }
    guard !plots.isEmpty else { return nil }
    let range = "\(ReportFormat.data((least - 3).rounded())):\(ReportFormat.data((most + 3).rounded()))"
    let grid = Panels(
      title: "\(item.label): positions of the peaks", columns: 1,
      plots: [
        """
        set xlabel 'Bin of the peak'; set ylabel 'Records'; set xrange [\(range)]; set yrange [0:*]
        plot \(plots.joined(separator: ", \\\n    "))
        """
      ], key: key, panelHeight: 320, left: 104)
    return Figure(
      name: name, title: "Peaks before and after",
      caption:
        "Bin of the largest sample of each kept echo, fifty steps from the least to the greatest on either side.",
      alt: "Histograms of peak positions: " + altTexts.joined(separator: ", ") + ".", size: grid.size,
      commands: grid.commands, data: data)
  }

  /// Mean normalised echoes of each class, before and after, in one panel.
  private func means() -> Figure? {
    let name = "notebook-means-\(stem)"
    var data: [String: [UInt8]] = [:]
    var plots: [String] = []
    var key: [String] = []
    var altTexts: [String] = []
    for (k, part) in parts.enumerated() {
      for side in sides {
        let bins = statistics(part.rows, of: side.echoes, over: side.scale)
        guard let top = bins.map(\.mean).max(), bins.contains(where: { $0.count > 0 }) else { continue }
        let isRaw = side.key == "raw"
        let file = "\(name).\(k).\(side.key).dat"
        data[file] = Figure.rows(bins.enumerated().map { [Double($0), $1.mean] })
        let look =
          "lw \(isRaw ? 1.6 : 2.4) dt \(isRaw ? "1" : "(4,2)") lc rgb '"
          + (isRaw ? Colours.hex(part.group.line, transparency: 110) : Colours.hex(part.group.line)) + "'"
        plots.append("'\(file)' using 1:2 with lines \(look) notitle")
        key.append(
          "keyentry with lines \(look) title \(Figure.quoted("\(part.group.label), \(side.label.lowercased())"))")
        altTexts.append("\(part.group.label) \(side.label.lowercased()) \(ReportFormat.fixed(top, 3))")
      }
    }
    guard !plots.isEmpty else { return nil }
    let grid = Panels(
      title: "\(item.label): mean normalised echoes", columns: 1,
      plots: [
        """
        set xlabel 'Bin'; set ylabel 'Power over maximum'; set xrange [0:\(raw.width - 1)]; set yrange [0:*]
        plot \(plots.joined(separator: ", \\\n    "))
        """
      ], key: key, panelHeight: 360)
    return Figure(
      name: name, title: "Mean normalised echoes before and after",
      caption: "Each echo is divided once, by the maximum that it had before alignment, and then averaged by class: "
        + altTexts.joined(separator: ", ") + " at the highest.",
      alt: "Mean normalised echoes; highest values: " + altTexts.joined(separator: ", ") + ".", size: grid.size,
      commands: grid.commands, data: data)
  }

  /// Mean and spread of each bin over rows; samples that are missing are left out.
  private func statistics(_ rows: [Int], of echoes: ArrayColumn, over scale: (Int) -> Double) -> [RunningStatistics] {
    var bins = [RunningStatistics](repeating: RunningStatistics(), count: echoes.width)
    for row in rows where raw.peak(row) != nil {
      let divisor = scale(row)
      for (i, v) in echoes.row(row).enumerated() where v.isFinite { bins[i].add(Double(v) / divisor) }
    }
    return bins
  }
}
