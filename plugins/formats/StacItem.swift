import FloeIO
import FloeSDK
import Foundation

/// Describes a written raster as a STAC item (1.0.0) with projection, raster, classification, processing and file
/// extensions.
struct StacItem {
  let path: String
  let spec: RasterSpec
  let provenance: JSONValue
  /// The type of the asset, as STAC's best practices name it.
  let mediaType: String

  /// The item; nil when the raster lacks a time or a reference system, which STAC demands.
  func json() throws -> JSONValue? {
    guard let time = spec.acquisition?.time, let crs = spec.grid.crs else { return nil }
    let outline = try GeographicOutline(of: spec.grid)
    let file = (path as NSString).lastPathComponent
    var properties: [String: JSONValue] = [
      "datetime": .string(time.iso8601),
      "proj:code": JSONValue(crs.code),
      "proj:shape": [.integer(spec.grid.height), .integer(spec.grid.width)],
      "proj:transform": [
        .number(spec.grid.pixelWidth), 0, .number(spec.grid.originX), 0, .number(-spec.grid.pixelHeight),
        .number(spec.grid.originY),
      ],
      "processing:software": .object(["floe": .string(FloeVersion.current)]),
      "processing:lineage": .string(lineage),
      "floe:key": provenance["key"] ?? .null, "floe:plugins": .array(plugins),
    ]
    // STAC counts it in metres; a pixel of so many degrees has another width on each row.
    if let pixel = spec.grid.pixelMetres { properties["gsd"] = .number(pixel.x) }
    if crs.code == nil { properties["proj:wkt2"] = .string(crs.wkt) }
    // Catalogues show the title; it tells whose data these are, and whether they are made up.
    let origin = [spec.acquisition?.product, spec.acquisition?.platform].compactMap { $0 }
    if !origin.isEmpty { properties["title"] = .string("\(file) from \(origin.joined(separator: ", "))") }
    if let platform = spec.acquisition?.platform { properties["platform"] = .string(platform.lowercased()) }
    if let instrument = spec.acquisition?.instrument { properties["instruments"] = [.string(instrument.lowercased())] }
    var asset: [String: JSONValue] = [
      "href": .string("./\(file)"), "type": .string(mediaType),
      "roles": ["data"],
      "title": .string(file), "bands": .array(spec.bands.map(band)),
    ]
    var extensions: [JSONValue] = [
      "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
      "https://stac-extensions.github.io/raster/v2.0.0/schema.json",
      "https://stac-extensions.github.io/processing/v1.2.0/schema.json",
    ]
    // A folder has neither the size nor the checksum of a file.
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    if attributes[.type] as? FileAttributeType == .typeRegular {
      extensions.append("https://stac-extensions.github.io/file/v2.1.0/schema.json")
      asset["file:size"] = .integer(attributes[.size] as? Int ?? 0)
      // A multihash: 12 says SHA-256, 20 its length of 32 bytes.
      if let digest = try FileDigest.hexadecimal(of: path, algorithm: "SHA256") {
        asset["file:checksum"] = .string("1220" + digest)
      }
    }
    if let classes = spec.classes {
      extensions.append("https://stac-extensions.github.io/classification/v1.1.0/schema.json")
      asset["classification:classes"] = .array(
        classes.entries.map {
          [
            "value": .integer($0.code), "name": .string($0.name), "title": .string($0.label),
            "color_hint": .string($0.color.hex.uppercased()),
          ]
        })
    }
    return .object([
      "type": "Feature", "stac_version": "1.1.0", "stac_extensions": .array(extensions),
      "id": .string((file as NSString).deletingPathExtension), "bbox": .array(outline.bbox.map { .number($0) }),
      "geometry": geometry(outline), "properties": .object(properties), "links": .array(derivedFrom),
      "assets": .object(["data": .object(asset)]),
    ])
  }

  /// Writes the item, or says why there is none.
  func write(to file: String, in context: WriteContext) throws {
    guard let item = try json() else {
      return context.log(.info, "no STAC item: the raster has no time or no coordinate reference system")
    }
    try VirtualFile.write(try JSONText.encode(item, pretty: true) + "\n", to: file)
  }

  private var lineage: String {
    (provenance["steps"]?.arrayValue ?? []).compactMap { $0["use"]?.stringValue }.joined(separator: " -> ")
  }

  /// The plugins of the steps that the raster rests on, each once.
  private var plugins: [JSONValue] {
    var seen: Set<JSONValue> = []
    return (provenance["steps"]?.arrayValue ?? []).compactMap { $0["plugin"] }.filter { seen.insert($0).inserted }
  }

  private var derivedFrom: [JSONValue] {
    (provenance["inputs"]?.arrayValue ?? []).compactMap { input in
      input["name"]?.stringValue.map { ["rel": "derived_from", "href": .string($0), "title": .string($0)] }
    }
  }

  private func band(_ b: BandSpec) -> JSONValue {
    var members: [String: JSONValue] = [
      "name": .string(b.name), "data_type": .string(spec.type.rawValue), "unit": .string(b.unit.rawValue),
    ]
    if !b.summary.isEmpty { members["description"] = .string(b.summary) }
    if let noData = b.noData { members["nodata"] = noData.isFinite ? .number(noData) : "nan" }
    if b.scale != 1 || b.offset != 0 {
      members["raster:scale"] = .number(b.scale)
      members["raster:offset"] = .number(b.offset)
    }
    return .object(members)
  }

  private func geometry(_ outline: GeographicOutline) -> JSONValue {
    let rings = outline.polygons.map { ring -> JSONValue in
      // RFC 7946 wants outer rings counterclockwise; ours run clockwise from the upper left corner.
      .array(ring.reversed().map { [.number($0.x), .number($0.y)] })
    }
    if rings.count == 1 { return ["type": "Polygon", "coordinates": [rings[0]]] }
    return ["type": "MultiPolygon", "coordinates": .array(rings.map { [$0] })]
  }
}
