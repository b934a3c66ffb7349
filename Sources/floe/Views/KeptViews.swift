import FloeHost
import FloeIO
import FloeSDK
import Foundation

/// What runs and batches keep beside their outputs, and the folders that they make.
extension DocumentView {
  /// A lock, a batch's ledger, a page, a style or an application package; nil for a file that is none of these.
  static func kept(_ path: String) throws -> DocumentView? {
    // A folder is described by what is in it; a device is nothing to read from.
    guard !VirtualFile.isDirectory(path), try VirtualFile.size(path) <= 256 << 20 else { return nil }
    switch (path as NSString).pathExtension.lowercased() {
    case "jsonl": return try ledger(path)
    case "xml" where path.lowercased().hasSuffix(".aux.xml"): return notes(try VirtualFile.readText(path), path)
    case "html": return page(try VirtualFile.readText(path), path)
    case "qml":
      return DocumentView(kind: "QGIS style", facts: style(try VirtualFile.readText(path)), body: .null)
    case "cwl":
      return DocumentView(kind: "application package", facts: package(try VirtualFile.readText(path)), body: .null)
    case "svg", "png", "gp", "dat": return try figure(path)
    default:
      // A lock may have any ending, as `floe lock` prints it.
      guard try VirtualFile.size(path) <= 4 << 20, try VirtualFile.read(path, limit: 1) == [UInt8(ascii: "{")],
        // What is no JSON is another's to read.
        let value = try? JSONText.decode(bytes: try VirtualFile.read(path), name: path), value[.lock] != nil
      else { return nil }
      return DocumentView(kind: "lock", facts: lock(value), body: value)
    }
  }

  /// A folder of a batch, a run, single steps or a cache; nil for another.
  static func folder(_ path: String) throws -> DocumentView? {
    guard Folder.isFolder(path) else { return nil }
    // A folder that cannot be listed is reported by whoever tries to open it.
    guard let names = try? VirtualFile.list(path) else { return nil }
    if names.contains("batch.jsonl"), let ledger = try ledger(path + "/batch.jsonl") {
      let made = ["summary.html", "summary.csv", "catalog.json"].filter { names.contains($0) }
      var facts = ledger.facts
      if !made.isEmpty { facts.append(("over all scenes", made.joined(separator: ", "))) }
      return DocumentView(kind: "folder of a batch", facts: facts, body: ledger.body)
    }
    let records = names.filter { $0 == "run.json" || $0.hasSuffix(".run.json") }.sorted()
    if let own = records.first(where: { $0 == "run.json" }) ?? records.first {
      let value = try JSONText.decode(try VirtualFile.readText("\(path)/\(own)"), name: "\(path)/\(own)")
      guard value[.floe] != nil, value[.outputs] != nil else { return nil }
      let others = records.filter { $0 != own }.map { (name: "record besides", text: $0) }
      return DocumentView(
        kind: own == "run.json" ? "folder of a run" : "folder of single steps", facts: run(value) + others, body: value)
    }
    return try cache(path, names) ?? part(path, names) ?? manifests(path, names) ?? runs(path, names)
  }

  /// A folder inside of that of a run or a batch, by the files of it that the record there lists; nil for another.
  private static func part(_ path: String, _ names: [String]) throws -> DocumentView? {
    let (above, name) = ((path as NSString).deletingLastPathComponent, (path as NSString).lastPathComponent)
    if name == "quicklooks", VirtualFile.exists(above + "/batch.jsonl") {
      return DocumentView(
        kind: "quick looks of a batch", facts: [("of", above), ("pictures", "\(names.count)")], body: .null)
    }
    let record = above + "/run.json"
    guard VirtualFile.exists(record) else { return nil }
    let value = try JSONText.decode(try VirtualFile.readText(record), name: record)
    let listed = (value[.files]?.arrayValue ?? []).compactMap { $0[.name]?.stringValue }
    let own = listed.filter { $0.hasPrefix(name + "/") }.map { String($0.dropFirst(name.count + 1)) }.sorted()
    // An output that is a folder, such as a Zarr group, is described as that output.
    guard !own.isEmpty, RasterFile.driver(of: path) == nil else { return nil }
    let shown = own.prefix(8).joined(separator: ", ") + (own.count > 8 ? " and \(own.count - 8) more" : "")
    return DocumentView(
      kind: "folder of a run's files", facts: [("of", above), ("files", "\(own.count): \(shown)")], body: .null)
  }

