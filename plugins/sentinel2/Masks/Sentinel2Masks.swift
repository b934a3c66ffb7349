import FloeIO
import FloeSDK
import Synchronization

/// Finds the mask files of a product for the reasons asked for and opens them.
///
/// Baselines before 04.00 have polygons (GML), later ones images: `MSK_CLASSI` for clouds, `MSK_QUALIT` by band; L2A
/// has the scene classification (SCL) besides. Codes after S2-PDGS-TAS-DI-PSD, "Quality masks" and "Scene
/// classification".
struct Sentinel2Masks {
  let product: Sentinel2Product
  let bands: [SpectralBand]
  let reasons: [MaskChoice]

  /// The files that will be read, checked to be there.
  func files() throws -> [MaskFile] {
    var wanted: [MaskFile] = []
    for reason in reasons {
      let types = Self.types(reason)
      let found = listed(types)
      if reason == .shadow, product.level == .l1c {
        throw ParameterError("masks", "asks for shadow, which only L2A products know; '\(product.name)' is L1C")
      }
      if found.isEmpty, product.level == .l1c {
        throw FloeError(
          """
          the tile metadata of '\(product.name)' lists no mask file for \(reason.rawValue) (\
          \(types.joined(separator: ", "))); leave it out of 'masks'
          """
        )
      }
      for mask in found where !wanted.contains(where: { $0.path == mask.path }) {
        guard VirtualFile.exists(mask.path) else {
          // An L2A product masks by its scene classification; the level 1 masks are an addition.
          if product.level == .l2a { continue }
          throw FloeError("the mask file '\(mask.path)' for \(reason.rawValue) is missing; the product is not whole")
        }
        wanted.append(mask)
      }
    }
    if product.level == .l2a, !reasons.isEmpty, sceneClassification == nil {
      throw FloeError("'\(product.name)' has no scene classification (SCL); masks of an L2A product need it")
    }
    return wanted
  }

  /// Level 1 masks that an L2A product lists and that are not there.
  var absentFiles: [String] {
    guard product.level == .l2a else { return [] }
    return reasons.flatMap { listed(Self.types($0)) }.map(\.path).filter { !VirtualFile.exists($0) }
  }

  private func listed(_ types: [String]) -> [MaskFile] {
    product.masks.filter { mask in
      types.contains(mask.type) && (mask.band == nil || bands.contains { $0.rawValue == mask.band })
    }
  }

  /// The layers on the grid of the whole tile at a resolution in metres.
  ///
  /// - Parameter copies: places of files that were copied out of an archive, by their own paths.
  func layers(resolution: Int, grid: Grid, copies: [String: String]) throws -> [any MaskLayer] {
    guard !reasons.isEmpty else { return [] }
    var layers: [any MaskLayer] = []
    for file in try files() {
      if file.path.lowercased().hasSuffix(".gml") {
        layers += try polygons(file, grid: grid)
      } else if let layer = try image(file, at: copies[file.path] ?? file.path, resolution: resolution) {
        layers.append(layer)
      }
    }
    if product.level == .l2a, let path = sceneClassification {
      layers.append(try classification(copies[path] ?? path, resolution: resolution))
    }
    return layers
  }

  private static func types(_ reason: MaskChoice) -> [String] {
    switch reason {
    case .opaqueCloud, .cirrus: ["MSK_CLASSI", "MSK_CLOUDS"]
    case .saturated: ["MSK_QUALIT", "MSK_SATURA"]
    case .defective: ["MSK_QUALIT", "MSK_DEFECT"]
    case .shadow: []
    }
  }

  // MARK: - Images

  /// The finest scene classification that is there.
  var sceneClassification: String? {
    product.images.files("SCL", native: 20).sorted { $0.key < $1.key }.map(\.value).first { VirtualFile.exists($0) }
  }

  /// The scene classification, where masks need it.
  var classificationFiles: [String] {
    product.level == .l2a && !reasons.isEmpty ? sceneClassification.map { [$0] } ?? [] : []
  }

  /// SCL: 1 saturated or defective, 3 shadow, 8 and 9 cloud, 10 thin cirrus. Never 2 (dark) and 6 (water): leads fall
  /// there.
  private func classification(_ path: String, resolution: Int) throws -> ImageMask {
    var lookup = ImageMask.Lookup(repeating: 0, count: 256)
    if reasons.contains(.defective) { lookup[1] = MaskReason.defective.rawValue }
    if reasons.contains(.saturated), lookup[1] == 0 { lookup[1] = MaskReason.saturated.rawValue }
    if reasons.contains(.shadow) { lookup[3] = MaskReason.shadow.rawValue }
    if reasons.contains(.opaqueCloud) {
      lookup[8] = MaskReason.opaqueCloud.rawValue
      lookup[9] = MaskReason.opaqueCloud.rawValue
    }
    if reasons.contains(.cirrus) { lookup[10] = MaskReason.cirrus.rawValue }
    let file = try RasterFile.open(path, driver: BandSource.drivers)
    return try ImageMask(file, lookups: [(0, lookup)], resolution: resolution, geocoding: product.geocoding)
  }

