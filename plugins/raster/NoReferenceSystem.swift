/// What helps a raster without a reference system.
enum NoReferenceSystem {
  /// The end of a sentence that refuses one.
  static let way = "'gdal_translate -a_srs' gives it one (EPSG:4326 where its places are degrees)"
}
