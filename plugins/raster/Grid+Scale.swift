import FloeIO
import FloeSDK

extension Grid {
  /// The scale of a map in the middle of the grid; nil for a map in degrees, and where the grid has no place.
  func scale(in map: CRS) throws -> MapScale? {
    guard let own = crs else { return nil }
    let b = bounds
    let middle = try CoordinateTransform(from: own, to: .wgs84).point((b.minX + b.maxX) / 2, (b.minY + b.maxY) / 2)
    return try middle.flatMap { try MapScale(of: map, longitude: $0.x, latitude: $0.y) }
  }

  /// What to know before lengths and areas are measured on the grid; nil where its map shows them within a factor of
  /// two.
  func unfairness() throws -> String? {
    guard let map = crs, let scale = try scale(in: map), !scale.isFair else { return nil }
    return """
      \(map.label) has \(scale.summary) in the middle of the raster, and lengths, widths and areas are those of the \
      map; bring the classes to a system of that part of the Earth first, with raster.warp
      """
  }
}
