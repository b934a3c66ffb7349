internal import CGDAL
import Glibc

/// Options of GDAL that the user keeps in the environment.
///
/// Most of them change pixels, tables or georeference of what is read and written, so that the same pipeline would give
/// other results on another machine. They are taken out of the process's environment before GDAL sees them, and
/// `gdalrc` is not read; `docs/gdal-options.md` lists those that stay.
enum GDALEnvironment {
  /// Where GDAL and PROJ find their files, what they log, how they reach the network, and how a shapefile without a
  /// code page is to be read.
  private static let kept = [
    "GDAL_DATA", "GDAL_DRIVER_PATH", "GDAL_SKIP", "GDAL_CACHEMAX", "GDAL_HTTP_", "GDAL_PROXY_AUTH", "CPL_DEBUG",
    "CPL_LOG", "CPL_TIMESTAMP", "CPL_TMPDIR", "GDAL_CURL_", "CPL_VSIL_", "CPL_CURL_", "CPL_AWS_", "CPL_GS_",
    "CPL_AZURE_",
    "CPL_MACHINE_IS_GCE", "SHAPE_ENCODING", "SHAPE_RESTORE_SHX",
  ]
  private static let prefixes = [
    "GDAL_", "OGR_", "OSR_", "CPL_", "GTIFF_", "TIFF_", "GEOTIFF_", "COG_", "VRT_", "JPEG_", "JP2OPENJPEG_", "PNG_",
    "GPKG_", "SQLITE_", "SHAPE_", "GEOJSON_", "CSV_", "GML_", "LIBKML_", "DXF_", "HFA_", "WEBP_", "USE_RRD",
    "CHECK_WITH_INVERT_PROJ", "CENTER_LONG", "GRIB_", "AAIGRID_", "NITF_", "PDS_", "PDS4_", "BSB_", "DTED_", "RPC_",
    "S57_", "MITAB_", "GPX_", "OPENFILEGDB_", "EDIGEO_", "GMLAS_", "SXF_", "RASTERLITE_", "KML_", "DGN_", "MVT_",
  ]
  /// Options whose names begin like no others.
  private static let single: Set<String> = [
    "CONVERT_YCBCR_TO_RGB", "ATTRIBUTES_SKIP", "GEOMETRY_AS_COLLECTION", "FLATTEN_NESTED_ATTRIBUTES", "ESRI_XML_PAM",
    "HDF5_SHIFT_GCPX_BY_180", "USE_OSR_FIND_MATCHES", "USE_TILE_AS_BLOCK", "USE_OPENJPEG_SINGLE_TILE_OPTIM",
    "IGNORE_XY_AXIS_NAME_CHECKS", "USE_DEFAULT_FILL_AS_NODATA", "ENVI_RPC_EMULATION", "ADRG_SIMULATE_MULTI_IMG",
    "SRP_SINGLE_GEN_IN_THF_AS_DATASET", "SENTINEL2_USE_MAIN_MTD", "TAB_APPROX_GEOTRANSFORM",
    "PROJ_USE_PROJ4_INIT_RULES", "TIGER_LFIELD_AS_STRING", "NAS_GFS_TEMPLATE", "NAS_INDICATOR",
    "NAS_NO_RELATION_LAYER", "NAS_SKIP_CORRUPTED_FEATURES", "OSM_CONFIG_FILE", "ODS_RESOLVE_FORMULAS",
    // What a GeoPackage or SQLite file has besides its rows, and what its views may reach.
    "CREATE_GEOMETRY_COLUMNS", "CREATE_TRIGGERS", "CREATE_RASTER_TABLES", "CREATE_METADATA_TABLES", "COMPRESS_GEOM",
    "ALLOW_OGR_SQL_FUNCTIONS_FROM_TRIGGER_AND_VIEW", "ALLOW_VIRTUAL_OGR_FROM_TRIGGER_AND_VIEW",
    // Places, types and sizes of single drivers.
    "GMLJP2OVERRIDE", "OZI_APPROX_GEOTRANSFORM", "GEOL_AS_GCPS", "REPORT_COMPD_CS", "GXF_DATATYPE", "RMF_SET_VERTCS",
    "L1B_FETCH_METADATA", "L1B_HIGH_GCP_DENSITY", "L1B_INTERPOL_GCPS", "RPFTOC_FORCE_RGBA", "FORCE_BLOCKSIZE",
    "BLOCKXSIZE", "BLOCKYSIZE", "HDF4_BLOCK_PIXELS", "BAG_GEOREF_MD_BLOCKXSIZE", "BAG_GEOREF_MD_BLOCKYSIZE",
    "RAW_CHECK_FILE_SIZE", "DISABLE_OPEN_REAL_NETCDF_FILES", "ISG_SKIP_GEOREF_CONSISTENCY_CHECK",
    "PDF_USE_CTM", "QGIS_HACK",
  ]
  /// Words about overviews that GDAL looks up under their bare names.
  private static let suffix = "_OVERVIEW"

  /// The options taken out, with the values they had, for programs that floe starts.
  static let setAside: [String: String] = {
    var found: [String: String] = [:]
    var i: Int32 = 0
    while let entry = floe_environment(i) {
      i += 1
      let line = String(cString: entry)
      guard let equals = line.firstIndex(of: "=") else { continue }
      let name = String(line[..<equals])
      if changesResults(name) { found[name] = String(line[line.index(after: equals)...]) }
    }
    for name in found.keys { unsetenv(name) }
    return found
  }()

  static func changesResults(_ name: String) -> Bool {
    let upper = name.uppercased()
    // Whoever stands between could send any pixels.
    if upper == "GDAL_HTTP_UNSAFESSL" { return true }
    // Another database of reference systems: places would depend on it, or nothing would be found.
    if upper == "PROJ_AUX_DB" || single.contains(upper) { return true }
    guard upper.hasSuffix(suffix) || prefixes.contains(where: upper.hasPrefix) else { return false }
    return !kept.contains { $0.hasSuffix("_") ? upper.hasPrefix($0) : upper == $0 }
  }
}
