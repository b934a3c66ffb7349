internal import CGDAL

/// Drivers of GDAL's whose files or names lead to servers or run programs.
enum NetworkDrivers {
  private static let names = [
    "HTTP", "WMS", "WCS", "WMTS", "OGCAPI", "EEDA", "EEDAI", "PLMOSAIC", "PLSCENES", "DAAS", "NGW", "STACIT", "STACTA",
    "PostGISRaster", "Rasdaman", "WFS", "OAPIF", "CSW", "Carto", "AmigoCloud", "Elasticsearch", "PostgreSQL", "MySQL",
    "MSSQLSpatial", "ODBC", "PGeo", "MongoDBv3", "HANA", "OCI", "DODS", "OGR_DODS", "GPSBabel", "OGDI",
  ]

  /// Takes them out; to be called once all are registered.
  static func remove() {
    for name in names { if let driver = GDALGetDriverByName(name) { GDALDeregisterDriver(driver) } }
  }
}
