import FloeCore

/// In what two grids differ, with both values for a sentence.
public struct GridDifference: Sendable, Hashable {
  /// What differs: `size`, `reference system`, `pixel size` or `upper left corner`.
  public let quantity: String
  /// The value of the first grid.
  public let own: String
  /// The value of the second grid.
  public let other: String
}

extension Grid {
  /// In what another grid differs; nil where pixels lie on each other to a hundredth of a pixel, over the whole raster.
  ///
  /// Reference systems are compared by what they mean: a code, a PROJ string and a text of another program's may be one
  /// system.
  public func difference(from other: Grid) -> GridDifference? {
    if width != other.width || height != other.height {
      return GridDifference(
        quantity: "size", own: "\(width) x \(height)", other: "\(other.width) x \(other.height)")
    }
    if !CRS.areSame(crs, other.crs) {
      return GridDifference(
        quantity: "reference system", own: crs?.label ?? "none", other: other.crs?.label ?? "none")
    }
    let right = abs(pixelWidth - other.pixelWidth) * Double(width)
    let down = abs(pixelHeight - other.pixelHeight) * Double(height)
    if right > pixelWidth / 100 || down > pixelHeight / 100 {
      return GridDifference(
        quantity: "pixel size", own: "\(pixelWidth) x \(pixelHeight)",
        other: "\(other.pixelWidth) x \(other.pixelHeight)")
    }
    if abs(originX - other.originX) > pixelWidth / 100 || abs(originY - other.originY) > pixelHeight / 100 {
      return GridDifference(
        quantity: "upper left corner", own: "\(originX), \(originY)", other: "\(other.originX), \(other.originY)")
    }
    return nil
  }
}
