import FloeIO
import FloeSDK
internal import Foundation

/// An interactive map: the rasters of one reference system with tracks and polygons on top, as data for the page's
/// script.
struct MovingMap: Sendable {
  let title: String
  let description: String
  let content: JSONValue

  /// The data as JSON that may stand inside of a script of a page.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Texts of files come in here; "<" would let them end the script.
    return String(decoding: try encoder.encode(content), as: UTF8.self).replacing("<", with: "\\u003c")
  }
}

/// Gathers the interactive maps.
struct MovingMaps {
  let material: ReportInputs
  let classes: String?
  /// Pixels along the longer side that a layer has at least, where the raster has them; images with their values.
  private static let sides = [(layers: 1000, images: 600), (500, 300), (250, 150)]
  /// Bytes of the data of one map, so that the page stays below 10 MB with its still figures.
  private static let budget = 4_500_000

  /// One map for each reference system, in the order of the rasters.
  func maps(_ context: RunContext) async throws -> [MovingMap] {
    var groups: [(crs: CRS?, members: [(item: ReportInputs.Item, raster: Raster)])] = []
    for member in material.rasters {
      let crs = member.raster.spec.grid.crs
      if let place = groups.firstIndex(where: { $0.crs == crs }) {
        groups[place].members.append(member)
      } else {
        groups.append((crs, [member]))
      }
    }
    var maps: [MovingMap] = []
    for group in groups {
      let title = groups.count > 1 ? "Interactive map, \(group.crs?.label ?? "no reference system")" : "Interactive map"
      for (i, side) in Self.sides.enumerated() {
        try context.checkCancelled()
        let layers = try await layers(group.members, side, context)
        let size = layers.reduce(0) { $0 + $1.size }
        if size > Self.budget, i < Self.sides.count - 1 { continue }
        maps.append(try map(title, group.crs, layers))
        break
      }
    }
    return maps
  }

  // MARK: Layers

  /// One layer of pixels: what is drawn, and the values below.
  private struct Layer {
    var name: String
    var reading: [MapReading] = []
    /// `image`, `classes`, `ramp` or `share`.
    var kind: String
    var bounds: Bounds
    /// The box of its values; nil where it has none.
    var valueBox: Bounds?
    var picture: [UInt8] = []
    var limits: (Double, Double)?
    var color: RGB?
    /// Whether a ramp goes from black to white, for a picture of one band.
    var isGrey = false
    var isOn = false
    var note = ""
    /// Bytes in the page.
    var size: Int { (picture.count + reading.reduce(0) { $0 + $1.packed.count }) * 4 / 3 }
  }

  private func layers(
    _ members: [(item: ReportInputs.Item, raster: Raster)], _ side: (layers: Int, images: Int), _ context: RunContext
  ) async throws -> [Layer] {
    var found: [Layer] = []
    for (item, raster) in members {
      let spec = raster.spec
      try context.checkCancelled()
      if let table = spec.classes {
        let small = try DecimatedRaster(item, raster, bands: [0], side: side.layers)
        found.append(
          Layer(
            name: item.titled("Classes"),
            reading: [
              try MapReading(
                name: Self.named("Class", item), unit: .dimensionless, values: small.values[0], width: small.width,
                height: small.height, bounds: small.bounds, classes: table)
            ], kind: "classes", bounds: small.bounds, valueBox: small.valueBox,
            isOn: !found.contains { $0.kind == "classes" }, note: small.note))
        if let lead = table.named("lead"), small.step > 1 {
          let shares = try await ClassShare.shares(raster, code: lead.code, like: small, context)
          found.append(
            Layer(
              name: Self.named("Pixels with any \(lead.label.lowercased())", item),
              reading: [
                try MapReading(
                  name: Self.named("Share of \(lead.label.lowercased())", item), unit: .dimensionless, values: shares,
                  width: small.width, height: small.height, bounds: small.bounds)
              ], kind: "share", bounds: small.bounds, valueBox: small.valueBox, color: lead.color,
              note: "drawn wherever at least one pixel below a drawn one is of the class"))
        }
      } else if let first = spec.bands.first, ReportInputs.isProbability(first) {
        found += try ramps(item, raster, bands: MapFigures.shownProbabilities(spec), side: side.layers, (0, 1))
      } else {
        found += try image(item, raster, side: side.images, larger: side.layers)
      }
    }
    if !found.contains(where: { $0.kind == "image" }) {
      // Of pictures of one band the first lies below the classes.
      if let picture = found.firstIndex(where: \.isGrey) {
        found[picture].isOn = true
      } else if !found.contains(where: \.isOn), !found.isEmpty {
        found[0].isOn = true
      }
    }
    // Pictures lie below classes.
    let order = ["image": 0, "ramp": 1, "classes": 2, "share": 3]
    func height(_ layer: Layer) -> Int { layer.isGrey ? 0 : order[layer.kind] ?? 0 }
    return found.enumerated().sorted {
      (height($0.element), $0.offset) < (height($1.element), $1.offset)
    }.map(\.element)
  }

