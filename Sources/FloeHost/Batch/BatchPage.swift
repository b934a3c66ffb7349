import FloeIO
import FloeSDK
import Foundation

/// The page over all scenes of a batch, for people.
struct BatchPage {
  let title: String
  let scenes: [BatchReport.Scene]
  /// The numbers of each scene.
  let figures: [[SceneFigure: Double]]
  /// The addresses of quick looks by scene.
  let looks: [String: String]
  /// What the colours of the quick looks mean.
  let legend: [ClassEntry]
  /// How many scenes are synthetic.
  let synthetic: Int
  let chart: SeasonChart?

  private var done: [BatchReport.Scene] { scenes.filter { $0.state != .failed } }

  func html() -> String {
    let failed = scenes.filter { $0.state == .failed }
    var out = """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">
      <title>\(x(title)): \(Self.counted(scenes.count, "scene"))</title>
      <style>
      \(Self.style)
      </style></head><body>
      <a class="skip" href="#content">Skip to the content</a>
      <main id="content" tabindex="-1">
      <h1>\(x(title))</h1>
      <p>\(Self.counted(scenes.count, "scene")): \(done.count) done, \(failed.count) failed.
      The same figures as a table: <a href="summary.csv">summary.csv</a>; as a catalogue:
      <a href="catalog.json">catalog.json</a>.</p>

      """
    if synthetic > 0 {
      let part = synthetic == done.count ? "" : ", in \(synthetic) of the scenes"
      out += "<p><strong>Synthetic data, no measurement\(part).</strong></p>\n"
    }
    if let chart { out += chart.html() }
    if !failed.isEmpty {
      out += "<h2>Failed</h2>\n" + Self.wide("Scenes that failed")
      out += "<table><caption>Scenes that failed</caption><thead><tr><th scope=\"col\">Scene</th>"
      out += "<th scope=\"col\">Step</th><th scope=\"col\">Why</th></tr></thead><tbody>\n"
      for scene in failed {
        out +=
          "<tr><th scope=\"row\">\(x(scene.item.name))</th><td>\(x(scene.step))</td><td>\(x(scene.message))</td></tr>\n"
      }
      out += "</tbody></table></div>\n"
    }
    out += table()
    out += list(Self.grouped(done.map { ($0.item.name, Self.warnings($0.record)) }), "Warnings", id: "warnings")
    // A sentence about one scene among many is in that scene's own report.
    let said = Self.grouped(done.map { ($0.item.name, Self.remarks($0.record)) })
    out += list(said.filter { $0.scenes.count > 1 || done.count == 1 }, "What the steps say", id: "remarks")
    return out + "</main></body></html>\n"
  }

  private static let style = """
    :root { color-scheme: light dark }
    body { background: Canvas; color: CanvasText; font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem auto;
    max-width: 90rem; padding: 0 1rem; overflow-wrap: break-word } caption { text-align: left; padding: .25rem .6rem }
    .skip { position: absolute; left: -100rem } .skip:focus { position: static }
    table { border-collapse: collapse } th, td { padding: .25rem .6rem; text-align: left; vertical-align: middle;
    border-bottom: 1px solid #8886 } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
    thead th { position: sticky; top: 0; background: Canvas } img { display: block; image-rendering: pixelated }
    /* Shades at the sides tell that a table goes on; those that move with it hide those that stay. */
    .wide { overflow-x: auto; background:
    linear-gradient(90deg, Canvas 30%, transparent) 0 0 / 2.5rem 100% local no-repeat,
    linear-gradient(270deg, Canvas 30%, transparent) 100% 0 / 2.5rem 100% local no-repeat,
    linear-gradient(90deg, #8888, transparent) 0 0 / .9rem 100% no-repeat,
    linear-gradient(270deg, #8888, transparent) 100% 0 / .9rem 100% no-repeat }
    tbody th { overflow-wrap: anywhere; min-width: 8rem }
    .keys { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; padding: 0; list-style: none }
    .keys i { display: inline-block; width: .9rem; height: .9rem; margin-right: .4rem; border: 1px solid #444;
    vertical-align: -.1rem }
    @media (max-width: 45rem) { th, td { padding: .2rem .3rem } tbody th { min-width: 4.5rem }
    .scenes, .scenes caption, .scenes tbody, .scenes tr { display: block }
    .scenes thead { position: absolute; left: -100rem }
    .scenes tr { border-bottom: 2px solid #8888; padding: .4rem 0 }
    .scenes th, .scenes td, .scenes td.n { display: flex; justify-content: space-between; gap: 1rem; border: 0;
    text-align: right; padding: .15rem 0 }
    .scenes tbody th { text-align: left } .scenes td::before { content: attr(data-label); text-align: left } }
    @media print { .wide { overflow: visible; background: none } thead th { position: static } }
    """

