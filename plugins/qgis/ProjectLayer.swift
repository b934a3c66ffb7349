import FloeIO
import FloeSDK

/// One layer of a project.
struct ProjectLayer: Sendable {
  let id: String, name: String
  /// Relative to the project's own folder.
  let source: String
  let crs: CRS?
  /// In the layer's own system; nil where nothing has a place.
  let extent: Bounds?
  /// The layer's `<pipe>` or `<renderer-v2>`.
  private(set) var style: String
  /// `Point`, `Polygon`; nil for a raster.
  let geometry: String?
  /// From top to bottom.
  let rank: Int
  let isClasses: Bool
  /// What kind of raster or table it is, for its group in the legend.
  let group: ProjectGroup
  /// What the layer holds, in a sentence or two.
  let abstract: String
  /// Aliases, value maps and the map tip of a table, as elements of the layer.
  private(set) var fields = ""

  /// A raster with the style file beside it.
  init(raster spec: RasterSpec, output: WrittenOutput, path: String, number: Int) throws {
    let base = Self.bare(output.name)
    name = Self.stem(base)
    id = Self.identifier(base, number)
    source = path
    crs = spec.grid.crs
    extent = spec.grid.bounds
    geometry = nil
    isClasses = spec.classes != nil
    let isMeasure = ["probability", "uncertainty"].contains(spec.bands.first?.quantity ?? "")
    group = isClasses ? .classes : isMeasure ? .probabilities : .images
    rank = isClasses ? 30 : isMeasure ? 35 : 40
    abstract = Self.abstract(of: spec)
    let file = Self.bare(output.path) + ".qml"
    guard VirtualFile.exists(file), let pipe = Self.element("pipe", in: try VirtualFile.readText(file)) else {
      throw FloeError("the style '\(file)' of \(output.name) is missing or has no <pipe>")
    }
    style = pipe
  }

  /// A GeoPackage layer as the style in the file has it; without one with a symbol of QGIS's choice.
  init(table: Table, layer: String, output: WrittenOutput, path: String, styles: LayerStyles, number: Int) throws {
    let base = Self.stem(String(output.name.dropLast(5)))
    let own = layer.isEmpty ? base : layer
    name = own
    id = Self.identifier("\(base)_\(own)", number)
    source = "\(path)|layername=\(own)"
    crs = table.crs
    isClasses = false
    group = .vectors
    abstract = Self.abstract(of: table)
    switch table.geometry {
    case .points(let x, let y)?:
      geometry = "Point"
      rank = 0
      extent = Self.bounds(zip(try table.numbers(x), try table.numbers(y)).map { SIMD2($0, $1) })
    default:
      geometry = "Polygon"
      rank = table.style == "scene_outline" ? 20 : 10
      switch table.geometry {
      case .polygons(let all)?: extent = Self.bounds(all.flatMap { $0.flatMap { $0 } })
      case .multiPolygons(let all)?: extent = Self.bounds(all.flatMap { $0.flatMap { $0.flatMap { $0 } } })
      case .points?, nil: extent = nil
      }
    }
    let qml = styles.qml[own] ?? ""
    style = Self.element("renderer-v2", in: qml) ?? ""
    fields = ["fieldConfiguration", "aliases", "mapTip", "previewExpression"].compactMap { Self.element($0, in: qml) }
      .joined(separator: "\n")
  }

  /// Bands with their units, and where they come from.
  private static func abstract(of spec: RasterSpec) -> String {
    let bands = spec.bands.map { band in
      let unit = band.unit == .dimensionless || band.unit.rawValue.isEmpty ? "" : ", \(band.unit.rawValue)"
      return "\(band.name): \(band.summary.isEmpty ? band.quantity : band.summary)\(unit)"
    }
    let classes = spec.classes.map { table in
      "Classes: " + table.entries.map { "\($0.code) \($0.label)" }.joined(separator: ", ") + ". "
    }
    return (classes ?? "") + "Bands: " + bands.joined(separator: "; ") + "." + origin(spec.acquisition)
  }
  private static func abstract(of table: Table) -> String {
    let left = table.rowCount - table.status.keptCount
    return "\(table.rowCount) \(table.rowCount == 1 ? "row" : "rows")"
      + (left > 0 ? ", of which \(left) take no part (column dropped_because)" : "") + "." + origin(table.acquisition)
  }
  private static func origin(_ acquisition: Acquisition?) -> String {
    let parts = [acquisition?.product, acquisition?.platform, acquisition?.time?.iso8601].compactMap { $0 }
    return parts.isEmpty ? "" : " From \(parts.joined(separator: ", "))."
  }

