internal import FloeIO

/// How lengths on a map compare with those on the ground.
public struct MapScale: Sendable {
  /// The least and the greatest scale over all directions, dimensionless; 1 where a metre of the map is a metre.
  public let least: Double, greatest: Double
  /// Whether lengths are right within a factor of two, so that cells of the map are what they are called.
  public var isFair: Bool { least >= 0.5 && greatest <= 2 }

  /// `lengths of 17.9 to 35.8 times the true ones`.
  public var summary: String {
    func digits(_ x: Double) -> String { "\((x * 10).rounded() / 10)" }
    return "lengths of \(digits(least)) to \(digits(greatest)) times the true ones"
  }

  /// The scales of a projected system at a longitude and latitude in degrees.
  ///
  /// A map may be taken where it shows next to nothing: one of the Antarctic draws the Arctic 36 times too long.
  /// Principal scales from the four derivatives (Snyder 1987, equations 4-10 to 4-13).
  ///
  /// - Returns: nil for a system of longitudes and latitudes, and where the map has no such place.
  /// - Throws: when the system is not understood.
  public init?(of crs: CRS, longitude: Double, latitude: Double) throws {
    guard let unit = crs.metresPerUnit else { return nil }
    let transform = try CoordinateTransform(from: .wgs84, to: crs)
    // Meridians have no direction at a pole.
    let step = 0.01
    let middle = min(max(latitude, -89.9), 89.9)
    let ground = Ellipsoid.metresPerDegree(latitude: middle) * (2 * step)
    guard let west = transform.point(longitude - step, middle), let east = transform.point(longitude + step, middle),
      let south = transform.point(longitude, middle - step), let north = transform.point(longitude, middle + step)
    else { return nil }
    let (u, v) = ((east - west) * (unit / ground.x), (north - south) * (unit / ground.y))
    let squares = (u * u).sum() + (v * v).sum()
    let area = 2 * abs(u.x * v.y - u.y * v.x)
    let sum = (squares + area).squareRoot()
    let difference = max(0, squares - area).squareRoot()
    guard sum.isFinite, difference.isFinite else { return nil }
    greatest = (sum + difference) / 2
    least = (sum - difference) / 2
  }
}

extension Grid {
  /// The scale of a map in the middle of the grid; nil for a map in degrees, and where the grid has no place.
  ///
  /// - Throws: a sentence where the grid's system or the map's has no place on the Earth.
  public func scale(in map: CRS) throws -> MapScale? {
    guard let own = crs else { return nil }
    let b = bounds
    let middle = try CoordinateTransform(from: own, to: .wgs84).point((b.minX + b.maxX) / 2, (b.minY + b.maxY) / 2)
    return try middle.flatMap { try MapScale(of: map, longitude: $0.x, latitude: $0.y) }
  }

  /// Why what is measured on the grid is not what it is on the ground, as a sentence; nil where it is, within a factor
  /// of two in lengths.
  ///
  /// - Parameter what: what is measured, in the plural: `lengths and areas`.
  public func measureRemark(_ what: String) -> String? {
    guard let map = crs else {
      return "the raster has no reference system: the numbers of its places are taken for metres in \(what)"
    }
    do {
      guard let found = try self.scale(in: map), !found.isFair else { return nil }
      return """
        \(map.label) has \(found.summary) in the middle of the raster, and \(what) are those of the map; bring the \
        classes to a system of that part of the Earth first, with raster.warp
        """
    } catch {
      return "\(map.label) has no place on the Earth: \(what) are those of its own axes"
    }
  }

  /// By how much areas on the grid differ from those on the ground, as a sentence; nil below 1 %, and where
  /// `measureRemark` says so. Polar stereographic maps draw the pole 6 % too small and lower latitudes too large.
  public func areaRemark() -> String? {
    // A system without a place on the Earth is told of by `measureRemark`.
    guard let map = crs, let found = try? self.scale(in: map), found.isFair else { return nil }
    let area = found.least * found.greatest
    guard abs(area - 1) >= 0.01 else { return nil }
    return """
      areas are those of the map \(map.label), in the middle of the raster \((area * 1000).rounded() / 1000) of the \
      true ones; raster.warp brings classes to an equal-area system
      """
  }
}
