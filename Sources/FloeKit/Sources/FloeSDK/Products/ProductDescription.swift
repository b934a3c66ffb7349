/// What a product says of itself in its metadata.
public struct ProductDescription: Sendable, Codable {
  /// One line of a description: a heading and its text.
  public struct Fact: Sendable, Codable {
    /// The heading.
    public let name: String
    /// What it says.
    public let text: String
  }
  /// For example `Sentinel-2 MSI L1C`.
  public var kind: String
  /// The product's name without its folder.
  public var name: String
  /// Where the product is.
  public var path: String
  /// The beginning of the time that the product covers.
  public var start: UTCTime?
  /// The end of the time that the product covers.
  public var stop: UTCTime?
  /// What is known of the acquisition; its time is the scene's own.
  public var acquisition: Acquisition
  /// The outline as (longitude, latitude) in degrees, not closed; a line for a track.
  public var footprint: [SIMD2<Double>]
  /// The further areas of an outline in several parts, as catalogues may give it; nil for one area.
  public var otherAreas: [[SIMD2<Double>]]?
  /// Whether the footprint is the line of a track and not the outline of an area.
  public var isTrack: Bool
  /// The bands of an image; empty for a track.
  public var bands: [BandSpec]
  /// The number of records of a track.
  public var records: Int?
  /// Further facts in the order in which people want them.
  public var facts: [Fact]
  /// What is odd about the product, a sentence each.
  public var warnings: [String]

  /// A description with what every product has.
  public init(
    kind: String, name: String, path: String, start: UTCTime? = nil, stop: UTCTime? = nil,
    acquisition: Acquisition = Acquisition(), footprint: [SIMD2<Double>] = [], isTrack: Bool = false,
    bands: [BandSpec] = [], records: Int? = nil
  ) {
    self.kind = kind
    self.name = name
    self.path = path
    self.start = start
    self.stop = stop
    self.acquisition = acquisition
    self.footprint = footprint
    self.isTrack = isTrack
    self.bands = bands
    self.records = records
    facts = []
    warnings = []
  }

  /// Adds a line for people.
  public mutating func tell(_ name: String, _ text: String) { facts.append(Fact(name: name, text: text)) }
}
