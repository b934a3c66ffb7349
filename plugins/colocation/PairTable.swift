import FloeIO
import FloeSDK

/// Pairs as tables.
enum PairTable {
  static func pairs(_ all: [ProductPair], swath: Double) -> Table {
    var table = Table(rowCount: all.count)
    func time(_ name: String, _ what: String, _ values: [Double]) {
      table.set(Column(name, unit: .second, summary: what, isTime: true, values: .number(values)))
    }
    func number(_ name: String, _ unit: PhysicalUnit, _ what: String, _ values: [Double]) {
      table.set(Column(name, unit: unit, summary: what, values: .number(values)))
    }
    table.set(Column(.scene, summary: "Name of the scene", values: .text(all.map(\.scene.name))))
    table.set(Column(.track, summary: "Name of the track", values: .text(all.map(\.track.name))))
    time("scene_time", "Time of the scene, UTC", all.map(\.scene.time))
    time("track_time", "Time at which the track crosses the scene, UTC", all.map(\.crossing))
    number(ColumnName.timeDifference.rawValue, .second, "Time of the track minus time of the scene", all.map(\.dt))
    time("overlap_start", "The track enters the scene, UTC", all.map(\.enter))
    time("overlap_stop", "The track leaves the scene, UTC", all.map(\.exit))
    number("overlap_km", "km", "Length of the track inside the scene", all.map { $0.length / 1000 })
    number("overlap_km2", "km2", "Area of the track's swath inside the scene", all.map { $0.length * swath / 1e6 })
    number(
      "overlap_share", .dimensionless, "Length of the track inside the scene over its whole length",
      all.map { $0.total > 0 ? $0.length / $0.total : .nan })
    return table
  }

  static func footprints(_ all: [ProductPair], swath: Double) -> Table {
    var rows: [(name: String, kind: String, ring: [SIMD2<Double>])] = []
    var seen: Set<String> = []
    for pair in all {
      if seen.insert(pair.scene.path).inserted {
        for area in pair.scene.areas {
          rows += GeographicOutline(area).polygons.map { (pair.scene.name, "scene", $0) }
        }
      }
      if seen.insert(pair.track.path + "|" + pair.scene.path).inserted {
        rows += GeographicOutline(strip(pair.ends, swath)).polygons.map { (pair.track.name, "track", $0) }
      }
    }
    var table = Table(
      rowCount: rows.count, geometry: .polygons(rows.map { [$0.ring] }), crs: .wgs84, style: "scene_outline")
    table.set(Column(.product, summary: "Name of the product", values: .text(rows.map(\.name))))
    table.set(Column("kind", summary: "scene, or the part of a track over a scene", values: .text(rows.map(\.kind))))
    return table
  }

  /// A strip of the given width around the great circle between two places.
  private static func strip(_ ends: [SIMD2<Double>], _ width: Double) -> [SIMD2<Double>] {
    let a = Sphere.vector(ends[0])
    let b = Sphere.vector(ends[1])
    let normal = Sphere.cross(a, b)
    let length = (normal * normal).sum().squareRoot()
    guard length > 0 else { return ends }
    let aside = normal * (width / 2 / Sphere.radius / length)
    let along = (0...16).map { i -> SIMD3<Double> in
      let f = Double(i) / 16
      let chord: SIMD3<Double> = a * (1 - f) + b * f
      return chord / (chord * chord).sum().squareRoot()
    }
    return along.map { Sphere.place($0 + aside) } + along.reversed().map { Sphere.place($0 - aside) }
  }
}
