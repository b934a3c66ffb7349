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
}
