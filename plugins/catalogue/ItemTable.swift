import FloeIO
import FloeSDK

/// Products of a catalogue as a table.
enum ItemTable {
  static func table(_ items: [CatalogueItem]) -> Table {
    var table = Table(
      rowCount: items.count, geometry: .multiPolygons(items.map(outline)), crs: .wgs84, style: "scene_outline")
    func text(_ name: String, _ summary: String, _ value: (CatalogueItem) -> String?) {
      table.set(Column(name, summary: summary, values: .text(items.map(value))))
    }
    func time(_ name: String, _ summary: String, _ value: (CatalogueItem) -> UTCTime?) {
      table.set(
        Column(
          name, unit: .second, summary: summary, isTime: true, values: .number(items.map { value($0)?.seconds ?? .nan })
        ))
    }
    text(ColumnName.name.rawValue, "Name of the product") { $0.name }
    text("id", "What the catalogue calls it") { $0.id }
    text("collection", "Collection") { $0.collection }
    time(ColumnName.start.rawValue, "Beginning, UTC") { $0.start }
    time("stop", "End, UTC") { $0.stop }
    table.set(
      Column(
        .cloudCover, unit: "percent", summary: "Cloud cover as the catalogue tells it",
        values: .number(items.map { $0.cloudCover ?? .nan })))
    table.set(
      Column("size", unit: "byte", summary: "Size of the product as fetched", values: .integer(items.map(\.size))))
    text("md5", "MD5 of the product as fetched") { $0.md5 }
    // A signature in an address is valid for the one who asked; the answer itself has it, for `floe fetch`.
    text("href", "Where it is fetched") { $0.href.map { RemotePath.redacted($0) } }
    text("s3", "Its place in an object store") { $0.s3.map { RemotePath.redacted($0) } }
    return table
  }

  /// Rings of each part, closed and within -180...180; a track as a narrow strip.
  private static func outline(_ item: CatalogueItem) -> [[[SIMD2<Double>]]] {
    let areas = item.isTrack ? item.outlines.map(strip) : item.outlines
    return areas.filter { $0.count >= 3 }.flatMap { GeographicOutline($0).polygons }.map { [$0] }
  }

  /// A strip of about a kilometre to the east of a line.
  private static func strip(_ line: [SIMD2<Double>]) -> [SIMD2<Double>] {
    let aside = line.reversed().map { place in
      SIMD2(place.x + 0.01 / max(0.01, (1 - (place.y / 90) * (place.y / 90)).squareRoot()), place.y)
    }
    return line + aside
  }
}
