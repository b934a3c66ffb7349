/// Names that every layer of a GeoPackage has.
enum GeoPackageSchema {
  /// The name of the column that holds geometries.
  static let geometryColumn = "geom"
}
