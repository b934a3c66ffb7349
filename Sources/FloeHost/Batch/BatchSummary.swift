import FloeIO
import FloeSDK
import Foundation

/// The files over all scenes: `summary.csv` for programs, `summary.html` for people, `catalog.json` (STAC) for
/// catalogues, and a quick look for each scene that wrote a raster.
struct BatchSummary {
  let pipeline: Pipeline
  let report: BatchReport
  let folder: String
  /// What the catalogue is called; the folder's name where it is not given.
  var name: String?
  /// What the scenes are together, where that was asked for.
  var chart: SeasonChart?

  /// The scenes as people count them: S2 before S10.
  private var scenes: [BatchReport.Scene] {
    report.scenes.sorted { NaturalOrder.precedes($0.item.name, $1.item.name) }
  }

  /// Writes all, each whole or not at all.
  func write() throws {
    let scenes = scenes
    let figures = scenes.map { Self.figures($0.record) }
    try put(table(figures), "summary.csv")
    try put(try JSONText.encode(catalog(), pretty: true) + "\n", "catalog.json")
    var looks: [String: String] = [:]
    var synthetic = 0
    var classes: [ClassEntry] = []
    for scene in scenes where scene.state != .failed {
      guard let look = quickLook(scene) else { continue }
      let name = "quicklooks/\(scene.item.name).png"
      try put(try look.png(), name)
      looks[scene.item.name] = name
      if look.isSynthetic { synthetic += 1 }
      for entry in look.classes?.entries ?? [] where !classes.contains(where: { $0.name == entry.name }) {
        classes.append(entry)
      }
    }
    let named = Set(figures.flatMap { $0.keys.map(\.name) })
    let page = BatchPage(
      title: pipeline.title.isEmpty ? (pipeline.file as NSString).lastPathComponent : pipeline.title, scenes: scenes,
      figures: figures, looks: looks,
      legend: classes.filter { named.isEmpty || named.contains($0.name) || $0.name.hasPrefix("cluster_") },
      synthetic: synthetic, chart: chart)
    try put(page.html(), "summary.html")
  }

  private func put(_ text: String, _ name: String) throws { try put(Array(text.utf8), name) }

  private func put(_ bytes: [UInt8], _ name: String) throws {
    let path = "\(folder)/\(name)"
    try Folder.make(Folder.parent(of: path))
    let making = "\(path).new-\(getpid())"
    do { try VirtualFile.write(bytes, to: making) } catch {
      unlink(making)
      throw error
    }
    guard rename(making, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(making)
      throw FloeError("\(path) cannot be put in place: \(reason)")
    }
  }

  // MARK: Figures

  /// Areas, shares and counts of classes that steps recorded.
  private static func figures(_ record: JSONValue) -> [SceneFigure: Double] {
    var found: [SceneFigure: Double] = [:]
    for (step, facts) in record[.results]?.objectValue ?? [:] {
      for c in facts[.classAreas]?.arrayValue ?? [] {
        guard let name = (c[.name] ?? c[.label])?.stringValue else { continue }
        if let area = c[.areaKm2]?.doubleValue { found[SceneFigure(step: step, name: name, unit: "km2")] = area }
        if let pixels = c[.pixels]?.doubleValue { found[SceneFigure(step: step, name: name, unit: "pixels")] = pixels }
        if let share = c[.share]?.doubleValue { found[SceneFigure(step: step, name: name, unit: "share")] = share }
      }
      for (name, n) in records(facts[.classCounts]) {
        found[SceneFigure(step: step, name: name, unit: "records")] = n
      }
    }
    return found
  }

  /// Records of each class, from a list of names with records or from an object of names.
  private static func records(_ counts: JSONValue?) -> [(name: String, records: Double)] {
    if let list = counts?.arrayValue {
      return list.compactMap { entry in
        guard let name = entry[.name]?.stringValue, let n = entry[.records]?.doubleValue else { return nil }
        return (name, n)
      }
    }
    return ClassTable.seaIce.entries.compactMap { entry in
      counts?[entry.name]?.doubleValue.map { (entry.name, $0) }
    }
  }

  private func table(_ figures: [[SceneFigure: Double]]) -> String {
    let columns = SceneFigure.columns(figures).filter { $0.unit != "pixels" }
    let inputs = Set(scenes.flatMap { $0.item.settings.keys }).sorted()
    let fixed = ["scene", "state", "seconds", "peak_memory_bytes", "failed_step", "message", "warnings"]
    var rows = [fixed + Self.names(of: inputs, beside: fixed) + columns.map(\.column)]
    for (scene, values) in zip(scenes, figures) {
      rows.append(
        [
          scene.item.name, scene.state == .failed ? "failed" : "done", "\(scene.seconds)",
          scene.record[.peakMemory]?.intValue.map { "\($0)" } ?? "", scene.step, scene.message,
          scene.record[.warnings]?.arrayValue.map { "\($0.count)" } ?? "",
        ] + inputs.map { scene.item.settings[$0] ?? "" }
          + columns.map { values[$0].map { "\($0)" } ?? "" })
    }
    return rows.map { row in
      row.map { SpreadsheetCell.csv(RemotePath.redacted($0)) }.joined(separator: ",") + "\n"
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
    for scene in scenes where scene.state != .failed {
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

  /// The first raster with classes, else the first raster, of those that can be read as a small picture; nil for none.
  private func quickLook(_ scene: BatchReport.Scene) -> QuickLook? {
    let rasters = (scene.record[.outputs]?.arrayValue ?? []).filter { $0[.kind]?.stringValue == "raster" }
      .compactMap { $0[.name]?.stringValue }.map { "\(folder)/\(scene.item.name)/\($0)" }
    // A raster that was taken away since, or is too large for a quick look, has none; its scene is done all the same.
    let opened = rasters.compactMap { try? QuickLook(path: $0) }
    return opened.first(where: \.hasClasses) ?? opened.first
  }
}