  /// A name that says of which raster it is where there are several of a kind.
  private static func named(_ what: String, _ item: ReportInputs.Item) -> String {
    item.isOnly ? what : "\(what) (\(item.stem))"
  }

  private func ramps(
    _ item: ReportInputs.Item, _ raster: Raster, bands: [Int], side: Int, _ limits: (Double, Double)?,
    isGrey: Bool = false
  ) throws -> [Layer] {
    let small = try DecimatedRaster(item, raster, bands: bands, side: side)
    return try bands.enumerated().compactMap { place, band in
      guard let natural = limits ?? small.limits(place) else { return nil }
      let spec = raster.spec.bands[band]
      let reading = try MapReading(
        name: Self.named(ReportFormat.title(spec), item), unit: spec.unit, values: small.values[place],
        width: small.width, height: small.height, bounds: small.bounds,
        bits: ReportInputs.isProbability(spec) ? 8 : 16)
      return Layer(
        name: Self.named(ReportFormat.title(spec), item), reading: [reading], kind: "ramp", bounds: small.bounds,
        valueBox: small.valueBox, limits: natural, isGrey: isGrey, note: small.note)
    }
  }

  /// True and false colour, with the values of their bands; a single band in grey where it is brightness, as camera and
  /// radiometer see it, else as a ramp.
  private func image(_ item: ReportInputs.Item, _ raster: Raster, side: Int, larger: Int) throws -> [Layer] {
    let composites = MapFigures.composites(raster.spec)
    if composites.isEmpty {
      let shown = MapFigures.shownBand(raster.spec)
      let isGrey = raster.spec.bands.indices.contains(shown) && Self.isBrightness(raster.spec.bands[shown])
      return try ramps(item, raster, bands: [shown], side: larger, nil, isGrey: isGrey)
    }
    let needed = Set(composites.flatMap(\.bands)).sorted()
    let sharp = try DecimatedRaster(item, raster, bands: needed, side: larger)
    let values =
      max(sharp.width, sharp.height) < 2 * side ? sharp : try DecimatedRaster(item, raster, bands: needed, side: side)
    let readings = try needed.enumerated().map { place, band in
      let spec = raster.spec.bands[band]
      return try MapReading(
        name: Self.named("\(spec.name) \(spec.quantity)", item), unit: spec.unit, values: values.values[place],
        width: values.width, height: values.height, bounds: values.bounds, bits: 8)
    }
    var layers: [Layer] = []
    for c in composites {
      let places = c.bands.compactMap { needed.firstIndex(of: $0) }
      guard places.count == 3, let (picture, _) = sharp.composite(places[0], places[1], places[2]) else { continue }
      layers.append(
        Layer(
          name: Self.named(c.name, item), reading: layers.isEmpty ? readings : [], kind: "image",
          bounds: sharp.bounds, valueBox: sharp.valueBox, picture: try picture.jpeg(), isOn: layers.isEmpty,
          note: sharp.note))
    }
    return layers
  }

  /// Whether a band is a picture rather than a measure with a scale of its own: reflectance, or numbers of no unit.
  private static func isBrightness(_ band: BandSpec) -> Bool {
    let isPlain = ["reflectance", "DN", "value"].contains(band.quantity) && band.unit == .dimensionless
    return band.wavelength != nil || isPlain
  }

