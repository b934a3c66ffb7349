/// How far apart ticks lie whose labels must not touch.
package enum TickDistance {
  /// 1, 2 or 5 times a power of ten, for ticks from `low` to `high` along an axis of a length in points.
  package static func along(_ low: Double, _ high: Double, points: Double) -> Double {
    let range = high - low
    guard range > 0, range.isFinite else { return 1 }
    var power = 1.0
    while power > range / 100 { power /= 10 }
    while power * 10 <= range / 100 { power *= 10 }
    for _ in 0..<4 {
      for factor in [1.0, 2, 5] {
        let step = factor * power
        let count = (range / step).rounded(.down) + 1
        if count <= 9, count * (8.5 * Double(letters(low, high, step)) + 12) <= points + 20 { return step }
      }
      power *= 10
    }
    return range
  }

  /// Letters of the longest label, as gnuplot writes numbers: six significant digits at most.
  private static func letters(_ low: Double, _ high: Double, _ step: Double) -> Int {
    let most = max(abs(low), abs(high))
    let whole = most < 1e6 ? String(Int(most)).count : 5
    var decimals = 0
    var rest = step
    while rest < 0.999, decimals < 6 {
      rest *= 10
      decimals += 1
    }
    return whole + (low < 0 ? 1 : 0) + (decimals > 0 ? decimals + 1 : 0)
  }

  /// The command for the ticks along the abscissa of a plot: by its own range, where it sets one of two numbers, else
  /// gnuplot's. Empty for a plot that sets its ticks.
  static func command(_ plot: String, points: Double) -> String {
    guard !plot.contains("set xtics") else { return "" }
    let start = "set xrange ["
    guard let opening = plot.firstRange(of: start) else { return "set xtics autofreq\n" }
    let ends = plot[opening.upperBound...].prefix { $0 != "]" }.split(separator: ":").compactMap { Double($0) }
    guard ends.count == 2, ends[0] < ends[1] else { return "set xtics autofreq\n" }
    return "set xtics \(ReportFormat.data(along(ends[0], ends[1], points: points)))\n"
  }
}
