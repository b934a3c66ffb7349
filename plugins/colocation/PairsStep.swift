import FloeIO
import FloeSDK

/// Finds pairs of scenes and tracks.
public struct PairsStep: ProcessingStep {
  public static let name = "colocate.pairs"
  public static let summary =
    "Finds the scenes and altimeter tracks that cross within a time window, from metadata alone."
  public static let discussion = """
    Every product in `folders` that a product reader knows is described from its metadata. `found` takes what catalogues
    answered instead, or besides: STAC items and item collections, OData lists, saved (`catalogue.search`, `floe find`)
    or by URL; no product is fetched for it. Of a URL all pages are read; a saved page of several is a warning. A scene
    there has the middle of its times as its time, and a product in both stands once, as the folder has it. A scene and
    a track make a pair when the track's line crosses the scene's outline and the times differ by at most `window`
    minutes. The scene's time is that of its own tile, not of the datatake; the track's is taken where it crosses the
    scene: linear along its line from the product's start to its stop, in the middle of the part inside. Outlines and
    lines are followed along great circles and compared in an equal-area projection around the scene, so that neither
    180° nor a pole matters.

    `pairs`: a table with names, times (UTC), `dt_s` (track minus scene), `overlap_start` and `overlap_stop` (first
    entry, last exit), `overlap_km` (length inside), `overlap_km2` (length times `swath`) and `overlap_share` (length
    inside over the whole track's), in order of the time difference. `footprints`: a polygon for each scene and each
    track (a strip of `swath` metres) in EPSG:4326, cut at 180°. The preset `course` has a window of 10 minutes.

    Edge: a track that only touches an outline has an overlap of length 0 and is no pair; one that ends inside counts to
    its end. Missing values do not occur in `pairs`: what a pair needs is there, or the product is left out.
    Products without time or outline, and those that cannot be described, are counted with the reason. Where nothing
    matches the step fails and names the nearest pair.
    """
  public static let example = """
    pairs: { use: colocate.pairs, with: { folders: [scenes, tracks], window: 60 } }
    """
  public static let presets = [Preset("course", "The window of the course", values: ["window": .text("10")])]

  @Param("Folders with products, searched through to `depth`") var folders: [InputPath] = []
  @Param("Answers of catalogues: files or URLs of STAC items, item collections, OData lists") var found: [InputPath] =
    []
  @Param("Largest time difference", unit: "min", in: .atLeast(0)) var window = 60.0
  @Param("Width of the altimeter's swath", unit: .metre, in: 1...100_000) var swath = 1640.0
  @Param("How deep folders are searched", in: 0...10) var depth = 3
  @Output("One row a pair") var pairs: Table?
  @Output("Outlines of the paired products") var footprints: Table?

  /// A step with its defaults.
  public init() {}

  public func validate() throws {
    if folders.isEmpty, found.isEmpty {
      throw ParameterError("folders", "must name at least one folder, or 'found' an answer of a catalogue")
    }
  }

  public mutating func plan(in context: PlanContext) throws {
    pairs = PairTable.pairs([], swath: swath)
    footprints = PairTable.footprints([], swath: swath)
  }

  public mutating func run(in context: RunContext) async throws {
    let catalogue = context.products
    var paths: [String] = []
    var seen: Set<String> = []
    for folder in folders { try Self.collect(folder.path, depth, catalogue, into: &paths) }
    paths = paths.filter { seen.insert($0).inserted }
    let there = paths
    let listed = try Self.listed(found, context)
    guard !there.isEmpty || !listed.isEmpty else {
      let places = (folders + found).map { "'\(RemotePath.shown($0.path))'" }
      throw FloeError("no product was recognised in \(places.joined(separator: ", "))")
    }
    let described = try await context.map(there.count, progress: "products") { i -> (ProductDescription?, String?) in
      do { return (try catalogue.describe(there[i]), nil) } catch { return (nil, "\(error)") }
    }
    for case (_, let reason?) in described { context.warn(reason) }
    context.dropped(described.count { $0.1 != nil }, "products", because: "cannot be described")
    var products = described.compactMap(\.0)
    var names = Set(products.map { Self.bare($0.name) })
    products += listed.filter { names.insert(Self.bare($0.name)).inserted }
    let scenes = products.filter { !$0.isTrack }.compactMap(SceneOutline.init)
    let tracks = products.filter(\.isTrack).compactMap(TrackLine.init)
    context.dropped(products.count - scenes.count - tracks.count, "products", because: "no time or no outline")
    guard !scenes.isEmpty, !tracks.isEmpty else {
      throw FloeError(
        """
        no pair is possible: \(scenes.count) scenes and \(tracks.count) tracks with time and outline among \
        \(products.count) products
        """
      )
    }
    let limit = window * 60
    let matches = try await context.map(scenes.count, progress: "scenes") { i -> [ProductPair] in
      tracks.compactMap { track in
        guard track.start - limit <= scenes[i].time, scenes[i].time <= track.stop + limit else { return nil }
        return ProductPair(scenes[i], track).flatMap { abs($0.dt) <= limit ? $0 : nil }
      }
    }
    let all = matches.joined().sorted {
      (abs($0.dt), $0.scene.name, $0.track.name) < (abs($1.dt), $1.scene.name, $1.track.name)
    }
    guard !all.isEmpty else { throw FloeError(Self.nearest(scenes, tracks, window: window)) }
    context.record("products", .integer(products.count))
    context.record("pairs", .integer(all.count))
    pairs = PairTable.pairs(all, swath: swath)
    footprints = PairTable.footprints(all, swath: swath)
  }

