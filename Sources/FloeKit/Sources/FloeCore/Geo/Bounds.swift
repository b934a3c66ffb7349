/// A rectangle in CRS units.
public struct Bounds: Sendable, Hashable, Codable {
  /// The four sides, in the units of the reference system.
  public var minX, minY, maxX, maxY: Double
  /// A rectangle from its corners.
  public init(minX: Double, minY: Double, maxX: Double, maxY: Double) {
    self.minX = minX
    self.minY = minY
    self.maxX = maxX
    self.maxY = maxY
  }
  /// Whether the two rectangles share more than an edge.
  public func intersects(_ other: Bounds) -> Bool {
    minX < other.maxX && other.minX < maxX && minY < other.maxY && other.minY < maxY
  }
}
