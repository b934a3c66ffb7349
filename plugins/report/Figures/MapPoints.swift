import FloeIO
import FloeSDK

/// The points of a table in the reference system of a map.
struct MapPoints {
  /// One coordinate a row, in the units of the map; not finite where the map's system does not show the point.
  let x: [Double], y: [Double]
  /// The rows within the map's bounds.
  let inside: [Int]

  /// Nil for tables without points or without a reference system.
  init?(_ table: Table, in bounds: Bounds, _ crs: CRS) throws {
    guard case .points(let xName, let yName)? = table.geometry, let own = table.crs else { return nil }
    var x = try table.numbers(xName)
    var y = try table.numbers(yName)
    try CoordinateTransform(from: own, to: crs).transform(x: &x, y: &y)
    inside = x.indices.filter {
      x[$0] >= bounds.minX && x[$0] <= bounds.maxX && y[$0] >= bounds.minY && y[$0] <= bounds.maxY
    }
    self.x = x
    self.y = y
  }
}