  // MARK: Scenes

  private func table() -> String {
    let all = SceneFigure.columns(figures)
    // Pixels are shown beside their area, where there is one.
    let columns = all.filter { column in
      let area = SceneFigure(step: column.step, name: column.name, unit: "km2")
      return column.unit != "share" && !(column.unit == "pixels" && all.contains(area))
    }
    let labels = columns.map { "\(label($0)), \(Self.unit($0.unit))" }
    let heads = zip(columns, labels).map { column, label in
      labels.count { $0 == label } > 1 ? "\(label) (\(column.step.replacing("_", with: " ")))" : label
    }
    var out = "<h2>Done</h2>\n"
    if !legend.isEmpty {
      out += "<ul class=\"keys\" aria-label=\"Colours of the quick looks\">"
      for entry in legend { out += "<li><i style=\"background: #\(entry.color.hex)\"></i>\(x(entry.label))</li>" }
      out += "</ul>\n"
    }
    out += Self.wide("Scenes that are done") + "<table class=\"scenes\"><caption>Scenes that are done</caption>"
    out += "<thead><tr><th scope=\"col\">Scene</th>"
    out += "<th scope=\"col\">Quick look</th>"
    for head in heads { out += "<th scope=\"col\" class=\"n\">\(x(head))</th>" }
    out += "<th scope=\"col\" class=\"n\">Warnings</th></tr></thead><tbody>\n"
    for (scene, values) in zip(scenes, figures) where scene.state != .failed {
      out += row(scene, values, columns, heads)
    }
    return out + "</tbody></table></div>\n"
  }

  private func row(
    _ scene: BatchReport.Scene, _ values: [SceneFigure: Double], _ columns: [SceneFigure],
    _ heads: [String]
  ) -> String {
    let name = x(scene.item.name)
    let names = (scene.record[.outputs]?.arrayValue ?? []).compactMap { $0[.name]?.stringValue }
    let page = names.first { $0.hasSuffix(".html") } ?? OutputNames.record
    let address = RelativeAddress.of("\(scene.item.name)/\(page)")
    var out = "<tr><th scope=\"row\"><a href=\"\(address)\">\(name)</a></th><td data-label=\"Quick look\">"
    if let look = looks[scene.item.name] {
      let shares = columns.compactMap { column -> String? in
        values[SceneFigure(step: column.step, name: column.name, unit: "share")].map {
          "\(label(column)) \(String(format: "%.2f", $0 * 100)) %"
        }
      }
      let text = shares.isEmpty ? "" : ": \(x(shares.joined(separator: ", ")))"
      out += "<img src=\"\(RelativeAddress.of(look))\" alt=\"Quick look of \(name)\(text)\" loading=\"lazy\">"
    }
    out += "</td>"
    for (column, head) in zip(columns, heads) {
      func other(_ unit: String) -> Double? {
        values[SceneFigure(step: column.step, name: column.name, unit: unit)]
      }
      var text = values[column].map { column.unit == "km2" ? String(format: "%.2f", $0) : Self.grouped($0) } ?? ""
      if column.unit == "km2" || column.unit == "pixels" {
        var notes: [String] = []
        if let share = other("share") { notes.append(String(format: "%.2f\u{a0}%%", share * 100)) }
        if column.unit == "km2", let pixels = other("pixels") { notes.append("\(Self.grouped(pixels))\u{a0}pixels") }
        let more = notes.joined(separator: ", ")
        if !notes.isEmpty { text = text.isEmpty ? more : "\(text) (\(more))" }
      }
      out += "<td class=\"n\" data-label=\"\(x(head))\">\(x(text))</td>"
    }
    let count = Self.warnings(scene.record).count
    let link = count == 0 ? "none" : "<a href=\"#warnings\">\(count)</a>"
    return out + "<td class=\"n\" data-label=\"Warnings\">\(link)</td></tr>\n"
  }