  // MARK: Locks and ledgers

  static func lock(_ value: JSONValue) -> Facts {
    var facts: Facts = []
    if let version = value[.floe]?.stringValue { facts.append(("floe", version)) }
    for plugin in value[.plugins]?.arrayValue ?? [] {
      let digest = (plugin[.digest]?.stringValue ?? "?").prefix(12)
      let version = plugin[.version]?.stringValue ?? ""
      facts.append(
        ("plugin \(plugin[.name]?.stringValue ?? "?")", "\(version.isEmpty ? "" : version + ", ")code \(digest)"))
    }
    for (name, version) in (value[.libraries]?.objectValue ?? [:]).sorted(by: { $0.key < $1.key }) {
      facts.append(("library \(name)", version.stringValue ?? "?"))
    }
    return facts
  }

  /// The last entry of a batch's ledger about each scene; nil for a file of lines that is none.
  private static func ledger(_ path: String) throws -> DocumentView? {
    let lines = try VirtualFile.readText(path).split(separator: "\n").map(String.init)
    // A line that a kill cut short is skipped; the batch looks at its scene again.
    let values = lines.map { try? JSONText.decode($0, name: path) }
    guard let first = values.first, let header = first, header["floe_batch"] != nil else { return nil }
    var last: [String: JSONValue] = [:]
    for case let entry? in values.dropFirst() {
      if let scene = entry["scene"]?.stringValue { last[scene] = entry }
    }
    let failed = last.filter { $0.value["state"]?.stringValue == "failed" }.sorted { $0.key < $1.key }
    let seconds = last.values.reduce(0.0) { $0 + ($1["seconds"]?.doubleValue ?? 0) }
    var facts: Facts = [
      ("pipeline", header["pipeline"]?.stringValue ?? "?"),
      ("scenes", "\(last.count): \(last.count - failed.count) done, \(failed.count) failed"),
      ("took", String(format: "%.1f s for all scenes together", seconds)),
    ]
    for (scene, entry) in failed.prefix(10) {
      let step = entry["step"]?.stringValue ?? ""
      let message = entry["message"]?.stringValue ?? ""
      facts.append(("failed \(scene)", step.isEmpty || message.hasPrefix(step + ":") ? message : "\(step): \(message)"))
    }
    if failed.count > 10 { facts.append(("failed", "\(failed.count - 10) more")) }
    let unread = values.count { $0 == nil }
    if unread > 0 { facts.append(("lines that cannot be read", "\(unread)")) }
    return DocumentView(
      kind: "ledger of a batch", facts: facts,
      body: [
        "pipeline": header["pipeline"] ?? .null, "scenes": .integer(last.count),
        "done": .integer(last.count - failed.count), "failed": .array(failed.map { .string($0.key) }),
      ])
  }

  // MARK: Texts

  /// A page that floe wrote; nil for another.
  private static func page(_ text: String, _ path: String) -> DocumentView? {
    let head = text.prefix(64 << 10)
    func plain(_ text: Substring) -> String {
      String(text).replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
        .replacing("&#39;", with: "'").replacing("&amp;", with: "&")
    }
    var facts: Facts = []
    if let title = between("<title>", "</title>", in: head) { facts.append(("title", plain(title))) }
    if let generator = between("<meta name=\"generator\" content=\"floe", "\"", in: head) {
      let version = generator.drop { $0 == " " }
      if !version.isEmpty { facts.append(("floe", plain(version))) }
      return DocumentView(kind: "page of a report", facts: facts, body: .null)
    }
    guard (path as NSString).lastPathComponent == "summary.html", text.contains("href=\"summary.csv\"") else {
      return nil
    }
    return DocumentView(kind: "summary of a batch", facts: facts, body: .null)
  }

