import FloeIO
import FloeSDK
internal import Foundation

/// Tracks and polygons for the interactive map.
struct MapVectors {
  let material: ReportInputs
  let classes: String?
  /// Points of a track, and polygons of a layer, that the map has at most.
  static let limit = 4000
  /// What the page shows of a record, besides its class, where a table has it, with the words for it.
  private static let told: [(column: String, words: String)] = [
    ("record", "record"), ("peakiness", "peakiness"), ("ssd", "stack standard deviation"), ("sigma0_db", "backscatter"),
    ("leading_edge_width", "leading edge width"), ("elevation", "elevation"), ("elevation_m", "elevation"),
    ("sea_surface_anomaly", "sea surface anomaly"), ("freeboard", "freeboard"), ("freeboard_m", "freeboard"),
    ("freeboard_uncertainty_m", "uncertainty of the freeboard"), ("fp_purity", "purity of the footprint"),
    ("fp_valid", "valid share of the footprint"), ("dt_s", "time difference"),
    ("lead_distance_m", "distance to a lead"),
    ("area_km2", "area"), ("length_m", "length"), ("width_m", "width"), ("mean_width_m", "mean width"),
  ]

  /// One layer, with its name for people.
  struct Layer {
    let name: String
    let content: JSONValue
  }

  /// The layers that touch the map, polygons below points.
  func content(_ crs: CRS?, _ b: Bounds) throws -> [Layer] {
    guard let crs else { return [] }
    var layers: [Layer] = []
    for item in material.items {
      guard case .table(let table) = item.data, let own = table.crs else { continue }
      let shapes: [(row: Int, rings: [[SIMD2<Double>]])]
      switch table.geometry {
      case .polygons(let all)?: shapes = all.enumerated().map { ($0.offset, $0.element) }
      case .multiPolygons(let all)?:
        shapes = all.enumerated().flatMap { row, parts in parts.map { (row, $0) } }
      case .points?, nil: continue
      }
      if let layer = try polygons(item, table, shapes, CoordinateTransform(from: own, to: crs), b) {
        layers.append(layer)
      }
    }
    for (item, table) in material.tables {
      guard let points = try MapPoints(table, in: b, crs), !points.inside.isEmpty else { continue }
      let every = (points.inside.count + Self.limit - 1) / Self.limit
      let rows = stride(from: 0, to: points.inside.count, by: every).map { points.inside[$0] }
      let places = rows.map { JSONValue.array([Self.place(points.x[$0]), Self.place(points.y[$0])]) }
      let name = item.isOnly ? "Altimeter track" : "Track of \(item.stem)"
      layers.append(layer(name, "points", table, rows, places, every, "record"))
    }
    return layers
  }

  /// - Parameter shapes: polygons with their rows, the first ring of each the outer one.
  private func polygons(
    _ item: ReportInputs.Item, _ table: Table, _ shapes: [(row: Int, rings: [[SIMD2<Double>]])],
    _ transform: CoordinateTransform, _ b: Bounds
  ) throws -> Layer? {
    var places: [JSONValue] = []
    var rows: [Int] = []
    let every = (shapes.count + Self.limit - 1) / Self.limit
    for i in stride(from: 0, to: shapes.count, by: max(1, every)) {
      let rings = shapes[i].rings.map { ring in
        var moved = ring
        transform.transform(&moved)
        return moved
      }
      guard let outer = rings.first, Self.isWhole(outer),
        outer.contains(where: { $0.x >= b.minX && $0.x <= b.maxX && $0.y >= b.minY && $0.y <= b.maxY })
      else { continue }
      rows.append(shapes[i].row)
      places.append(
        .array(
          rings.filter(Self.isWhole).map { ring in
            JSONValue.array(ring.flatMap { [Self.place($0.x), Self.place($0.y)] })
          }))
    }
    if rows.isEmpty { return nil }
    let what =
      table.style == "footprints"
      ? "Footprints" : table.style == "scene_outline" ? "Outline of the scene" : "Polygons"
    let same = material.items.count { other in
      guard case .table(let own) = other.data else { return false }
      return own.style == table.style
    }
    let name = same == 1 && what != "Polygons" ? what : "\(what) of \(item.stem)"
    return layer(name, "polygons", table, rows, places, every, "polygon")
  }

  /// Whether a ring has an inside and all of its corners have a place.
  private static func isWhole(_ ring: [SIMD2<Double>]) -> Bool {
    ring.count > 2 && ring.allSatisfy { $0.x.isFinite && $0.y.isFinite }
  }

  /// The column that a layer's colours come from; nil for the usual one. A footprint shows what the scene has in it, as
  /// in QGIS; the record's own class is that of its point.
  private func colouring(_ table: Table) -> String? {
    if let classes, table.columns.contains(where: { $0.name == classes }) { return classes }
    guard table.style == "footprints" else { return nil }
    return table.columns.first { $0.name.hasSuffix(ColumnName.footprintMajority.rawValue) && $0.numbers != nil }?.name
  }

  private func layer(
    _ name: String, _ kind: String, _ table: Table, _ rows: [Int], _ places: [JSONValue], _ every: Int, _ what: String
  ) -> Layer {
    let view = TrackView(table, classes: colouring(table))
    // Points that lie close together have no rings, and colours that stand out without.
    let isRinged = kind != "points" || rows.count <= ValueExtent.ringed
    let present = Set(rows.map { view.group[$0] }).filter { $0 >= 0 }.sorted()
    let place = Dictionary(uniqueKeysWithValues: present.enumerated().map { ($1, $0) })
    var columns: [JSONValue] = []
    for (name, words) in Self.told {
      guard let column = table[name], let numbers = column.numbers else { continue }
      // Heights to the centimetre, other numbers to three digits.
      let isHeight = column.unit == .metre && numbers.allSatisfy { !$0.isFinite || abs($0) < 1000 }
      columns.append([
        "name": .string(words),
        "unit": .string(column.unit == .dimensionless ? "" : column.unit.rawValue),
        "values": .array(
          rows.map { row -> JSONValue in
            let v = numbers[row]
            guard v.isFinite else { return .null }
            return .string(isHeight ? ReportFormat.fixed(v, 2) : ReportFormat.number(v, 3))
          }),
      ])
    }
    let groups = present.map { i -> JSONValue in
      let g = view.groups[i]
      return ["label": .string(g.label), "color": .string(Colours.hex(isRinged ? g.color : g.line))]
    }
    return Layer(
      name: name,
      content: [
        "name": .string(name), "kind": .string(kind), "places": .array(places), "groups": .array(groups),
        "ringed": .bool(isRinged),
        "group": .array(rows.map { .integer(place[view.group[$0]] ?? -1) }), "columns": .array(columns),
        "on": .bool(table.style != "scene_outline"),
        "note": .string(every > 1 ? ReportFormat.thinned(every, what) : ""),
      ])
  }

  /// A coordinate as it is kept: ten significant digits, which is a millimetre in projected systems.
  private static func place(_ v: Double) -> JSONValue {
    .number(Double(String(format: "%.10g", v)) ?? v)
  }
}