  /// A mask of one bit field, or of one band a bit: nil when it holds nothing that was asked for.
  private func image(_ mask: MaskFile, at path: String, resolution: Int) throws -> ImageMask? {
    guard try VirtualFile.size(product.file(of: mask.path)) > 0 else {
      throw FloeError("the mask file '\(mask.path)' is empty (0 bytes); get the product again")
    }
    let file = try RasterFile.open(path, driver: BandSource.drivers)
    let bits: [(bit: Int, reason: MaskChoice)] =
      mask.type == "MSK_CLASSI"
      ? [(0, .opaqueCloud), (1, .cirrus)] : mask.type == "MSK_QUALIT" ? [(4, .defective), (7, .saturated)] : []
    let wanted = bits.filter { reasons.contains($0.reason) }
    guard !wanted.isEmpty else { return nil }
    let count = file.spec.bands.count
    var lookups: [(band: Int, reasons: ImageMask.Lookup)] = []
    if count == 1 {
      let lookup = (0..<256).map { value in
        wanted.filter { value >> $0.bit & 1 == 1 }.map { $0.reason.code.rawValue }.min() ?? 0
      }
      lookups = [(0, lookup)]
    } else {
      for (bit, reason) in wanted {
        guard bit < count else {
          throw FloeError(
            "the mask '\(mask.path)' has \(count) bands; \(mask.type) must have one band or at least \(bit + 1)")
        }
        lookups.append((bit, (0..<256).map { $0 == 0 ? 0 : reason.code.rawValue }))
      }
    }
    return try ImageMask(file, lookups: lookups, resolution: resolution, geocoding: product.geocoding)
  }

  // MARK: - Polygons

  /// The polygons of a GML mask as layers by reason; a mask without features masks nothing.
  private func polygons(_ mask: MaskFile, grid: Grid) throws -> [any MaskLayer] {
    guard try VirtualFile.size(mask.path) > 0 else { return [] }
    let document = try XMLNode(file: mask.path)
    var rings: [MaskReason: [[String]]] = [:]
    for feature in document.descendants("MaskFeature") {
      let type = feature.descendant("maskType")?.text.uppercased() ?? ""
      guard let reason = reason(of: type, in: mask), reasons.contains(where: { $0.code == reason }) else { continue }
      for polygon in feature.descendants("Polygon") {
        let parts = polygon.all("exterior") + polygon.all("interior")
        rings[reason, default: []].append(try parts.map { try Self.ring($0, file: mask.path) })
      }
    }
    return try rings.sorted { $0.key.rawValue < $1.key.rawValue }.map { reason, polygons in
      PolygonMask(burner: try Self.burner(polygons, crs: product.geocoding.crs, grid: grid), reason: reason)
    }
  }

  private func reason(of type: String, in mask: MaskFile) -> MaskReason? {
    switch mask.type {
    case "MSK_CLOUDS": type == "CIRRUS" ? .cirrus : type == "OPAQUE" ? .opaqueCloud : nil
    case "MSK_SATURA": .saturated
    case "MSK_DEFECT": .defective
    default: nil
    }
  }

  /// The coordinates of one ring as GeoJSON writes them.
  private static func ring(_ node: XMLNode, file: String) throws -> String {
    guard let list = node.descendant("posList") else { throw FloeError("'\(file)' has a polygon without posList") }
    let numbers = list.text.split(whereSeparator: \.isWhitespace).map { Double($0) }
    let dimension = list.attributes["srsDimension"].flatMap { Int($0) } ?? 2
    guard dimension >= 2, numbers.count >= 3 * dimension, numbers.count % dimension == 0,
      !numbers.contains(where: { $0 == nil })
    else {
      throw FloeError(
        """
        '\(file)' has a posList of \(numbers.count) values that is no ring; at least three points of \(dimension) \
        numbers are needed
        """
      )
    }
    let values = numbers.compactMap { $0 }
    let points = stride(from: 0, to: values.count, by: dimension).map { "[\(values[$0]),\(values[$0 + 1])]" }
    return "[\((points + points.prefix(1)).joined(separator: ","))]"
  }

  private static func burner(_ polygons: [[String]], crs: CRS, grid: Grid) throws -> PolygonRasterizer {
    let features = polygons.map {
      #"{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[\#($0.joined(separator: ","))]}}"#
    }
    let system =
      crs.code.map {
        #""crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:\#($0.replacing(":", with: "::"))"}},"#
      } ?? ""
    let path = "/vsimem/floe-sentinel2-mask-\(counter.add(1, ordering: .relaxed).newValue).geojson"
    try VirtualFile.write(
      #"{"type":"FeatureCollection",\#(system)"features":[\#(features.joined(separator: ","))]}"#, to: path)
    defer { VirtualFile.remove(path) }
    return try PolygonRasterizer(path: path, grid: grid)
  }

  private static let counter = Atomic<Int>(0)
}
