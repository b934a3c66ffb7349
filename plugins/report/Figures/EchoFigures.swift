import FloeSDK

/// Figures of a track's echoes: means, echograms, peaks, overlays.
struct EchoFigures {
  let item: ReportInputs.Item
  let view: TrackView
  let raw: ArrayColumn
  /// The same echoes brought to a common range; nil where none are there.
  let aligned: ArrayColumn?
  /// Columns that an echogram has at most.
  static let columns = 600

  /// Raw and aligned echoes, with what an echo of a row is divided by: the maximum that the raw one has.
  private var sides: [(key: String, label: String, echoes: ArrayColumn, top: (Int) -> Float?)] {
    let own = { (row: Int) in raw.peak(row)?.value }
    guard let aligned else { return [("raw", "Raw", raw, own)] }
    let done = { (row: Int) in aligned.peak(row).map { _ in Float(1) } }
    return [("raw", "Raw", raw, own), ("aligned", "Aligned", aligned, aligned.isNormalised ? done : own)]
  }
  private var stem: String { ReportFormat.slug(item.stem) }

  /// Mean and standard deviation of the normalised echoes of each class.
  func means() -> Figure? {
    let name = "echoes-mean-\(stem)"
    var data: [String: [UInt8]] = [:]
    var panels: [String] = []
    var key: [String] = []
    var altTexts: [String] = []
    for side in sides {
      var plots: [String] = []
      // Aligned echoes rise above 1 between the samples of the raw ones.
      var top = 1.1
      for (k, part) in view.parts.enumerated() {
        var bins = [RunningStatistics](repeating: RunningStatistics(), count: side.echoes.width)
        var count = 0
        for row in part.rows {
          guard let maximum = side.top(row) else { continue }
          count += 1
          for (i, v) in side.echoes.row(row).enumerated() where v.isFinite {
            bins[i].add(Double(v) / Double(maximum))
          }
        }
        guard count > 0 else { continue }
        top = max(top, bins.lazy.map { ($0.mean + $0.standardDeviation) * 1.02 }.filter(\.isFinite).max() ?? 0)
        let file = "\(name).\(side.key).\(k).dat"
        let color = part.group.line
        data[file] = Figure.rows(
          bins.enumerated().map {
            [Double($0), $1.mean, max(0, $1.mean - $1.standardDeviation), $1.mean + $1.standardDeviation]
          })
        plots.append(
          """
          '\(file)' using 1:3:4 with filledcurves fs transparent solid 0.25 noborder lc rgb '\(Colours.hex(color))' \
          notitle
          """
        )
        plots.append(
          "'\(file)' using 1:2 with lines lw 2.2 dt \([1, 5, 4, 2][k % 4]) lc rgb '\(Colours.hex(color))' notitle")
        if side.key == "raw" {
          key.append(
            """
            keyentry with lines lw 2.2 dt \([1, 5, 4, 2][k % 4]) lc rgb '\(Colours.hex(color))' title \
            \(Figure.quoted("\(part.group.label) (\(ReportFormat.count(count)))"))
            """
          )
        }
        let peak = bins.enumerated().max { $0.element.mean < $1.element.mean }
        altTexts.append(
          """
          \(side.label.lowercased()) \(part.group.label): \(ReportFormat.counted(count, "echo", "es")), mean peaks at \
          \(ReportFormat.fixed(peak?.element.mean, 2)) in bin \(peak?.offset ?? 0)
          """
        )
      }
      guard !plots.isEmpty else { continue }
      panels.append(
        """
        set label 1 '\(side.label)' at graph 0.5,1.05 center front
        set xlabel 'Bin'; set ylabel '\(side.key == "raw" ? "Power over the echo''s maximum" : "")'
        set xrange [0:\(side.echoes.width - 1)]; set yrange [0:\(ReportFormat.data(top))]
        plot \(plots.joined(separator: ", \\\n    "))
        """)
    }
    guard !panels.isEmpty else { return nil }
    let grid = Panels(
      title: item.titled("Mean echoes"), columns: sides.count, plots: panels, key: key, panelHeight: 310)
    return Figure(
      name: name, title: "Mean echoes",
      caption:
        """
        Mean of the echoes of each class, each divided by the maximum that it has before alignment; the tint is one \
        standard deviation to \
        either side. In brackets: echoes.
        """,
      alt: "Mean echoes by class. " + altTexts.joined(separator: "; ") + ".", size: grid.size,
      commands: grid.commands, data: data)
  }