  /// What GDAL keeps beside a raster that floe wrote; nil for another document.
  private static func notes(_ text: String, _ path: String) -> DocumentView? {
    guard text.contains("<PAMDataset") else { return nil }
    let raster = String((path as NSString).lastPathComponent.dropLast(".aux.xml".count))
    var facts: Facts = [("of", raster)]
    let bands = text.split(separator: "<PAMRasterBand").dropFirst()
    let names = bands.compactMap { between("<Description>", "</Description>", in: $0) }.map(String.init)
    if !names.isEmpty { facts.append(("bands", names.joined(separator: ", "))) }
    let classes = text.split(separator: "<Category>").dropFirst().map { String($0.prefix { $0 != "<" }) }
    if !classes.isEmpty { facts.append(("classes", classes.joined(separator: ", "))) }
    return DocumentView(kind: "GDAL's notes beside a raster", facts: facts, body: .null)
  }

  private static func style(_ text: String) -> Facts {
    var facts: Facts = []
    if let version = between("<qgis version=\"", "\"", in: text[...]) { facts.append(("QGIS", String(version))) }
    for (tag, what) in [("<rasterrenderer", "raster renderer"), ("<renderer-v2", "vector renderer")] {
      guard let start = text.firstRange(of: tag) else { continue }
      let element = text[start.upperBound...].prefix { $0 != ">" }
      if let type = between(" type=\"", "\"", in: element) { facts.append((what, String(type))) }
    }
    let entries = text.split(separator: "<paletteEntry").dropFirst().compactMap { entry in
      between(" label=\"", "\"", in: entry.prefix { $0 != ">" })
    }
    if !entries.isEmpty { facts.append(("classes", entries.joined(separator: ", "))) }
    return facts
  }

  private static func package(_ text: String) -> Facts {
    var facts: Facts = []
    let lines = text.split(separator: "\n").map { $0.drop { $0 == " " || $0 == "-" } }
    func value(_ key: String) -> String? {
      lines.first { $0.hasPrefix(key + ":") }.map { line in
        String(line.dropFirst(key.count + 1)).trimmingCharacters(in: CharacterSet(charactersIn: " \"'"))
      }
    }
    for (key, name) in [
      ("cwlVersion", "CWL"), ("s:name", "name"), ("s:description", "description"), ("s:softwareVersion", "version"),
      ("s:dateCreated", "made"), ("dockerPull", "image"),
    ] {
      if let found = value(key), !found.isEmpty { facts.append((name, found)) }
    }
    return facts
  }

  private static func between(_ start: String, _ end: String, in text: Substring) -> Substring? {
    guard let from = text.firstRange(of: start), let to = text[from.upperBound...].firstRange(of: end) else {
      return nil
    }
    return text[from.upperBound..<to.lowerBound]
  }

  // MARK: Caches

  private static func cache(_ path: String, _ names: [String]) throws -> DocumentView? {
    let tag = path + "/CACHEDIR.TAG"
    guard names.contains("CACHEDIR.TAG"), try VirtualFile.size(tag) < 4096,
      try VirtualFile.readText(tag).contains("see `floe cache`")
    else { return nil }
    let entries = try StepCache(.init(folder: path)).list()
    let bytes = entries.reduce(0) { $0 + $1.bytes }
    var facts: Facts = [("entries", "\(entries.count), \(SystemResources.text(bytes))")]
    let uses = Dictionary(grouping: entries.compactMap { $0.content?.use }, by: { $0 }).mapValues(\.count)
    for (use, count) in uses.sorted(by: { $0.key < $1.key }) { facts.append(("outputs of \(use)", "\(count)")) }
    let damaged = entries.count { $0.content == nil }
    if damaged > 0 { facts.append(("damaged", "\(damaged); floe cache verify tells which")) }
    return DocumentView(
      kind: "cache of steps", facts: facts, body: ["entries": .integer(entries.count), "bytes": .integer(bytes)])
  }
}