  /// What catalogues say of products.
  private static func listed(_ files: [InputPath], _ context: RunContext) throws -> [ProductDescription] {
    try files.flatMap { file -> [ProductDescription] in
      let name = "'\(RemotePath.shown(file.path))'"
      let json = try JSONText.decode(bytes: try VirtualFile.read(file.path), name: name)
      guard let items = try CatalogueAnswer.items(json, source: name) else {
        throw ParameterError("found", "names \(name), which is neither STAC items nor an OData list")
      }
      let all = CataloguePages.count(json)
      guard CatalogueAnswer.next(json) != nil || all.map({ $0 > items.count }) == true else {
        return items.map(\.description)
      }
      guard RemotePath.isRemote(file.path), !file.path.hasPrefix("/vsis3/") else {
        let whole = all.map { "of the \($0) products" } ?? "of the products"
        context.warn(
          "\(name) is one page of a catalogue's answer and holds \(items.count) \(whole); `floe find` saves all pages")
        return items.map(\.description)
      }
      let address = RemotePath.whole(file.path)
      // The query is that of the first page; the next one is named with its own.
      let service = String(address.prefix { $0 != "?" })
      let pages = try CataloguePages(service: service).read(behind: json, of: CataloguePage(url: address))
      if let lack = pages.lack { context.warn("\(name) \(lack)") }
      return pages.items.map(\.description)
    }
  }

  /// A product's name without what archives and catalogues put after it.
  private static func bare(_ name: String) -> String {
    [".zip", ".SAFE", ".zarr", ".SEN3", ".nc"].reduce(name) { $0.hasSuffix($1) ? String($0.dropLast($1.count)) : $0 }
  }

  private static func collect(
    _ path: String, _ depth: Int, _ catalogue: any ProductCatalogue, into found: inout [String]
  ) throws {
    // Readers also take a folder that holds one product for that product; beside others it must not hide them.
    let isProduct = [".SAFE", ".SEN3", ".zarr"].contains { path.hasSuffix($0) } || !VirtualFile.isDirectory(path)
    if isProduct, catalogue.recognises(path) { return found.append(path) }
    guard depth >= 0, VirtualFile.isDirectory(path) else { return }
    let before = found.count
    for name in try VirtualFile.list(path) { try collect("\(path)/\(name)", depth - 1, catalogue, into: &found) }
    if found.count == before, catalogue.recognises(path) { found.append(path) }
  }

  /// The sentence for a search without result.
  private static func nearest(_ scenes: [SceneOutline], _ tracks: [TrackLine], window: Double) -> String {
    var candidates: [(gap: Double, scene: SceneOutline, track: TrackLine)] = []
    for s in scenes { for t in tracks { candidates.append((max(0, t.start - s.time, s.time - t.stop), s, t)) } }
    candidates.sort { ($0.gap, $0.scene.name, $0.track.name) < ($1.gap, $1.scene.name, $1.track.name) }
    func minutes(_ seconds: Double) -> String { "\((seconds / 6).rounded() / 10) min" }
    // The gap is a lower bound of the time difference; a few thousand comparisons of outlines take no time.
    let crossing = candidates.prefix(5000).compactMap { ProductPair($0.scene, $0.track) }.min {
      abs($0.dt) < abs($1.dt)
    }
    if let c = crossing {
      return
        """
        no pair within \(window) min; the nearest whose footprints cross is \(c.scene.name) with \(c.track.name), \
        \(minutes(abs(c.dt))) apart
        """
    }
    let n = candidates[0]
    return
      """
      no pair: no track crosses a scene; the nearest in time is \(n.scene.name) with \(n.track.name), \
      \(minutes(n.gap)) apart
      """
  }
}
