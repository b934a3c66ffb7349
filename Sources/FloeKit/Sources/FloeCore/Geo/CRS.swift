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

  /// The code, or the name that the text gives the system, or its beginning: for messages.
  public var label: String {
    if let code { return code }
    guard let name = Self.name(in: wkt[...], after: "") else { return String(wkt.prefix(40)) }
    guard ["", "unknown", "unnamed", "undefined"].contains(name.lowercased()) else { return name }
    // Systems of PROJ strings have no name; the projection says something.
    let method = ["METHOD[", "PROJECTION["].lazy.compactMap { Self.name(in: wkt[...], after: $0) }.first
    return method.map { "a system without a name (\($0))" } ?? "a system without a name"
  }

  /// The first text in quotation marks after a keyword of WKT.
  private static func name(in wkt: Substring, after keyword: String) -> String? {
    var rest = wkt
    if !keyword.isEmpty {
      guard let start = wkt.firstRange(of: keyword) else { return nil }
      rest = wkt[start.upperBound...]
    }
    guard let open = rest.firstIndex(of: "\"") else { return nil }
    let inner = rest[rest.index(after: open)...]
    guard let close = inner.firstIndex(of: "\"") else { return nil }
    return String(inner[..<close])
  }

  /// Whether two systems have the same code or, where neither has one, the same text.
  public static func == (a: CRS, b: CRS) -> Bool { a.code == b.code && (a.code != nil || a.wkt == b.wkt) }

  public func hash(into hasher: inout Hasher) { hasher.combine(code ?? wkt) }
}
