internal import CGDAL
import FloeCore
import Glibc

/// How often something is asked of a server, and how long is waited in between: five times, after 0.5, 1, 2 and 4 s.
/// `GDAL_HTTP_MAX_RETRY` and `GDAL_HTTP_RETRY_DELAY` say otherwise.
public struct Patience: Sendable {
  /// How often it is asked in all.
  public let attempts: Int
  /// How often it was asked, the time under way included.
  public private(set) var made = 1
  private let first: Double
  private var delay: Double

  /// - Parameter attempts: how often in all; nil for the usual number.
  public init(attempts: Int? = nil) {
    let again = Self.option("GDAL_HTTP_MAX_RETRY").flatMap { Int($0) } ?? 4
    self.attempts = max(1, attempts ?? min(again, 1000) + 1)
    let told = Self.option("GDAL_HTTP_RETRY_DELAY").flatMap { Double($0) } ?? 0.5
    first = told.isFinite ? max(0, told) : 0.5
    delay = first
  }

  /// Whether it is not asked again.
  public var isSpent: Bool { made >= attempts }

  /// Waits for the next time, as long as the server asks for if that is more, at most 30 s.
  public mutating func pause(asked: Double = 0) {
    let seconds = min(30, max(delay, asked.isFinite ? asked : 0))
    usleep(UInt32(seconds * 1e6))
    made += 1
    delay *= 2
  }

  /// Begins anew: something came.
  public mutating func renew() {
    made = 1
    delay = first
  }

  private static func option(_ name: String) -> String? {
    GDALRuntime.ready
    return text(CPLGetConfigOption(name, nil))
  }
}
