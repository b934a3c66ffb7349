import FloeSDK

/// What the report is made of: the values that a run wrote or that are connected, once each, and the run's record.
struct ReportInputs: Sendable {
  /// One value with its name for people.
  struct Item: Sendable {
    /// The output's name, or `step.port` of a value that is only connected.
    let name: String
    /// `step.port`.
    let source: String
    let data: PortData
    /// The written file; nil for a value that is only connected.
    let path: String?
    var step: String { String(source.prefix { $0 != "." }) }
    /// The name without ending, for figures: without folder where no other value of the kind has the same.
    var stem = ""
    /// Whether it is the only one of its kind, so that titles need not say which.
    var isOnly = false

    /// Words that titles are made of: a file of such a name is given with its ending, so that none reads
    /// "Mean echoes of echoes".
    private static let titleWords: Set<String> = [
      "classes", "echo", "echoes", "elevation", "elevations", "feature", "features", "freeboard", "histogram",
      "histograms", "map", "maps", "peak", "peaks", "track", "tracks",
    ]
    private var isTitleWord: Bool { Self.titleWords.contains(stem.lowercased()) }
    /// The name for titles that begin with it.
    var label: String { isTitleWord ? name : stem }
    /// A title that says of what it is where there are several of a kind: "Features of scene", or
    /// "Features (echoes.nc)" where the name is a word of titles.
    func titled(_ what: String, note: String = "") -> String {
      if isOnly { return note.isEmpty ? what : "\(what) (\(note))" }
      let notes = [isTitleWord ? name : "", note].filter { !$0.isEmpty }
      return what + (isTitleWord ? "" : " of \(stem)") + (notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))")
    }
  }

  private(set) var items: [Item]
  let record: JSONValue

  init(_ context: RunContext, more: [PortData]) {
    var items: [Item] = []
    var seen: Set<String> = []
    for output in context.written {
      for (layer, source) in output.sources.sorted(by: { $0.key < $1.key }) {
        let name = layer.isEmpty ? output.name : "\(output.name)/\(layer)"
        guard let data = context.values[name], seen.insert(source).inserted else { continue }
        items.append(Item(name: name, source: source, data: data, path: output.path))
      }
    }
    let sources = context.connections["more"] ?? []
    for (i, data) in more.enumerated() {
      let source = i < sources.count ? sources[i] : "value.\(i + 1)"
      if seen.insert(source).inserted { items.append(Item(name: source, source: source, data: data, path: nil)) }
    }
    for kind in Set(items.map(\.data.kind)) {
      let own = items.indices.filter { items[$0].data.kind == kind }
      for (i, stem) in zip(own, Self.stems(own.map { items[$0].name })) { items[i].stem = stem }
    }
    self.items = items
    record = context.record
    // The tables that are shown are chosen among the items.
    var kinds: [String: [String]] = [:]
    for (item, raster) in rasters { kinds[Self.kind(of: raster.spec), default: []].append(item.source) }
    for (item, _) in tables { kinds["table", default: []].append(item.source) }
    let alone = Set(kinds.values.filter { $0.count == 1 }.flatMap { $0 })
    for i in items.indices { items[i].isOnly = alone.contains(items[i].source) }
    self.items = items
  }

  /// Rasters of one kind have figures of one kind.
  private static func kind(of spec: RasterSpec) -> String {
    if spec.classes != nil { return "classes" }
    return spec.bands.first.map { isProbability($0) ? "probability" : "image" } ?? "image"
  }

  /// Whether a band holds the probability or the uncertainty of a class.
  static func isProbability(_ band: BandSpec) -> Bool { ["probability", "uncertainty"].contains(band.quantity) }

  /// Names as short as they can be and still differ: the last part without ending, with as many parts before it as it
  /// needs.
  private static func stems(_ names: [String]) -> [String] {
    func last(_ count: Int, of name: String) -> String {
      let end = name.split(separator: "/").suffix(count).joined(separator: "/")
      let known = [".tif", ".tiff", ".gpkg", ".csv", ".nc", ".json"].first { end.hasSuffix($0) }
      return String(known.map { end.dropLast($0.count) } ?? end[...])
    }
    return names.map { name in
      (1...name.split(separator: "/").count + 1).lazy.map { count in (count, last(count, of: name)) }
        .first { count, short in names.count { last(count, of: $0) == short } == 1 }?.1 ?? name
    }
  }

  var rasters: [(item: Item, raster: Raster)] {
    items.compactMap { if case .raster(let r) = $0.data { ($0, r) } else { nil } }
  }
  var documents: [(item: Item, document: Document)] {
    items.compactMap { if case .document(let d) = $0.data { ($0, d) } else { nil } }
  }

  /// Tables; of those about the same records of one product only the one with most columns.
  var tables: [(item: Item, table: Table)] {
    var found: [(item: Item, table: Table)] = []
    for item in items {
      guard case .table(let table) = item.data else { continue }
      switch table.geometry {
      case .polygons?, .multiPolygons?: continue
      case .points?, nil: break
      }
      let product = table.acquisition?.product
      if let twin = found.firstIndex(where: {
        product != nil && $0.table.acquisition?.product == product && $0.table.rowCount == table.rowCount
      }) {
        if table.columns.count > found[twin].table.columns.count { found[twin] = (item, table) }
      } else {
        found.append((item, table))
      }
    }
    return found
  }

  /// What the steps recorded, by step in the order of the pipeline.
  var facts: [(step: String, facts: [String: JSONValue])] {
    let results = record[.results]?.objectValue ?? [:]
    let order = (record[.steps]?.arrayValue ?? []).compactMap { $0[.id]?.stringValue }
    let known = order.filter { results[$0] != nil }
    return (known + results.keys.filter { !known.contains($0) }.sorted()).map { ($0, results[$0]?.objectValue ?? [:]) }
  }

  /// The steps that a step's value rests on, itself among them.
  func ancestry(of step: String) -> Set<String> {
    var inputs: [String: [String]] = [:]
    for s in record[.steps]?.arrayValue ?? [] {
      guard let id = s[.id]?.stringValue else { continue }
      let lists = (s[.connections]?.objectValue ?? [:]).values.flatMap { $0.arrayValue ?? [] }
      inputs[id] = lists.compactMap(\.stringValue).map { source in String(source.prefix { $0 != "." }) }
    }
    var found: Set<String> = []
    var open = [step]
    while let next = open.popLast() { if found.insert(next).inserted { open += inputs[next] ?? [] } }
    return found
  }

  /// The clusterings of the run.
  var clusterings: [Clustering] { facts.compactMap { Clustering(step: $0.step, facts: $0.facts) } }
}

