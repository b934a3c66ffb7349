import FloeSDK

/// Single echoes: those moved farthest, typical ones with their figures, and their range-integrated power.
struct EchoExamples {
  let item: ReportInputs.Item
  let view: TrackView
  let raw: ArrayColumn
  let aligned: ArrayColumn?
  let power: ArrayColumn?
  /// Record numbers that are to be shown, in the table's column `record` or by row; empty for typical ones.
  let records: [Int]
  /// The definition of peakiness that the features' step recorded; nil when unknown.
  let definition: String?

  private var stem: String { ReportFormat.slug(item.stem) }
  private var numbers: [Double]? { view.table[.record]?.numbers }
  private func number(_ row: Int) -> String { numbers.map { ReportFormat.number($0[row]) } ?? ReportFormat.count(row) }
  private func value(_ column: ColumnName, _ row: Int) -> Double? { view.table[column]?.numbers?[row] }

  /// Echoes with the largest shifts, before and after.
  func largestShifts() -> Figure? {
    guard let aligned, let shifts = view.table[.shiftBins]?.numbers else { return nil }
    let known = view.kept.filter {
      shifts[$0].isFinite && shifts[$0] != 0 && raw.peak($0) != nil && aligned.peak($0) != nil
    }
    let rows = Array(known.sorted { (abs(shifts[$0]), $1) > (abs(shifts[$1]), $0) }.prefix(6))
    guard !rows.isEmpty else { return nil }
    let name = "shifts-\(stem)"
    var data: [String: [UInt8]] = [:]
    var panels: [String] = []
    for (k, row) in rows.enumerated() {
      let file = "\(name).\(k).dat"
      let before = raw.peak(row)?.value ?? 1
      let after = aligned.isNormalised ? 1 : before
      data[file] = Figure.rows(
        zip(raw.row(row), aligned.row(row)).enumerated().map {
          [Double($0), Double($1.0 / before), Double($1.1 / after)]
        })
      let label = "record \(number(row)), \(shifts[row] > 0 ? "+" : "")\(ReportFormat.fixed(shifts[row], 1)) bins"
      panels.append(
        """
        set label 1 \(Figure.quoted(label)) at graph 0.97,0.92 right front noenhanced
        set xlabel '\(k >= rows.count - 2 ? "Bin" : "")'; set ylabel '\(k % 2 == 0 ? "Power over maximum" : "")'
        set xrange [0:\(raw.width - 1)]; set yrange [-0.1:1.2]
        plot '\(file)' using 1:2 with lines lw 1.6 dt 4 lc rgb '#8a5a00' notitle, '\(file)' using 1:3 with lines lw \
        1.8 lc rgb '#004488' notitle
        """)
    }
    let grid = Panels(
      title: item.titled("Echoes with the largest shifts"), columns: 2, plots: panels,
      key: [
        "keyentry with lines lw 1.6 dt 4 lc rgb '#8a5a00' title 'Raw'",
        "keyentry with lines lw 1.8 lc rgb '#004488' title 'Aligned'",
      ], panelHeight: 225)
    let altTexts = rows.map { "record \(number($0)) \(ReportFormat.fixed(shifts[$0], 1)) bins" }
    return Figure(
      name: name, title: "Echoes with the largest shifts",
      caption:
        "The \(rows.count) kept echoes that alignment moved farthest; a positive shift is of an echo that came late.",
      alt: "Raw and aligned echoes of " + altTexts.joined(separator: ", ") + ".", size: grid.size,
      commands: grid.commands, data: data)
  }

  /// The rows asked for; else of each class the echo of median peakiness and the peakiest one.
  var chosen: [(row: Int, why: String)] {
    let group = { (row: Int) in view.group[row] >= 0 ? view.groups[view.group[row]].label : "no class" }
    if !records.isEmpty {
      return records.compactMap { wanted in
        let row =
          numbers.map { $0.firstIndex(of: Double(wanted)) }
          ?? (wanted < view.table.rowCount && wanted >= 0 ? wanted : nil)
        return row.flatMap { raw.peak($0) == nil ? nil : ($0, group($0)) }
      }
    }
    guard let peakiness = view.table[.peakiness]?.numbers else {
      return view.kept.first { raw.peak($0) != nil }.map { [($0, group($0))] } ?? []
    }
    var found: [(Int, String)] = []
    for part in view.parts.prefix(3) {
      let rows = part.rows.filter { peakiness[$0].isFinite && raw.peak($0) != nil }.sorted {
        (peakiness[$0], $0) < (peakiness[$1], $1)
      }
      guard let last = rows.last else { continue }
      found.append((rows[rows.count / 2], "\(part.group.label), median peakiness"))
      if rows.count > 1 { found.append((last, "\(part.group.label), highest peakiness")) }
    }
    return found
  }

