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

/// What one band holds and how its stored numbers become physical ones: `physical = stored * scale + offset`.
public struct BandSpec: Sendable, Hashable, Codable {
  /// The field's name of the band, for example `B04`; unique within a raster.
  public var name: String
  /// A sentence for people.
  public var summary: String
  /// What is measured, for example `reflectance`, `DN`, `probability`, `class`.
  public var quantity: String
  /// The unit of the physical value.
  public var unit: PhysicalUnit
  /// What stored numbers are multiplied by; see `offset`.
  public var scale: Double
  /// What is added: physical value = stored number * scale + offset, in `unit`.
  public var offset: Double
  /// The stored value that stands for "nothing here"; nil where every value is valid. NaN is always no data.
  public var noData: Double?
  /// Central wavelength in nanometres.
  public var wavelength: Double?

  /// A band; the defaults are those of a dimensionless band without scaling.
  public init(
    name: String, summary: String = "", quantity: String = "value", unit: PhysicalUnit = .dimensionless,
    scale: Double = 1, offset: Double = 0, noData: Double? = nil, wavelength: Double? = nil
  ) {
    self.name = name
    self.summary = summary
    self.quantity = quantity
    self.unit = unit
    self.scale = scale
    self.offset = offset
    self.noData = noData
    self.wavelength = wavelength
  }
}

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

/// How a raster wants to be drawn; each kind is a file in `styles/`.
public enum RasterStyle: Sendable, Hashable, Codable {
  /// Class codes with the colours of the class table.
  case classes
  /// Cluster numbers with a neutral palette.
  case labels
  /// Three bands by name as red, green and blue.
  case composite(red: String, green: String, blue: String)
  /// One band by name on a ramp between two physical values; without them the limits are read from the data.
  case ramp(band: String, low: Double?, high: Double?)
}

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

  /// The size of all pixels in their own type.
  public var byteCount: Int { grid.pixelCount * bands.count * type.byteCount }
  /// The place of a band; nil when there is none of that name.
  public func bandIndex(_ name: String) -> Int? { bands.firstIndex { $0.name == name } }
}

/// Where pixels come from: a file, scratch, or the computation of a step.
///
/// Contract: `read` may be called from several threads at once; the same window and bands give the same pixels each
/// time; the window lies inside the grid and the bands exist (the caller's duty).
public protocol RasterSource: Sendable {
  /// Fills `block` with `bands` (places in the raster's list, in the order asked for) of `window`, in the raster's type.
  ///
  /// - Throws: when the pixels cannot be had; the message names the file.
  func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws
  /// Whether reading any window again costs no more than a copy (memory or uncompressed scratch).
  var isKept: Bool { get }
  /// Whether one band costs nothing of another's work, so that bands are better read one by one.
  var readsBandsApart: Bool { get }
  /// Where reading is best cut; nil where the raster's tiles are as good as any.
  var seams: RasterSeams? { get }
}

extension RasterSource {
  public var isKept: Bool { false }
  public var seams: RasterSeams? { nil }
  public var readsBandsApart: Bool { false }
}

/// A raster: its description and a source that reads any window. Nothing is read until asked for.
public struct Raster: Sendable {
  /// What the raster is, without its pixels.
  public var spec: RasterSpec
  /// Where its pixels come from.
  public let source: any RasterSource

  /// A raster over a source.
  public init(_ spec: RasterSpec, source: any RasterSource) {
    self.spec = spec
    self.source = source
  }

  /// A raster of which only the description is known: what a step's `plan` hands on.
  public init(planned spec: RasterSpec) {
    self.init(spec, source: PlannedSource())
  }

  /// Reads some bands of a window.
  public func read(_ window: PixelWindow, bands: [Int]? = nil) throws -> PixelBlock {
    let wanted = bands ?? Array(spec.bands.indices)
    var block = PixelBlock(window: window, bandCount: wanted.count, type: spec.type)
    try source.read(window, bands: wanted, into: &block)
    return block
  }
}

/// The source of a raster that is only planned; reading it is a mistake of the step that does.
private struct PlannedSource: RasterSource {
  func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws {
    throw FloeError("a planned raster was read: only `run` may read pixels")
  }
}

/// A source that computes each window with a function.
public struct ComputedSource: RasterSource {
  private let compute: @Sendable (PixelWindow, [Int], inout PixelBlock) throws -> Void
  /// A source over a function that obeys the contract of `RasterSource.read`.
  public init(_ compute: @escaping @Sendable (PixelWindow, [Int], inout PixelBlock) throws -> Void) {
    self.compute = compute
  }
  public func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws {
    try compute(window, bands, &block)
  }
}

/// A raster held whole in memory: `values[band][row][column]`. For small rasters and tests.
public struct MemorySource: RasterSource {
  private let block: PixelBlock
  /// A source over a block that covers the whole grid, all bands.
  public init(_ block: PixelBlock) { self.block = block }
  public var isKept: Bool { true }
  public func read(_ window: PixelWindow, bands: [Int], into target: inout PixelBlock) throws {
    target.reshape(window: window, bandCount: bands.count, type: block.values.type)
    let size = block.values.type.byteCount, full = block.window
    block.values.withBytes { source in
      target.values.withMutableBytes { out in
        for (i, band) in bands.enumerated() {
          for row in 0..<window.height {
            let from = ((band * full.height + window.row - full.row + row) * full.width + window.column - full.column) * size
            let to = (i * window.height + row) * window.width * size
            let count = window.width * size
            UnsafeMutableRawBufferPointer(rebasing: out[to..<to + count]).copyMemory(
              from: UnsafeRawBufferPointer(rebasing: source[from..<from + count]))
          }
        }
      }
    }
  }
}
