/// A coordinate reference system: its WKT 2 text and, where known, its authority code.
///
/// Two systems are equal when their authority codes are, or, without codes, when their texts are.
public struct CRS: Sendable, Hashable, Codable {
  /// The definition as WKT (2019 or 1), as PROJ and GDAL read it.
  public let wkt: String
  /// `AUTHORITY:CODE`, for example `EPSG:32601`; nil for a system without a code.
  public let code: String?

  /// A system from its WKT text and, where known, its authority code.
  public init(wkt: String, code: String?) {
    self.wkt = wkt
    self.code = code
  }

  /// The code, or the first forty characters of the text: for messages.
  public var label: String { code ?? String(wkt.prefix(40)) }

  /// Whether coordinates are longitude and latitude, not lengths on a map.
  public var isGeographic: Bool { wkt.hasPrefix("GEOG") }

  /// Whether two systems have the same code or, where one lacks a code, the same text.
  public static func == (a: CRS, b: CRS) -> Bool {
    if let x = a.code, let y = b.code { return x == y }
    return a.wkt == b.wkt
  }

  /// Hashes nothing but a constant when there is no code, so that it agrees with `==`.
  public func hash(into hasher: inout Hasher) { hasher.combine(0) }
}