  /// The same with the raster drawn so opaque, 0 to 1.
  func drawn(opacity: Double) -> ProjectLayer {
    var copy = self
    copy.style = style.replacing(
      "opacity=\"1\" alphaBand", with: "opacity=\"\(opacity)\" alphaBand", maxReplacements: 1)
    return copy
  }

  /// The first element of that name with all it holds.
  static func element(_ name: String, in text: String) -> String? {
    guard let start = text.firstRange(of: "<\(name)"), let end = text[start.upperBound...].firstRange(of: "</\(name)>")
    else { return nil }
    return String(text[start.lowerBound..<end.upperBound])
  }

  private static func bounds(_ points: [SIMD2<Double>]) -> Bounds? {
    let valid = points.filter { $0.x.isFinite && $0.y.isFinite }
    guard let first = valid.first else { return nil }
    return valid.reduce(into: Bounds(minX: first.x, minY: first.y, maxX: first.x, maxY: first.y)) { b, p in
      b.minX = min(b.minX, p.x)
      b.minY = min(b.minY, p.y)
      b.maxX = max(b.maxX, p.x)
      b.maxY = max(b.maxY, p.y)
    }
  }

  /// A raster's name without its ending.
  private static func bare(_ name: String) -> String {
    String(name.dropLast(name.lowercased().hasSuffix(".tiff") ? 5 : 4))
  }

  private static func stem(_ path: String) -> String { String(path.split(separator: "/").last ?? "layer") }

  /// Letters, digits and `_`, long enough for QGIS, unique by its number.
  private static func identifier(_ name: String, _ number: Int) -> String {
    let clean = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    return "floe_layer_\(number)_\(clean)"
  }
}

/// The folder of a project, relative to the output folder.
struct ProjectFolder {
  let parts: [Substring]

  /// The folder of the outputs that a project goes to; the output folder itself without one.
  ///
  /// - Throws: when they lie in different folders, since one project cannot name its files from two places.
  init(_ outputs: [String]) throws {
    let folders = outputs.map { $0.split(separator: "/").dropLast() }
    if let odd = folders.firstIndex(where: { $0 != folders[0] }) {
      throw FloeError(
        """
        the project is written as '\(outputs[0])' and '\(outputs[odd])', in different folders; its paths count from \
        one: write it once, or give each folder a step of its own
        """
      )
    }
    parts = folders.first.map(Array.init) ?? []
  }

  /// The way from here to a file that is named relative to the output folder.
  func path(to name: String) -> String {
    let way = name.split(separator: "/")
    let common = zip(parts, way.dropLast()).prefix { $0 == $1 }.count
    let up = parts.count - common
    return (up == 0 ? "./" : String(repeating: "../", count: up)) + way.dropFirst(common).joined(separator: "/")
  }
}

/// The default styles that a GeoPackage carries, by layer.
struct LayerStyles: Sendable {
  let qml: [String: String]

  init(path: String) {
    // Safe because a GeoPackage without styles has no such table; QGIS's own symbols serve then.
    guard let table = try? VectorLayer.readTable(path, layer: "layer_styles") else {
      qml = [:]
      return
    }
    var found: [String: String] = [:]
    if case .text(let names)? = table["f_table_name"]?.values, case .text(let styles)? = table["styleQML"]?.values {
      for (name, style) in zip(names, styles) { if let name, let style { found[name] = style } }
    }
    qml = found
  }
}

/// What the map shows at start.
struct ProjectView: Sendable {
  let crs: CRS
  let extent: Bounds

  init(_ layers: [ProjectLayer]) throws {
    let rasters = layers.filter { $0.geometry == nil }
    let chosen = (rasters.filter(\.isClasses) + rasters + layers).first { $0.crs != nil && $0.extent != nil }
    guard let crs = chosen?.crs, let extent = chosen?.extent else {
      throw FloeError("no layer has both a reference system and an extent, so that a map could show it")
    }
    self.crs = crs
    self.extent = extent
  }
}
