import FloeSDK
import Foundation

/// A product that a run read, as a STAC item (1.1.0) without assets: what it is, where and when. Links `derived_from`
/// lead to it. The product itself may lie anywhere; the run's record names the path.
struct SourceItem {
  let product: ProductDescription
  /// SHA-256 of the product's content.
  let digest: String?

  /// The item; nil for a product without a time or a footprint.
  ///
  /// - Parameter record: the address of the input in the run's record.
  func json(record: String) -> JSONValue? {
    guard let time = product.acquisition.time ?? product.start, let shape = GeoShape(product) else { return nil }
    var properties: [String: JSONValue] = [
      "datetime": .string(time.iso8601), "title": .string("\(product.name), \(product.kind)"),
    ]
    if let start = product.start, let stop = product.stop {
      properties["start_datetime"] = .string(start.iso8601)
      properties["end_datetime"] = .string(stop.iso8601)
    }
    let a = product.acquisition
    if let platform = a.platform { properties["platform"] = .string(platform.lowercased()) }
    if let instrument = a.instrument { properties["instruments"] = [.string(instrument.lowercased())] }
    var extensions: [JSONValue] = []
    if let level = a.level {
      extensions.append("https://stac-extensions.github.io/processing/v1.2.0/schema.json")
      properties["processing:level"] = .string(level)
    }
    if let digest { properties["floe:fingerprint"] = .string(digest) }
    return [
      "type": "Feature", "stac_version": "1.1.0", "stac_extensions": .array(extensions), "id": .string(product.name),
      "bbox": .array(shape.bbox.map { .number($0) }), "geometry": shape.geometry, "properties": .object(properties),
      "links": [StacLink.make("via", record, title: "The product in the record of the run")], "assets": [:],
    ]
  }
}

/// A product's footprint as GeoJSON, cut at the 180° meridian.
private struct GeoShape {
  let geometry: JSONValue
  let bbox: [Double]

  /// The shape; nil without a footprint.
  init?(_ product: ProductDescription) {
    let points = product.footprint.filter { $0.x.isFinite && $0.y.isFinite && abs($0.y) <= 90 }
    guard points.count > (product.isTrack ? 1 : 2) else { return nil }
    guard product.isTrack else {
      let outline = GeographicOutline(points)
      bbox = outline.bbox
      // RFC 7946 wants outer rings counterclockwise; an outline's run clockwise.
      let rings = outline.polygons.map { ring in
        JSONValue.array(ring.reversed().map { [.number($0.x), .number($0.y)] })
      }
      geometry =
        rings.count == 1
        ? ["type": "Polygon", "coordinates": [rings[0]]]
        : ["type": "MultiPolygon", "coordinates": .array(rings.map { [$0] })]
      return
    }
    let line = points.map { SIMD2(Longitude.wrapped($0.x), $0.y) }
    var pieces: [[SIMD2<Double>]] = [[]]
    for p in line {
      if let last = pieces[pieces.count - 1].last, abs(p.x - last.x) > 180 {
        // Meets the meridian half way: points of a footprint are some kilometres apart.
        let side = last.x > 0 ? 180.0 : -180
        pieces[pieces.count - 1].append(SIMD2(side, (last.y + p.y) / 2))
        pieces.append([SIMD2(-side, (last.y + p.y) / 2)])
      }
      pieces[pieces.count - 1].append(p)
    }
    let lines = pieces.filter { $0.count > 1 }.map { JSONValue.array($0.map { [.number($0.x), .number($0.y)] }) }
    geometry =
      lines.count == 1
      ? ["type": "LineString", "coordinates": lines[0]]
      : ["type": "MultiLineString", "coordinates": .array(lines)]
    let meridians = line.map(\.x).sorted()
    let latitudes = line.map(\.y)
    guard var west = meridians.first, var east = meridians.last, let south = latitudes.min(),
      let north = latitudes.max()
    else { return nil }
    var gap = west + 360 - east
    for (a, b) in zip(meridians, meridians.dropFirst()) where b - a > gap { (east, west, gap) = (a, b, b - a) }
    bbox = [west, south, east, north]
  }
}