  /// Echoes side by side along the track.
  func echograms() throws -> Figure? {
    let rows = view.kept.filter { raw.peak($0) != nil }
    guard rows.count > 1 else { return nil }
    let name = "echogram-\(stem)"
    let step = (rows.count + Self.columns - 1) / Self.columns
    let drawn = stride(from: 0, to: rows.count, by: step).map { rows[$0] }
    // A pixel of the picture has its record in its middle; the axes end where the outermost pixels do.
    let half = Double(step) / 2
    var data: [String: [UInt8]] = [:]
    var panels: [String] = []
    for side in sides {
      var picture = Picture(width: drawn.count, height: side.echoes.width)
      for (x, row) in drawn.enumerated() {
        guard let top = side.top(row) else { continue }
        for (bin, v) in side.echoes.row(row).enumerated() where v.isFinite {
          let (r, g, b) = Colours.onRamp(Double(max(0, v / top)).squareRoot())
          picture.set((side.echoes.width - 1 - bin) * drawn.count + x, r, g, b)
        }
      }
      data["\(name).\(side.key).png"] = try picture.png()
      panels.append(
        """
        set label 1 '\(side.label)' at graph 0.02,0.92 front textcolor rgb '#ffffff'
        set xlabel '\(side.key == sides[sides.count - 1].key ? "Kept record along the track" : "")'; set ylabel 'Bin'
        set xrange [\(ReportFormat.data(-half)):\(ReportFormat.data(Double((drawn.count - 1) * step) + half))]
        set yrange [\(ReportFormat.data(Double(side.echoes.width) - 0.5)):-0.5]; unset grid
        \(Colours.palette); set cbrange [0:1]; set cblabel 'Root of power over maximum'
        plot '\(name).\(side.key).png' binary filetype=png origin=(0,0) dx=\(step) dy=1 with rgbimage notitle, \
        NaN with points palette notitle
        """)
    }
    let thinned = ReportFormat.thinned(step, "record")
    let grid = Panels(
      title: item.titled("Echogram", note: thinned), columns: 1, plots: panels,
      panelHeight: 260, right: 130)
    return Figure(
      name: name, title: "Echogram",
      caption:
        """
        The echoes of \(ReportFormat.counted(rows.count, "kept record")) side by side, each divided by the maximum \
        that it has before alignment; \
        colours go with the root of the power, so that weak returns show.
        """
          + (thinned.isEmpty ? "" : " Of them \(thinned)."),
      alt: "Echogram of \(ReportFormat.count(rows.count)) records and \(raw.width) bins"
        + (aligned == nil ? "." : ", before and after alignment. " + spreadText()),
      size: grid.size, scale: 1.5, commands: grid.commands, data: data)
  }

  private func spread(_ echoes: ArrayColumn) -> RunningStatistics {
    RunningStatistics(view.kept.lazy.compactMap { echoes.peak($0).map { Double($0.bin) } })
  }
  private func spreadText() -> String {
    guard let aligned else { return "" }
    return
      """
      The standard deviation of the peaks' positions is \(ReportFormat.fixed(spread(raw).standardDeviation, 1)) bins \
      before and \(ReportFormat.fixed(spread(aligned).standardDeviation, 1)) bins after alignment.
      """
  }

