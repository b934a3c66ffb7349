import FloeSDK
import Foundation

/// The share of the class by day as a picture (SVG) with bars of uncertainty, and the months as a table.
struct SeasonChart {
  let season: Season
  let composites: [(month: String, file: String)]

  private static let width = 900.0, height = 320.0
  private static let left = 70.0, right = 15.0, top = 15.0, bottom = 45.0

  /// The section of the summary's page.
  func html() -> String {
    let x = TextEscape.xml
    let name = x(season.options.className)
    var out = """
      <h2>Season: \(name)</h2>
      <p>Share of the observed area that is \(name), by day. The bars are the standard uncertainty: what a shift of all
      borders by half a pixel makes, and the standard error between the day's scenes. As tables:
      <a href="\(Season.tables[1])">\(Season.tables[1])</a> by day,
      <a href="\(Season.tables[0])">\(Season.tables[0])</a> by scene.</p>
      <div class="wide" tabindex="0" role="region" aria-label="Share of \(name) by day">
      \(svg())</div>
      <div class="wide" tabindex="0" role="region" aria-label="Share of \(name) by month">
      <table><caption>Share of \(name) by month</caption>
      <thead><tr><th scope="col">month</th><th scope="col" class="n">scenes</th>
      <th scope="col" class="n">days</th><th scope="col" class="n">\(name), %</th><th scope="col">composite</th>
      </tr></thead><tbody>

      """
    for (month, file) in composites {
      let scenes = season.scenes.filter { $0.month == month }
      let observed = scenes.reduce(0) { $0 + $1.observed }
      let share = observed > 0 ? scenes.reduce(0) { $0 + $1.area } / observed : 0
      out += """
        <tr><th scope="row">\(month)</th><td class="n">\(scenes.count)</td>
        <td class="n">\(Set(scenes.map(\.day)).count)</td><td class="n">\(String(format: "%.3f", share * 100))</td>
        <td><a href="\(file)">\(file)</a></td></tr>

        """
    }
    out += "</tbody></table></div>\n"
    out += "<p>Cells of \(SeasonChart.metres(season.options.cell)) m in \(x(season.crs.label)).</p>\n"
    if !season.without.isEmpty {
      out +=
        "<p>Without a raster of classes with \(name) and a time: \(x(season.without.joined(separator: ", "))).</p>\n"
    }
    return out
  }

  /// The time series; days without a scene have no point.
  func svg() -> String {
    let days = season.days
    let times = days.compactMap { UTCTime($0.day)?.seconds }
    guard let first = times.first, let last = times.last, times.count == days.count else { return "" }
    let most = days.map { $0.share + $0.uncertainty }.max() ?? 0
    let step = Self.step(most > 0 ? most / 5 : 0.01)
    let high = max(step, (most / step).rounded(.up) * step)
    let span = max(last - first, 86_400)
    func px(_ t: Double) -> Double {
      Self.left + (last > first ? (t - first) / span : 0.5) * (Self.width - Self.left - Self.right)
    }
    func py(_ v: Double) -> Double {
      Self.height - Self.bottom - max(0, min(v, high)) / high * (Self.height - Self.top - Self.bottom)
    }
    func f(_ v: Double) -> String { String(format: "%.1f", v) }
    var out = """
      <svg viewBox="0 0 \(f(Self.width)) \(f(Self.height))" role="img"
      style="width: 100%; min-width: 40rem; max-width: \(f(Self.width))px; height: auto"
      aria-label="Share of \(TextEscape.xml(season.options.className)) by day, from \(days[0].day) to \
      \(days[days.count - 1].day)"><g font-size="12" fill="currentColor" stroke="none">

      """
    var tick = 0.0
    while tick <= high + step / 2 {
      let y = f(py(tick))
      out += """
        <line x1="\(f(Self.left))" x2="\(f(Self.width - Self.right))" y1="\(y)" y2="\(y)" stroke="#8886"/>
        <text x="\(f(Self.left - 6))" y="\(y)" text-anchor="end" dominant-baseline="middle">\
        \(Self.short(tick * 100)) %</text>

        """
      tick += step
    }
    let labels = min(6, days.count)
    for i in 0..<labels {
      let place = labels > 1 ? i * (days.count - 1) / (labels - 1) : 0
      out += """
        <text x="\(f(px(times[place])))" y="\(f(Self.height - Self.bottom + 18))" text-anchor="middle">\
        \(days[place].day)</text>

        """
    }
    out += "</g><g stroke=\"#e66101\" fill=\"#e66101\" stroke-width=\"1.5\">\n"
    for (day, t) in zip(days, times) {
      let x = f(px(t))
      out += """
        <line x1="\(x)" x2="\(x)" y1="\(f(py(day.share - day.uncertainty)))" \
        y2="\(f(py(day.share + day.uncertainty)))"/>
        <circle cx="\(x)" cy="\(f(py(day.share)))" r="3.5"><title>\(day.day): \(Self.short(day.share * 100)) % of \
        \(Self.short(day.observed)) km², \(day.scenes) scenes</title></circle>

        """
    }
    return out + "</g></svg>\n"
  }

  /// The round number (1, 2 or 5 times a power of ten) at or above a step.
  private static func step(_ x: Double) -> Double {
    let power = pow(10, log10(x).rounded(.down))
    return ([1, 2, 5, 10].first { $0 * power >= x * (1 - 1e-9) } ?? 10) * power
  }

  /// A number with at most three significant decimals.
  /// `25000`, and not `2.5e+04`.
  private static func metres(_ x: Double) -> String { String(format: x == x.rounded() ? "%.0f" : "%g", x) }
  private static func short(_ x: Double) -> String { String(format: "%.4g", x) }
}
