/// What helps a raster without a reference system.
public enum NoReferenceSystem {
  /// The end of a sentence that refuses one.
  public static let way = "'gdal_translate -a_srs' gives it one (EPSG:4326 where its places are degrees)"
}