  /// Chosen echoes with peakiness, maximum, total and noise bins.
  func annotated() -> Figure? {
    let rows = Array(chosen.prefix(6))
    guard !rows.isEmpty else { return nil }
    let name = "echoes-chosen-\(stem)"
    let cut = definition == "course"
    var data: [String: [UInt8]] = [:]
    var panels: [String] = []
    var altTexts: [String] = []
    for (k, (row, why)) in rows.enumerated() {
      guard let peak = raw.peak(row) else { continue }
      let total = raw.row(row).reduce(0.0) { $0 + ($1.isFinite ? Double($1) : 0) }
      let noise = cut ? (peak.bin - 40, peak.bin - 31) : (0, 5)
      let inside = raw.row(row).enumerated().filter {
        $0.offset >= noise.0 && $0.offset <= noise.1 && $0.element.isFinite
      }.map { Double($0.element) }
      let floor = inside.isEmpty ? Double.nan : inside.reduce(0, +) / Double(inside.count)
      let file = "\(name).\(k).dat"
      let top = Double(peak.value)
      data[file] = Figure.rows(raw.row(row).enumerated().map { [Double($0), Double($1) / top] })
      let lines = [
        "record \(number(row))", "peakiness \(ReportFormat.number(value(.peakiness, row), 3))",
        "maximum \(ReportFormat.number(top, 4))", "total \(ReportFormat.number(total, 4))",
        "noise \(ReportFormat.number(floor, 3))",
      ]
      let side = peak.bin > raw.width / 2 ? "0.04" : "0.97"
      let justified = peak.bin > raw.width / 2 ? "left" : "right"
      let labels = lines.enumerated().map {
        """
        set label \($0 + 2) \(Figure.quoted($1)) at graph \(side),\(ReportFormat.data(0.82 - 0.09 * Double($0))) \
        \(justified) front noenhanced
        """
      }
      panels.append(
        """
        set label 1 \(Figure.quoted(why)) at graph 0.5,1.075 center front noenhanced
        \(labels.joined(separator: "; "))
        set object 1 rect from \(max(0, noise.0)),graph 0 to \(max(0, noise.1 + 1)),graph 1 behind fc rgb '#d9d2e9' \
        fs solid noborder
        set xlabel '\(k >= rows.count - 2 ? "Bin" : "")'; set ylabel '\(k % 2 == 0 ? "Power over maximum" : "")'
        set xrange [0:\(raw.width - 1)]; set yrange [0:1.1]
        plot '\(file)' using 1:2 with lines lw 1.6 lc rgb '#004488' notitle, '+' using (\(peak.bin)):(1.0) every \
        ::::0 with points pt 8 ps 1.2 lw 2 lc rgb '#c04a00' notitle
        """)
      altTexts.append("\(why), " + lines.joined(separator: ", ") + ", peak in bin \(peak.bin)")
    }
    let grid = Panels(
      title: item.titled("Chosen echoes"), columns: panels.count == 1 ? 1 : 2, plots: panels,
      key: [
        "keyentry with lines lw 1.6 lc rgb '#004488' title 'Echo'",
        "keyentry with points pt 8 ps 1.2 lw 2 lc rgb '#c04a00' title 'Maximum'",
        "keyentry with boxes fs solid border lc rgb '#777777' fc rgb '#d9d2e9' title 'Noise bins'",
      ], panelHeight: 250)
    let what = cut ? "ten bins from 40 to 31 before the peak, as the peakiness of this run takes them" : "bins 0 to 5"
    return Figure(
      name: name, title: "Chosen echoes",
      caption:
        """
        Raw echoes with their peakiness, maximum and total power (\(raw.unit.rawValue)). Tinted: the noise bins, \
        \(what); "noise" is their mean.
        """,
      alt: "Annotated echoes. " + altTexts.joined(separator: ". ") + ".", size: grid.size,
      commands: grid.commands, data: data)
  }

