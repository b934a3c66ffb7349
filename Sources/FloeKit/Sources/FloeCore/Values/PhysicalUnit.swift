/// A unit of measurement by its symbol, as UDUNITS and UCUM write it; `1` is dimensionless.
public struct PhysicalUnit: RawRepresentable, Sendable, Hashable, Codable, ExpressibleByStringLiteral {
  /// The UDUNITS symbol.
  public let rawValue: String
  /// A unit from its symbol.
  public init(rawValue: String) { self.rawValue = rawValue }
  /// A unit from its symbol.
  public init(stringLiteral value: String) { rawValue = value }
  /// No unit.
  public static let dimensionless: PhysicalUnit = "1"
  /// Length.
  public static let metre: PhysicalUnit = "m"
  /// Ten times the decimal logarithm of a ratio of powers.
  public static let decibel: PhysicalUnit = "dB"
  /// Time.
  public static let second: PhysicalUnit = "s"
  /// Plane angle; latitude and longitude.
  public static let degree: PhysicalUnit = "degree"
}
