/// When and by what an image or track was taken, as far as the product says.
public struct Acquisition: Sendable, Hashable, Codable {
  /// The product's name without its folder.
  public var product: String?
  /// The time of the scene itself.
  public var time: UTCTime?
  /// For example `Sentinel-2A`.
  public var platform: String?
  /// The instrument, for example `MSI`.
  public var instrument: String?
  /// For example `L1C`.
  public var level: String?
  /// The processing baseline, for example `04.00`.
  public var baseline: String?
  /// Mean sun zenith angle in degrees.
  public var sunZenith: Double?
  /// Mean sun azimuth angle in degrees.
  public var sunAzimuth: Double?

  /// Nothing known but what is given.
  public init(
    product: String? = nil, time: UTCTime? = nil, platform: String? = nil, instrument: String? = nil,
    level: String? = nil, baseline: String? = nil, sunZenith: Double? = nil, sunAzimuth: Double? = nil
  ) {
    self.product = product
    self.time = time
    self.platform = platform
    self.instrument = instrument
    self.level = level
    self.baseline = baseline
    self.sunZenith = sunZenith
    self.sunAzimuth = sunAzimuth
  }
}
