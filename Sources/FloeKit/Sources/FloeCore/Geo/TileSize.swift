/// The width and height of a tile in pixels.
public struct TileSize: Sendable, Hashable, Codable {
  /// Size in pixels.
  public let width, height: Int
  /// A tile size; both sides at least 1.
  public init(width: Int, height: Int) {
    self.width = max(1, width)
    self.height = max(1, height)
  }
}