  /// Where the peaks lie.
  func peaks() -> Figure? {
    let name = "peaks-\(stem)"
    let parts = view.parts
    var data: [String: [UInt8]] = [:]
    var panels: [String] = []
    var all: [Int] = []
    for side in sides { all += view.kept.compactMap { side.echoes.peak($0)?.bin } }
    guard let least = all.min(), let most = all.max(), least < most else { return nil }
    for side in sides {
      var counts = parts.map { _ in [Double](repeating: 0, count: side.echoes.width) }
      for (k, part) in parts.enumerated() {
        for row in part.rows { if let p = side.echoes.peak(row) { counts[k][p.bin] += 1 } }
      }
      let file = "\(name).\(side.key).dat"
      data[file] = Figure.rows(
        (max(0, least - 2)...min(side.echoes.width - 1, most + 2)).map { bin in [Double(bin)] + counts.map { $0[bin] } }
      )
      let plots = parts.enumerated().map { k, part in
        """
        '\(file)' using 1:\(k + 2) with fillsteps fs transparent solid 0.3 noborder lc rgb '\
        \(Colours.hex(part.group.line))' notitle, 
        """
          + """
          '\(file)' using 1:\(k + 2) with steps lw 1.6 dt \([1, 5, 4, 2][k % 4]) lc rgb '\
          \(Colours.hex(part.group.line))' notitle
          """
      }
      panels.append(
        """
        set label 1 '\(side.label)' at graph 0.5,1.05 center front
        set xlabel 'Bin of the peak'; set ylabel '\(side.key == "raw" ? "Records" : "")'
        set xrange [\(max(0, least - 2)):\(most + 2)]; set yrange [0:*]
        plot \(plots.joined(separator: ", \\\n    "))
        """)
    }
    let key = parts.enumerated().map { k, part in
      """
      keyentry with lines lw 2 dt \([1, 5, 4, 2][k % 4]) lc rgb '\(Colours.hex(part.group.line))' title \
      \(Figure.quoted(part.group.label))
      """
    }
    let r = spread(raw)
    let grid = Panels(
      title: item.titled("Positions of the peaks"), columns: sides.count, plots: panels, key: key, panelHeight: 290,
      left: 96)
    return Figure(
      name: name, title: "Positions of the peaks",
      caption: "Bin of the largest sample of each kept echo, by class. " + spreadText(),
      alt:
        """
        Histograms of peak positions: raw mean bin \(ReportFormat.fixed(r.mean, 1)), standard deviation \
        \(ReportFormat.fixed(r.standardDeviation, 1)). 
        """
          + spreadText(),
      size: grid.size, commands: grid.commands, data: data)
  }

  /// The highest power of all kept echoes over the maximum that each has before alignment: more than 1 where
  /// interpolation between the samples rises above them; at most 2, so that the others stay visible.
  private func highestPower() -> Float {
    var highest: Float = 1
    for side in sides {
      for row in view.kept {
        guard let top = side.top(row), top > 0, let peak = side.echoes.peak(row)?.value, peak.isFinite else { continue }
        highest = max(highest, peak / top)
      }
    }
    return min(2, highest)
  }

  /// All echoes over each other, in total and by class.
  func overlays() throws -> Figure? {
    let name = "echoes-overlaid-\(stem)"
    var lots: [(label: String, rows: [Int])] = [("All", view.kept)]
    if view.parts.count > 1 { lots += view.parts.map { ($0.group.label, $0.rows) } }
    lots = lots.filter { lot in lot.rows.contains { raw.peak($0) != nil } }
    guard !lots.isEmpty else { return nil }
    var data: [String: [UInt8]] = [:]
    var panels: [String] = []
    var altTexts: [String] = []
    let levels = 128
    let highest = highestPower()
    for (k, lot) in lots.enumerated() {
      for side in sides {
        let width = side.echoes.width
        var density = EchoDensity(width: width, levels: levels)
        var count = 0
        for row in lot.rows {
          guard let top = side.top(row) else { continue }
          count += 1
          density.add(side.echoes.row(row), top: top * highest)
        }
        let file = "\(name).\(k).\(side.key).png"
        data[file] = try density.picture().png()
        panels.append(
          """
          set label 1 \(Figure.quoted("\(lot.label), \(side.label.lowercased()) (\(ReportFormat.count(count)))")) at \
          graph \
          0.98,0.93 right front noenhanced
          set xlabel '\(k == lots.count - 1 ? "Bin" : "")'; set ylabel '\
          \(side.key == "raw" ? "Power over maximum" : "")'
          set xrange [0:\(width - 1)]; set yrange [0:\(ReportFormat.data(Double(highest) * 1.28))]; unset grid
          plot '\(file)' binary filetype=png origin=(0,0) dx=0.5 dy=\
          \(ReportFormat.data(Double(highest) / Double(2 * levels - 1))) with rgbimage notitle
          """)
      }
      altTexts.append("\(lot.label) \(ReportFormat.count(lot.rows.count))")
    }
    let grid = Panels(
      title: item.titled("All echoes overlaid"), columns: sides.count, plots: panels, panelHeight: 235)
    return Figure(
      name: name, title: "All echoes overlaid",
      caption:
        """
        Every kept echo as a line, divided by the maximum that it has before alignment, none left out; blue where one \
        runs, yellow where \
        most do (logarithmic). In brackets: echoes.
        """,
      alt: "Overlay of all echoes in total and by class: " + altTexts.joined(separator: ", ") + " records"
        + (aligned == nil ? "." : ", raw and aligned."),
      size: grid.size, scale: 1.5, commands: grid.commands, data: data)
  }
}
