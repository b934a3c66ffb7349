import FloeCore

/// How the stored numbers of one feature (a band or a column) become physical ones: `stored * scale + offset`.
public struct FeatureLayout: Sendable, Hashable, Codable {
  public var name: String
  /// The unit of the physical value.
  public var unit: PhysicalUnit
  public var scale, offset: Double
  /// The stored value that stands for "nothing here"; NaN and infinity are always skipped.
  public var noData: Double?

  /// A feature; the defaults are those of a dimensionless one that is stored as it is.
  public init(
    _ name: String, unit: PhysicalUnit = .dimensionless, scale: Double = 1, offset: Double = 0, noData: Double? = nil
  ) {
    self.name = name
    self.unit = unit
    self.scale = scale == 0 ? 1 : scale
    self.offset = offset
    self.noData = noData
  }

  /// A band's numbers as they are stored.
  public init(_ band: BandSpec) {
    self.init(band.name, unit: band.unit, scale: band.scale, offset: band.offset, noData: band.noData)
  }
}

/// Stored numbers of samples, feature after feature: `values[feature][sample]`.
public enum SampleValues: Sendable, Equatable {
  /// Whole numbers as a raster keeps them; sums over them are exact.
  case uint16([UInt16])
  /// Single-precision numbers.
  case float([Float])

  /// The number of values of all features.
  public var count: Int {
    switch self {
    case .uint16(let v): v.count
    case .float(let v): v.count
    }
  }
}

/// Some samples, read and worked on as one: `values[feature][sample]`, the samples in the order of rows and columns.
public struct SampleBlock: Sendable, Equatable {
  /// Samples, those to be skipped included.
  public let count: Int
  public let featureCount: Int
  public let values: SampleValues

  /// A block over `featureCount * count` values.
  public init(featureCount: Int, values: SampleValues) {
    precondition(featureCount > 0 && values.count % featureCount == 0, "a sample block of the wrong size")
    self.featureCount = featureCount
    self.values = values
    count = values.count / featureCount
  }

  /// The stored numbers of one sample, for single samples and not for loops.
  public func stored(_ sample: Int) -> [Double] {
    (0..<featureCount).map { f in
      switch values {
      case .uint16(let v): Double(v[f * count + sample])
      case .float(let v): Double(v[f * count + sample])
      }
    }
  }
}

/// Where samples come from: fixed blocks, each of which can be read as often as needed and from several threads.
///
/// The blocks are the same for any tile size, worker count and memory cap; partial results merge in their order,
/// which is what makes a fit's result a function of its input alone.
public protocol SampleReader: Sendable {
  /// The features in the order of the blocks' planes.
  var layout: [FeatureLayout] { get }
  /// Number of blocks; 256 rows each for rasters.
  var blockCount: Int { get }
  /// Samples of all blocks, those to be skipped included.
  var sampleCount: Int { get }
  /// Reads a block; all blocks hold the same kind of values.
  func read(block: Int) throws -> SampleBlock
}

/// Runs a function for 0 ..< count, perhaps in parallel, and returns the results in that order.
public protocol BlockMap: Sendable {
  /// The results of `body(0) ... body(count - 1)`; throws what a call threw.
  func map<T: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) throws -> T) async throws -> [T]
}

/// One call after the other.
public struct SerialMap: BlockMap {
  /// The only value.
  public init() {}
  public func map<T: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) throws -> T) async throws -> [T] {
    try (0..<count).map(body)
  }
}

/// Samples held in memory.
public struct MemoryReader: SampleReader {
  public let layout: [FeatureLayout]
  private let blocks: [SampleBlock]
  public var blockCount: Int { blocks.count }
  public var sampleCount: Int { blocks.reduce(0) { $0 + $1.count } }

  /// A reader over blocks, whose features are those of the layout.
  public init(layout: [FeatureLayout], blocks: [SampleBlock]) {
    self.layout = layout
    self.blocks = blocks
  }
  public func read(block: Int) throws -> SampleBlock { blocks[block] }
}

extension SampleBlock {
  /// The block in parts of at most `size` samples.
  func cut(into size: Int) -> [SampleBlock] {
    stride(from: 0, to: count, by: size).map { gathered(Array($0..<min(count, $0 + size))) }
  }

  /// The samples of some places, in their order.
  func gathered(_ places: [Int]) -> SampleBlock {
    func take<T>(_ v: [T]) -> [T] {
      var out: [T] = []
      out.reserveCapacity(places.count * featureCount)
      for f in 0..<featureCount { for p in places { out.append(v[f * count + p]) } }
      return out
    }
    switch values {
    case .uint16(let v): return SampleBlock(featureCount: featureCount, values: .uint16(take(v)))
    case .float(let v): return SampleBlock(featureCount: featureCount, values: .float(take(v)))
    }
  }
}