  // MARK: The whole

  private func map(_ title: String, _ crs: CRS?, _ layers: [Layer]) throws -> MovingMap {
    let b = Self.union(layers.map(\.bounds)) ?? Bounds(minX: 0, minY: 0, maxX: 1, maxY: 1)
    let pixel = layers.flatMap(\.reading).map { ($0.bounds.maxX - $0.bounds.minX) / Double($0.width) }.max() ?? 0
    let start = Self.union(layers.compactMap(\.valueBox)).flatMap { ValueExtent.view(of: $0, in: b, pixel: pixel) }
    var readings: [JSONValue] = []
    var drawn: [JSONValue] = []
    for layer in layers {
      var parts: [String: JSONValue] = [
        "name": .string(layer.name), "kind": .string(layer.kind), "on": .bool(layer.isOn), "note": .string(layer.note),
        "bounds": .array(
          [layer.bounds.minX, layer.bounds.minY, layer.bounds.maxX, layer.bounds.maxY].map { .number($0) }),
      ]
      if layer.kind == "image" {
        parts["picture"] = .string(Base64.text(layer.picture))
      } else {
        parts["reading"] = .integer(readings.count)
      }
      if layer.isGrey { parts["grey"] = .bool(true) }
      if let limits = layer.limits { parts["limits"] = [.number(limits.0), .number(limits.1)] }
      if let color = layer.color { parts["color"] = .string(Colours.hex(color)) }
      readings += layer.reading.map(\.content)
      drawn.append(.object(parts))
    }
    let vectors = try MapVectors(material: material, classes: classes).content(crs, b)
    var content: [String: JSONValue] = [
      "bounds": .array([b.minX, b.minY, b.maxX, b.maxY].map { .number($0) }), "readings": .array(readings),
      "layers": .array(drawn), "vectors": .array(vectors.map(\.content)),
      "ramp": .array(Colours.ramp.map { .string(Colours.hex($0)) }), "crs": .string(crs?.label ?? ""),
      "bare": .string(Colours.hex(ValueExtent.bare)),
    ]
    if let start {
      content["start"] = .array([start.minX, start.minY, start.maxX, start.maxY].map { .number($0) })
    }
    if let metres = crs?.metresPerUnit { content["metres"] = .number(metres) }
    if let crs { content["normals"] = .array(try Self.normals(b, crs).map { .number($0) }) }
    let names = layers.map(\.name) + vectors.map(\.name)
    let hint = start == nil ? "" : " The map starts at the part that has values."
    return MovingMap(
      title: title, description: "Layers: \(ReportFormat.list(names)).\(hint)", content: .object(content))
  }

  /// The box around all boxes; nil around none.
  private static func union(_ boxes: [Bounds]) -> Bounds? {
    boxes.dropFirst().reduce(boxes.first) { whole, box in
      whole.map {
        Bounds(
          minX: min($0.minX, box.minX), minY: min($0.minY, box.minY), maxX: max($0.maxX, box.maxX),
          maxY: max($0.maxY, box.maxY))
      }
    }
  }

  /// Nodes along each side of the net of `normals`.
  private static let nodes = 25

  /// The upright of the ellipsoid (x, y, z) at the nodes of a net over the map, row by row from the south: between them
  /// the script interpolates, which has no seam at the date line nor at a pole. Zero where there is no place.
  private static func normals(_ b: Bounds, _ crs: CRS) throws -> [Double] {
    let transform = try CoordinateTransform(from: .wgs84, to: crs)
    var found: [Double] = []
    for j in 0..<nodes {
      for i in 0..<nodes {
        let x = b.minX + (b.maxX - b.minX) * Double(i) / Double(nodes - 1)
        let y = b.minY + (b.maxY - b.minY) * Double(j) / Double(nodes - 1)
        guard let p = transform.point(x, y, inverse: true), p.x.isFinite, p.y.isFinite else {
          found += [0, 0, 0]
          continue
        }
        let (lon, lat) = (p.x * .pi / 180, p.y * .pi / 180)
        found += [cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat)].map { ($0 * 1e8).rounded() / 1e8 }
      }
    }
    return found
  }
}
