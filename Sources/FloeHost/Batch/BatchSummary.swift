import FloeIO
import FloeSDK
import Foundation

/// The files over all scenes: `summary.csv` for programs, `summary.html` for people, `catalog.json` (STAC) for
/// catalogues, and a quick look for each scene that wrote a raster.
struct BatchSummary {
  static let files = ["summary.csv", "summary.html", "catalog.json"]

  let pipeline: Pipeline
  let report: BatchReport
  let folder: String
  /// What the catalogue is called; the folder's name where it is not given.
  var name: String?
  /// What the scenes are together, where that was asked for.
  var chart: SeasonChart?

  /// A number of a scene: `groups/lead` and its area, share or records.
  private struct Figure: Hashable {
    let step: String, name: String, unit: String
    var column: String { "\(step)/\(name)_\(unit)" }
  }

  /// Writes all, each whole or not at all.
  func write() throws {
    let figures = report.scenes.map { Self.figures($0.record) }
    try put(table(figures), "summary.csv")
    try put(try JSONText.encode(catalog(), pretty: true) + "\n", "catalog.json")
    var looks: [String: String] = [:]
    var synthetic = 0
    for scene in report.scenes where scene.state != .failed {
      // A quick look is a help; a scene without one is still done.
      guard let look = try? quickLook(scene) else { continue }
      looks[scene.item.name] = look.name
      if look.isSynthetic { synthetic += 1 }
    }
    try put(page(figures, looks, synthetic: synthetic), "summary.html")
  }

  private func put(_ text: String, _ name: String) throws { try put(Array(text.utf8), name) }

  private func put(_ bytes: [UInt8], _ name: String) throws {
    let path = "\(folder)/\(name)"
    try Folder.make(Folder.parent(of: path))
    let making = "\(path).new-\(getpid())"
    try VirtualFile.write(bytes, to: making)
    guard rename(making, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(making)
      throw FloeError("\(path) cannot be put in place: \(reason)")
    }
  }

  // MARK: Figures

  /// Areas, shares and counts of classes that steps recorded.
  private static func figures(_ record: JSONValue) -> [Figure: Double] {
    var found: [Figure: Double] = [:]
    for (step, facts) in record[.results]?.objectValue ?? [:] {
      for c in facts[.classAreas]?.arrayValue ?? [] {
        guard let name = (c[.name] ?? c[.label])?.stringValue else { continue }
        if let area = c[.areaKm2]?.doubleValue { found[Figure(step: step, name: name, unit: "km2")] = area }
        if let share = c[.share]?.doubleValue { found[Figure(step: step, name: name, unit: "share")] = share }
      }
      for c in facts[.classCounts]?.arrayValue ?? [] {
        guard let name = c[.name]?.stringValue, let n = c[.records]?.doubleValue else { continue }
        found[Figure(step: step, name: name, unit: "records")] = n
      }
    }
    return found
  }

  private static func columns(_ figures: [[Figure: Double]]) -> [Figure] {
    Set(figures.flatMap(\.keys)).sorted { ($0.step, $0.name, $0.unit) < ($1.step, $1.name, $1.unit) }
  }

  private func table(_ figures: [[Figure: Double]]) -> String {
    let columns = Self.columns(figures)
    let inputs = Set(report.scenes.flatMap { $0.item.settings.keys }).sorted()
    let fixed = ["scene", "state", "seconds", "peak_memory_bytes", "failed_step", "message", "warnings"]
    var rows = [fixed + Self.names(of: inputs, beside: fixed) + columns.map(\.column)]
    for (scene, values) in zip(report.scenes, figures) {
      rows.append(
        [
          scene.item.name, scene.state == .failed ? "failed" : "done", "\(scene.seconds)",
          scene.record[.peakMemory]?.intValue.map { "\($0)" } ?? "", scene.step, scene.message,
          scene.record[.warnings]?.arrayValue.map { "\($0.count)" } ?? "",
        ] + inputs.map { scene.item.settings[$0] ?? "" }
          + columns.map { values[$0].map { "\($0)" } ?? "" })
    }
    return rows.map { row in
      row.map { TextEscape.csv(TextEscape.oneLine(RemotePath.redacted($0))) }.joined(separator: ",") + "\n"
    }.joined()
  }

  /// The columns of inputs; `input_scene` for one that is called as another column is.
  private static func names(of inputs: [String], beside fixed: [String]) -> [String] {
    var taken = Set(fixed).union(inputs.filter { !fixed.contains($0) })
    return inputs.map { input in
      guard fixed.contains(input) else { return input }
      var name = "input_\(input)"
      while !taken.insert(name).inserted { name = "input_\(name)" }
      return name
    }
  }

  // MARK: Catalogue

  private func catalog() -> JSONValue {
    var links: [JSONValue] = [["rel": "root", "href": "./catalog.json", "type": "application/json"]]
    for scene in report.scenes where scene.state != .failed {
      let files = (scene.record[.files]?.arrayValue ?? []).compactMap { $0[.name]?.stringValue }
      let place = "./\(RelativeAddress.of(scene.item.name))/"
      if files.contains(RunCatalog.name) {
        links.append(StacLink.make("child", place + RunCatalog.name, title: scene.item.name))
        continue
      }
      // A scene of one item has no catalogue of its own, one without items none at all.
      for name in files where name.hasSuffix(RunCatalog.suffix) && !name.hasPrefix(RunCatalog.sources + "/") {
        links.append(
          StacLink.make(
            "item", place + RelativeAddress.of(name), type: "application/geo+json", title: scene.item.name))
      }
    }
    let title = pipeline.title.isEmpty ? (pipeline.file as NSString).lastPathComponent : pipeline.title
    return [
      "type": "Catalog", "stac_version": "1.1.0", "id": .string(name ?? (folder as NSString).lastPathComponent),
      "title": .string(title), "description": .string("\(title): \(report.scenes.count) scenes"),
      "links": .array(links),
    ]
  }

