/// Everything about a raster but its pixels.
public struct RasterSpec: Sendable, Hashable, Codable {
  /// Where the pixels lie.
  public var grid: Grid
  /// The bands in the order in which they are stored.
  public var bands: [BandSpec]
  /// The type of the stored numbers, the same in all bands.
  public var type: PixelType
  /// The tile in which the source delivers cheapest.
  public var tile: TileSize
  /// The codes that occur in a class, label or mask band.
  public var classes: ClassTable?
  /// How maps show it; nil leaves that to the reader.
  public var style: RasterStyle?
  /// When and by what it was measured; nil where that is not known.
  public var acquisition: Acquisition?
  /// Further facts that travel with the raster, for people and provenance.
  public var tags: [String: String]

  /// A raster's description.
  public init(
    grid: Grid, bands: [BandSpec], type: PixelType, tile: TileSize = TileSize(width: 1024, height: 1024),
    classes: ClassTable? = nil, style: RasterStyle? = nil, acquisition: Acquisition? = nil,
    tags: [String: String] = [:]
  ) {
    self.grid = grid
    self.bands = bands
    self.type = type
    self.tile = tile
    self.classes = classes
    self.style = style
    self.acquisition = acquisition
    self.tags = tags
  }

  /// The size of all pixels in their own type; sizes beyond any machine's count as 2^56.
  public var byteCount: Int {
    let (bytes, isBeyond) = grid.pixelCount.multipliedReportingOverflow(by: bands.count * type.byteCount)
    return isBeyond ? 1 << 56 : min(bytes, 1 << 56)
  }
  /// The place of a band; nil when there is none of that name.
  public func bandIndex(_ name: String) -> Int? { bands.firstIndex { $0.name == name } }
}
