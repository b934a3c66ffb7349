internal import CFFTW
internal import CGDAL
internal import CNetCDF
internal import CPROJ
import Glibc

/// The process-wide state of GDAL: drivers, block cache, configuration.
public enum GDALRuntime {
  /// Registers the drivers and gives the block cache its share of memory; call once at start.
  ///
  /// - Parameter cacheBytes: the size of the block cache that all datasets share.
  public static func configure(cacheBytes: Int) {
    ready
    GDALSetCacheMax64(GIntBig(max(1 << 20, cacheBytes)))
  }

  /// Whether a driver of that short name is there, for example `JP2OpenJPEG`.
  public static func hasDriver(_ name: String) -> Bool {
    ready
    return GDALGetDriverByName(name) != nil
  }

  /// A driver to write with; nil where this GDAL has none of that name.
  static func writer(_ name: String) -> GDALDriverH? {
    describedOptions
    return GDALGetDriverByName(name)
  }

  /// These drivers describe their options at first use, which two threads must not do at once.
  private static let describedOptions: Void = {
    ready
    for name in ["GTiff", "COG", "JPEG"] {
      if let driver = GDALGetDriverByName(name) { _ = GDALGetMetadataItem(driver, GDAL_DMD_CREATIONOPTIONLIST, nil) }
    }
  }()

  /// Whether a creation option list of a driver mentions a word, for example `ZSTD` for `COG`.
  static func driver(_ name: String, offers word: String) -> Bool {
    guard let driver = writer(name),
      let list = text(GDALGetMetadataItem(driver, GDAL_DMD_CREATIONOPTIONLIST, nil))
    else { return false }
    return list.contains("<Value>\(word)</Value>")
  }

  /// Variables that floe gives its own environment for OpenJPEG; other programs must not inherit them. One set by the
  /// user stays.
  public static let ownVariables: [String] = setsCodecThreads ? ["OPJ_NUM_THREADS"] : []
  private static let setsCodecThreads = getenv("OPJ_NUM_THREADS") == nil

  /// GDAL's options that the user's environment holds and floe leaves aside, with their values: programs of steps get
  /// them back.
  public static var optionsSetAside: [String: String] {
    ready
    return GDALEnvironment.setAside
  }

  /// Registration, done once by the first use, since it is not re-entrant.
  ///
  /// floe brings its own threads: GDAL's own (in the JPEG 2000 driver above all) would multiply them, and their
  /// errors would not reach the caller.
  static let ready: Void = {
    // A function without context: nothing goes to stderr. What comes up while nobody collects is reported by the host.
    CPLSetErrorHandlerEx(
      { level, _, message in if level == CE_Warning, let line = text(message) { LibraryNotices.add(line) } }, nil)
    _ = GDALEnvironment.setAside
    // An empty name keeps GDAL from looking for `gdalrc`, whose options would change results as those of the
    // environment.
    CPLSetConfigOption("GDAL_CONFIG_FILE", "")
    // Else EPSG:3408 to 3412, the grids of the ice centres, become other systems, up to 34 km away.
    CPLSetConfigOption("OSR_USE_NON_DEPRECATED", "NO")
    CPLSetConfigOption("GDAL_NUM_THREADS", "1")
    // Else one thread more decodes each JPEG 2000 tile while its worker waits: a twenty-fifth of the time for nothing.
    if setsCodecThreads { setenv("OPJ_NUM_THREADS", "0", 0) }
    CPLSetConfigOption("OSR_DEFAULT_AXIS_MAPPING_STRATEGY", "TRADITIONAL_GIS_ORDER")
    CPLSetConfigOption("OGR_SQLITE_SYNCHRONOUS", "OFF")
    OSRSetPROJEnableNetwork(0)
    heap
    BundledLibraries.configure()
    GDALAllRegister()
    NetworkDrivers.remove()
  }()

  /// How glibc deals with the memory of tiles and of netCDF's thousands of small pieces; set before either is used.
  static let heap: Void = floe_reuse_freed_memory()
}