  // MARK: Quick looks

  /// Writes a small picture of a scene's classes, or else of its first raster; nil where it wrote none.
  private func quickLook(_ scene: BatchReport.Scene) throws -> (name: String, isSynthetic: Bool)? {
    let rasters = (scene.record[.outputs]?.arrayValue ?? []).filter { $0[.kind]?.stringValue == "raster" }
      .compactMap { $0[.name]?.stringValue }.map { "\(folder)/\(scene.item.name)/\($0)" }
    let opened = try rasters.map { try QuickLook(path: $0) }
    guard let look = opened.first(where: \.hasClasses) ?? opened.first else { return nil }
    let name = "quicklooks/\(scene.item.name).png"
    try put(try look.png(), name)
    return (name, look.isSynthetic)
  }

  // MARK: Page

  private func page(_ figures: [[Figure: Double]], _ looks: [String: String], synthetic: Int) -> String {
    func x(_ text: String) -> String { TextEscape.xml(RemotePath.redacted(text)) }
    let columns = Self.columns(figures).filter { $0.unit != "share" }
    let title = x(pipeline.title.isEmpty ? (pipeline.file as NSString).lastPathComponent : pipeline.title)
    let failed = report.scenes.filter { $0.state == .failed }
    var out = """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
      <title>\(title): \(report.scenes.count) scenes</title>
      <style>
      :root { color-scheme: light dark }
      body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem auto; max-width: 90rem; padding: 0 1rem }
      table { border-collapse: collapse } th, td { padding: .25rem .6rem; text-align: left; vertical-align: middle;
      border-bottom: 1px solid #8886 } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
      thead th { position: sticky; top: 0; background: Canvas } img { display: block; image-rendering: pixelated }
      .wide { overflow-x: auto } tbody th { overflow-wrap: anywhere; min-width: 8rem }
      </style></head><body>
      <h1>\(title)</h1>
      <p>\(report.scenes.count) scenes: \(report.scenes.count - failed.count) done, \(failed.count) failed.
      The same figures as a table: <a href="summary.csv">summary.csv</a>; as a catalogue:
      <a href="catalog.json">catalog.json</a>.</p>

      """
    if synthetic > 0 {
      let all = synthetic == report.scenes.count - failed.count
      out += "<p><strong>Synthetic data, no measurement\(all ? "" : ", in \(synthetic) of the scenes").</strong></p>\n"
    }
    if let chart { out += chart.html() }
    if !failed.isEmpty {
      out += "<h2>Failed</h2>\n<table><thead><tr><th scope=\"col\">scene</th><th scope=\"col\">step</th>"
      out += "<th scope=\"col\">why</th></tr></thead><tbody>\n"
      for scene in failed {
        out +=
          "<tr><th scope=\"row\">\(x(scene.item.name))</th><td>\(x(scene.step))</td><td>\(x(scene.message))</td></tr>\n"
      }
      out += "</tbody></table>\n"
    }
    out +=
      """
      <h2>Done</h2>\n<div class=\"wide\"><table><thead><tr><th scope=\"col\">scene</th><th scope=\"col\">quick \
      look</th>
      """
    for column in columns {
      let unit = column.unit == "km2" ? "km²" : column.unit
      out += "<th scope=\"col\" class=\"n\">\(x("\(column.step): \(column.name)")), \(unit)</th>"
    }
    out += "<th scope=\"col\">warnings</th></tr></thead><tbody>\n"
    for (scene, values) in zip(report.scenes, figures) where scene.state != .failed {
      let name = x(scene.item.name)
      let page =
        (scene.record[.outputs]?.arrayValue ?? []).compactMap { $0[.name]?.stringValue }
        .first { $0.hasSuffix(".html") } ?? OutputNames.record
      out +=
        "<tr><th scope=\"row\"><a href=\"\(RelativeAddress.of("\(scene.item.name)/\(page)"))\">\(name)</a></th><td>"
      if let look = looks[scene.item.name] {
        out += "<img src=\"\(RelativeAddress.of(look))\" alt=\"Quick look of \(name)\" loading=\"lazy\">"
      }
      out += "</td>"
      for column in columns {
        var text = values[column].map { column.unit == "records" ? "\(Int($0))" : String(format: "%.2f", $0) } ?? ""
        if let share = values[Figure(step: column.step, name: column.name, unit: "share")] {
          text += String(format: " (%.2f %%)", share * 100)
        }
        out += "<td class=\"n\">\(x(text))</td>"
      }
      let warnings = (scene.record[.warnings]?.arrayValue ?? []).map { warning in
        let step = warning[.step]?.stringValue ?? ""
        return x((step.isEmpty ? "" : step + ": ") + (warning[.message]?.stringValue ?? ""))
      }
      out += "<td>\(warnings.joined(separator: "<br>"))</td></tr>\n"
    }
    return out + "</tbody></table></div>\n</body></html>\n"
  }
}
