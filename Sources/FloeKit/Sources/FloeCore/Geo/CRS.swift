/// A coordinate reference system: its WKT 2 text and, where known, its authority code.
///
/// Two systems are equal when their authority codes are, or, where neither has one, when their texts are; whether two
/// texts mean the same system, `FloeIO` can tell (`isSame`).
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

  /// Whether two systems have the same code or, where neither has one, the same text.
  public static func == (a: CRS, b: CRS) -> Bool { a.code == b.code && (a.code != nil || a.wkt == b.wkt) }

  public func hash(into hasher: inout Hasher) { hasher.combine(code ?? wkt) }
}