/// Centres and spreads that a fitting step recorded, in physical units.
struct Clustering: Sendable {
  struct Cluster: Sendable {
    let number: Int
    let count: Double
    /// The class's name; nil for a cluster without one.
    let className: String?
    /// The class's label and colour, as six hexadecimal digits, where the step recorded them.
    let classLabel: String?, classColor: String?
    let centre: [String: Double], deviation: [String: Double]
    var label: String {
      guard let className else { return "Cluster \(number)" }
      return classLabel ?? ClassTable.seaIce.named(className)?.label ?? className
    }
  }
  let step: String
  let clusters: [Cluster]
  let features: [String]

  init?(step: String, facts: [String: JSONValue]) {
    guard let list = facts[.clusters]?.arrayValue, !list.isEmpty else { return nil }
    func numbers(_ value: JSONValue?) -> [String: Double] {
      (value?.objectValue ?? [:]).compactMapValues(\.doubleValue)
    }
    self.step = step
    clusters = list.enumerated().map { i, c in
      Cluster(
        number: c["cluster"]?.intValue ?? i, count: c["count"]?.doubleValue ?? .nan, className: c["class"]?.stringValue,
        classLabel: c["class_label"]?.stringValue, classColor: c["class_color"]?.stringValue,
        centre: numbers(c["centre"]), deviation: numbers(c["standard_deviation"]))
    }
    features = clusters[0].centre.keys.sorted()
  }

  /// The colour of a cluster: its class's, else the neutral one of its number.
  func color(_ cluster: Cluster) -> RGB {
    cluster.classColor.flatMap(Colours.read) ?? cluster.className.flatMap { ClassTable.seaIce.named($0)?.color }
      ?? ClassTable.clusters(cluster.number + 1)[
        cluster.number]?.color ?? RGB(80, 80, 80)
  }
}
