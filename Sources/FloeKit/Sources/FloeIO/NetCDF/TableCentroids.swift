import FloeCore

/// Polygons as netCDF has them: by their centroids, since it holds no outlines that readers of tables know.
enum TableCentroids {
  /// The table with two more columns and points for its polygons; a table without polygons as it is.
  ///
  /// In a known reference system the centroids are longitude and latitude on WGS 84, else x and y.
  static func added(to table: Table) throws -> Table {
    let polygons: [[[[SIMD2<Double>]]]]
    switch table.geometry {
    case .polygons(let found): polygons = found.map { $0.isEmpty ? [] : [$0] }
    case .multiPolygons(let found): polygons = found
    case .points, nil: return table
    }
    var result = table
    var points = CSVWriter.centroids(polygons, isGlobe: table.crs?.isGeographic ?? false)
      .map { $0 ?? SIMD2(.nan, .nan) }
    let taken = Set(table.columns.map { $0.name.lowercased() })
    var choices = [("x", "y"), ("centre_x", "centre_y"), ("polygon_x", "polygon_y")]
    if let crs = table.crs {
      choices = [
        (ColumnName.longitude.rawValue, ColumnName.latitude.rawValue), ("centre_lon", "centre_lat"),
        ("polygon_lon", "polygon_lat"),
      ]
      if !crs.isSame(as: .wgs84) { try CoordinateTransform(from: crs, to: .wgs84).transform(&points) }
      result.crs = .wgs84
    }
    let (x, y) = choices.first { !taken.contains($0.0) && !taken.contains($0.1) } ?? ("floe_x", "floe_y")
    let unit: PhysicalUnit = table.crs == nil ? .dimensionless : .degree
    result.set(Column(x, unit: unit, summary: "centroid of the outline", values: .number(points.map(\.x))))
    result.set(Column(y, unit: unit, summary: "centroid of the outline", values: .number(points.map(\.y))))
    result.geometry = .points(x: x, y: y)
    if !polygons.isEmpty {
      LibraryNotices.add(
        "outlines are no part of a netCDF table: it has the centroids of the polygons as '\(x)' and '\(y)'; a .gpkg "
          + "holds the outlines as well")
    }
    return result
  }
}
