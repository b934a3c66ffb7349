internal import CGDAL
import FloeCore
import Synchronization

/// Whether the ways to the network are open; decided once a process, by the first who has to know.
enum NetworkPolicy {
  private enum State { case undecided, open, closed }
  private static let state = Mutex(State.undecided)

  /// Whether the ways were opened.
  static var isOpen: Bool { state.withLock { $0 == .open } }
  /// Whether the ways were closed.
  static var isClosed: Bool { state.withLock { $0 == .closed } }

  /// Opens the ways, or closes them, where nothing was decided yet.
  ///
  /// - Parameter opens: whether to open them; asked only where nothing was decided.
  /// - Returns: whether they are open now.
  static func settle(_ opens: () -> Bool) -> Bool {
    GDALRuntime.ready
    return state.withLock { state in
      if state == .undecided {
        if opens() {
          open(&state)
        } else {
          state = .closed
          floe_refuse_network()
        }
      }
      return state == .open
    }
  }

  /// Refuses a request where the ways are closed; opens them where nothing was decided yet.
  static func checkOpen(_ url: String) throws {
    guard settle({ true }) else {
      throw FloeError(
        "\(RemotePath.shown(url)) is not fetched: the network is reached only where the request names something there")
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
  }
}
