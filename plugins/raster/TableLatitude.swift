import FloeIO
import FloeSDK

/// Looks for latitudes beyond the poles: the sign of coordinates that changed places, or of fill values.
enum TableLatitude {
  /// - Throws: a sentence with the first row whose place in a system of longitude and latitude is none.
  static func check(_ table: Table, file: String) throws {
    guard let crs = table.crs, crs.isGeographic else { return }
    switch table.geometry {
    case .points(let x, let y):
      let latitudes = try table.numbers(y)
      guard let row = latitudes.firstIndex(where: isBeyond) else { return }
      let longitudes = try table.numbers(x)
      let isSwapped = longitudes.allSatisfy { !isBeyond($0) }
      throw refusal(file, row, latitudes[row], "in the column '\(y)'", crs, isSwapped)
    case .polygons(let polygons): try check(polygons.map { [$0] }, file, crs)
    case .multiPolygons(let polygons): try check(polygons, file, crs)
    case nil: return
    }
  }

  private static func check(_ polygons: [[[[SIMD2<Double>]]]], _ file: String, _ crs: CRS) throws {
    for (row, parts) in polygons.enumerated() {
      for point in parts.lazy.joined().joined() where isBeyond(point.y) {
        let isSwapped = polygons.allSatisfy { parts in
          parts.allSatisfy { rings in rings.allSatisfy { ring in ring.allSatisfy { !isBeyond($0.x) } } }
        }
        throw refusal(file, row, point.y, "in its polygon", crs, isSwapped)
      }
    }
  }

  /// A hair beyond a pole is rounding.
  private static func isBeyond(_ latitude: Double) -> Bool { abs(latitude) > 90 + 1e-6 }

  private static func refusal(
    _ file: String, _ row: Int, _ value: Double, _ place: String, _ crs: CRS, _ isSwapped: Bool
  ) -> FloeError {
    FloeError(
      "row \(row + 1) of '\(file)' has the latitude \(value) \(place); in \(crs.label) latitudes lie within -90 to 90"
        + (isSwapped
          ? ". Longitude and latitude seem to have changed places; swap x and y"
          : "; give the reference system that the coordinates are in, or leave out rows without a place"))
  }
}
