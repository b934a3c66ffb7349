internal import CGDAL
import FloeCore
import Synchronization

/// Whether GDAL may reach the network: only where an input itself is named so (`https://...`, `s3://...`,
/// `/vsis3/...`).
///
/// A mosaic, a land layer or a table may name other files, and those could lie on somebody's server: reading a file
/// from a stranger would tell its maker who reads it, and results would hang on what that server says. Where the ways
/// are open, web servers are reached that an input names, and no others.
public enum NetworkAccess {
  private enum State { case undecided, open, closed }
  private static let state = Mutex(State.undecided)
  private static let prefixes = [
    "/vsicurl", "/vsis3", "/vsigs", "/vsiaz", "/vsiadls", "/vsioss", "/vsiswift", "/vsihdfs", "/vsiwebhdfs",
  ]
  /// Drivers whose files or names lead to servers or run programs.
  private static let drivers = [
    "HTTP", "WMS", "WCS", "WMTS", "OGCAPI", "EEDA", "EEDAI", "PLMOSAIC", "PLSCENES", "DAAS", "NGW", "STACIT", "STACTA",
    "PostGISRaster", "Rasdaman", "WFS", "OAPIF", "CSW", "Carto", "AmigoCloud", "Elasticsearch", "PostgreSQL", "MySQL",
    "MSSQLSpatial", "ODBC", "PGeo", "MongoDBv3", "HANA", "OCI", "DODS", "OGR_DODS", "GPSBabel", "OGDI",
  ]

  /// Whether a name leads to the network.
  static func isRemote(_ path: String) -> Bool { prefixes.contains(where: path.contains) }

  /// Whether the ways are open.
  static var isOpen: Bool { state.withLock { $0 == .open } }

  /// Opens the ways to the network where one of these values of a request names an input there; to be called before
  /// anything is read, since ways that were closed stay closed.
  public static func allow(for values: some Sequence<String>) {
    guard values.contains(where: { isRemote($0) || RemotePath.isURL($0) }) else { return }
    GDALRuntime.ready
    state.withLock { if $0 == .undecided { open(&$0) } }
  }

  /// Refuses a request where the ways are closed.
  static func checkOpen(_ url: String) throws {
    GDALRuntime.ready
    try state.withLock { state in
      guard state != .closed else {
        throw FloeError(
          "\(RemotePath.shown(url)) is not fetched: the network is reached only where the request names something there"
        )
      }
      if state == .undecided { open(&state) }
    }
  }

  /// Time limits, attempts and counting for GDAL's own file systems too; what the user set stays.
  private static func open(_ state: inout State) {
    state = .open
    let usual = [
      "GDAL_HTTP_MAX_RETRY": "4", "GDAL_HTTP_RETRY_DELAY": "0.5", "GDAL_HTTP_CONNECTTIMEOUT": "10",
      "GDAL_HTTP_LOW_SPEED_TIME": "20", "GDAL_HTTP_LOW_SPEED_LIMIT": "1", "GDAL_HTTP_USERAGENT": "floe",
    ]
    for (name, value) in usual where CPLGetConfigOption(name, nil) == nil { CPLSetConfigOption(name, value) }
    CPLSetConfigOption("CPL_VSIL_NETWORK_STATS_ENABLED", "YES")
    RemoteFileSystem.install()
  }

  /// Takes out drivers that lead there; to be called once all are registered.
  static func removeDrivers() {
    for name in drivers { if let driver = GDALGetDriverByName(name) { GDALDeregisterDriver(driver) } }
  }

  /// Decides, before something is opened, whether the network may be reached: a first input there opens it.
  static func settle(for path: String) {
    state.withLock { state in
      guard state == .undecided else { return }
      if isRemote(path) {
        if let at = path.firstRange(of: "/vsicurl/") { RemotePath.allow(String(path[at.upperBound...])) }
        open(&state)
      } else {
        state = .closed
        floe_refuse_network()
      }
    }
  }

  /// The end of a sentence about a failure that a closed way may have caused; else empty.
  static func hint(_ reason: String) -> String {
    guard state.withLock({ $0 == .closed }), reason.contains("://") || isRemote(reason) else { return "" }
    return "; what a file names on the network is not fetched: name it as the input itself, or fetch it first"
  }
}
