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
    "CHECK_WITH_INVERT_PROJ", "CENTER_LONG",
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
    if upper == "PROJ_AUX_DB" { return true }
    guard upper.hasSuffix(suffix) || prefixes.contains(where: upper.hasPrefix) else { return false }
    return !kept.contains { $0.hasSuffix("_") ? upper.hasPrefix($0) : upper == $0 }
  }
}