  /// A class by its name for people: as the step recorded it, else as the table of surface classes has it.
  private func label(_ column: SceneFigure) -> String {
    for scene in scenes {
      let areas = scene.record[.results]?[column.step]?[.classAreas]?.arrayValue ?? []
      let own = areas.first { ($0[.name] ?? $0[.label])?.stringValue == column.name }
      if let label = own?[.label]?.stringValue { return label }
    }
    return ClassTable.seaIce.named(column.name)?.label ?? column.name.replacing("_", with: " ")
  }

  private static func unit(_ unit: String) -> String { unit == "km2" ? "km²" : unit }

  // MARK: Sentences

  /// Warnings of a run, without the file and the line of its pipeline that they begin with.
  private static func warnings(_ record: JSONValue) -> [String] {
    let pipeline = record[.pipeline]?.stringValue ?? ""
    var found: [String] = []
    for warning in record[.warnings]?.arrayValue ?? [] {
      var message = warning[.message]?.stringValue ?? ""
      if !pipeline.isEmpty, message.hasPrefix(pipeline + ":"),
        let end = message.dropFirst(pipeline.count).firstRange(of: ": ")
      {
        message = String(message[end.upperBound...])
      }
      let step = warning[.step]?.stringValue ?? ""
      let text = step.isEmpty ? message : "\(step): \(message)"
      if !found.contains(text) { found.append(text) }
    }
    return found
  }

  /// What the steps of a run say of their work.
  private static func remarks(_ record: JSONValue) -> [String] {
    (record[.results]?.objectValue ?? [:]).sorted { $0.key < $1.key }.compactMap { step, facts in
      facts[.summary]?.stringValue.map { "\(step): \($0)" }
    }
  }

  /// Each sentence once, with the scenes that it is said of.
  private static func grouped(_ said: [(scene: String, texts: [String])]) -> [(text: String, scenes: [String])] {
    var found: [(text: String, scenes: [String])] = []
    var places: [String: Int] = [:]
    for (scene, texts) in said {
      for text in texts {
        if let place = places[text] {
          found[place].scenes.append(scene)
        } else {
          places[text] = found.count
          found.append((text, [scene]))
        }
      }
    }
    return found
  }

  private func list(_ said: [(text: String, scenes: [String])], _ heading: String, id: String) -> String {
    if said.isEmpty { return "" }
    var out = "<h2 id=\"\(id)\">\(heading)</h2>\n<ul>\n"
    for (text, names) in said {
      let few = names.prefix(8).joined(separator: ", ")
      let which =
        names.count == done.count
        ? "all scenes" : names.count > 8 ? "\(few) and \(names.count - 8) more scenes" : few
      out += "<li>\(x(text)) <small>(\(x(which)))</small></li>\n"
    }
    return out + "</ul>\n"
  }

  // MARK: Words and numbers

  /// The beginning of a part that is scrolled sideways where it is wider than the page, by keyboard as well.
  private static func wide(_ label: String) -> String {
    "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"\(label)\">"
  }

  private func x(_ text: String) -> String { TextEscape.xml(RemotePath.redacted(text)) }

  private static func counted(_ n: Int, _ word: String) -> String { "\(n) \(word)\(n == 1 ? "" : "s")" }

  /// A whole number with its thousands separated by thin spaces, from five digits.
  private static func grouped(_ v: Double) -> String {
    let digits = String(format: "%.0f", v)
    guard digits.count > 4 else { return digits }
    var out = ""
    for (i, digit) in digits.enumerated() {
      if i > 0, (digits.count - i) % 3 == 0 { out += "\u{202f}" }
      out.append(digit)
    }
    return out
  }
}