  /// The range-integrated power of the chosen records with the Gaussian of their stack standard deviation.
  func stackPower() -> Figure? {
    guard let power, let sigmas = view.table[.stackDeviation]?.numbers else { return nil }
    let rows = chosen.filter { sigmas[$0.row].isFinite && sigmas[$0.row] > 0 && power.peak($0.row) != nil }.prefix(6)
    guard !rows.isEmpty else { return nil }
    let name = "stack-power-\(stem)"
    let looks = view.table[.stackLooks]?.numbers
    var data: [String: [UInt8]] = [:]
    var panels: [String] = []
    var altTexts: [String] = []
    for (k, (row, why)) in rows.enumerated() {
      let n = looks.flatMap { $0[row].isFinite ? Int(max(2, min(Double(power.width), $0[row]))) : nil } ?? power.width
      let values = power.row(row).prefix(n).map { $0.isFinite ? Double($0) : 0 }
      let fit = StackGaussian(values, sigma: sigmas[row])
      let top = values.max() ?? 1
      let file = "\(name).\(k).dat"
      data[file] = Figure.rows(values.enumerated().map { [Double($0), $1 / top, fit.value(Double($0)) / top] })
      panels.append(
        """
        set label 1 \(Figure.quoted(why)) at graph 0.5,1.075 center front noenhanced
        set label 2 \(Figure.quoted("record \(number(row))")) at graph 0.03,0.92 left front noenhanced
        set label 3 \(Figure.quoted("ssd \(ReportFormat.fixed(sigmas[row], 2)) looks")) at graph 0.97,0.92 right front \
        noenhanced
        set xlabel '\(k >= rows.count - 2 ? "Look" : "")'; set ylabel '\(k % 2 == 0 ? "Power over maximum" : "")'
        set xrange [0:\(n - 1)]; set yrange [0:1.35]; set xtics 50
        plot '\(file)' using 1:2 with points pt 7 ps 0.45 lc rgb '#5a6b7b' notitle, '\(file)' using 1:3 with lines lw \
        2 lc rgb '#c04a00' notitle
        """)
      altTexts.append("record \(number(row)) (\(why)): \(ReportFormat.fixed(sigmas[row], 2)) looks")
    }
    let grid = Panels(
      title: item.titled("Range-integrated power"), columns: panels.count == 1 ? 1 : 2, plots: panels,
      key: [
        "keyentry with points pt 7 ps 0.6 lc rgb '#5a6b7b' title 'Range-integrated power'",
        "keyentry with lines lw 2 lc rgb '#c04a00' title 'Gaussian'",
      ], panelHeight: 240)
    return Figure(
      name: name, title: "Range-integrated power",
      caption:
        """
        The power of the looks of chosen records and the Gaussian with their stack standard deviation; its height \
        and centre are those of least squares.
        """,
      alt: "Range-integrated power with its Gaussian. Stack standard deviations: "
        + altTexts.joined(separator: "; ") + ".", size: grid.size, commands: grid.commands, data: data)
  }
}

/// The Gaussian of a known width that lies nearest to a stack's power.
///
/// At the least-squares optimum of height, centre and width, height and centre are also optimal for that width, so they
/// need not be kept.
struct StackGaussian: Sendable {
  let height: Double, centre: Double, sigma: Double

  init(_ values: [Double], sigma: Double) {
    self.sigma = sigma
    func best(_ centre: Double) -> (height: Double, gain: Double) {
      var product = 0.0
      var square = 0.0
      for (i, v) in values.enumerated() {
        let d = (Double(i) - centre) / sigma
        let g = exponential(-0.5 * d * d)
        product += v * g
        square += g * g
      }
      return square > 0 ? (product / square, product * abs(product) / square) : (0, 0)
    }
    var at = 0.0
    var step = 1.0
    for c in stride(from: 0.0, to: Double(values.count), by: 1) where best(c).gain > best(at).gain { at = c }
    while step > 1e-3 {
      let better = [at - step, at + step].first { best($0).gain > best(at).gain }
      if let better { at = better } else { step /= 2 }
    }
    centre = at
    height = best(at).height
  }

  func value(_ x: Double) -> Double {
    let d = (x - centre) / sigma
    return height * exponential(-0.5 * d * d)
  }
}
