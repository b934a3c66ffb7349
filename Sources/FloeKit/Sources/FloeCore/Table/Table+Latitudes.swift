extension Table {
  /// Refuses geometry with a latitude beyond a pole where the reference system counts in degrees.
  ///
  /// - Parameter what: what has the rows, for the sentence: `'points.csv'`.
  /// - Throws: a sentence with the first such row, counted from 1, the latitude, and what would be right.
  public func checkLatitudes(of what: String) throws(FloeError) {
    guard let crs, crs.isGeographic else { return }
    switch geometry {
    case .points(let x, let y):
      try Latitude.check(numbers(y), longitudes: numbers(x), of: what, column: y, crs: crs)
    case .polygons(let polygons): try Self.check(polygons.map { [$0] }, of: what, crs)
    case .multiPolygons(let polygons): try Self.check(polygons, of: what, crs)
    case nil: return
    }
  }

  private static func check(
    _ polygons: [[[[SIMD2<Double>]]]], of what: String, _ crs: CRS
  ) throws(FloeError) {
    for (row, parts) in polygons.enumerated() {
      for point in parts.joined().joined() where Latitude.isBeyondPole(point.y) {
        let isSwapped = !polygons.joined().joined().joined().contains { Latitude.isBeyondPole($0.x) }
        throw Latitude.refusal(
          point.y, of: "row \(row + 1) of \(what)", in: "in its polygon", crs: crs, isSwapped: isSwapped)
      }
    }
  }
}
