internal import CGDAL
import FloeCore
import Synchronization

/// A raster file that reads any window from many threads at once.
///
/// Each thread reads through a handle of its own: handles are opened from the path when needed and kept in a pool.
public final class RasterFile: RasterSource {
  /// The path as given.
  public let path: String
  /// Grid, bands and type at the resolution asked for.
  public let spec: RasterSpec
  /// What the file declares and pixels of its type cannot mean, in sentences for the user; usually empty.
  public let remarks: [String]
  /// The short name of the driver that reads the file.
  public let driver: String
  /// 1, or the power of two by which the resolution is reduced.
  public let reduction: Int
  public let seams: RasterSeams?
  private let drivers: [String]?
  private let openOptions: [String]
  private let idle: Mutex<[RasterReader]>

  /// Opens a raster.
  ///
  /// - Parameters:
  ///   - driver: the short names of the only drivers that may read it; nil for any.
  ///   - openOptions: `KEY=VALUE` for the driver.
  ///   - reduction: 2, 4, 8 … for an overview of the file; nothing is resampled while reading.
  public static func open(
    _ path: String, driver allowed: [String]? = nil, openOptions: [String] = [], reduction: Int = 1
  ) throws -> RasterFile {
    try GDALMessages.collect { _ in
      let reader = try RasterReader(path, drivers: allowed, openOptions: openOptions, reduction: reduction)
      return try RasterFile(path, reader, allowed, openOptions)
    }
  }

  /// The powers of two by which the file can be read reduced without resampling; empty when it has no overviews.
  public static func reductions(of path: String, driver allowed: [String]? = nil) throws -> [Int] {
    try GDALMessages.collect { _ in
      let dataset = try GDALDataset.open(path, flags: GDAL_OF_RASTER, drivers: allowed)
      guard let band = dataset.band(1) else { return [] }
      return withExtendedLifetime(dataset) { RasterSpecReader.overviews(of: band).keys.sorted() }
    }
  }

  /// The short name of the driver that would read a raster file; nil when none would.
  public static func driver(of path: String) -> String? {
    GDALMessages.collect { _ in
      // Safe because "no driver reads it" is the answer asked for, not a failure.
      (try? GDALDataset.open(path, flags: GDAL_OF_RASTER))?.driverName
    }
  }

  /// The file as a raster.
  public var raster: Raster { Raster(spec, source: self) }

  public func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws {
    let reader =
      try idle.withLock { $0.popLast() }
      ?? RasterReader(path, drivers: drivers, openOptions: openOptions, reduction: reduction)
    // A reader that failed is not given back: what its dataset holds may be partial.
    try reader.read(window, bands: bands, type: spec.type, into: &block)
    idle.withLock { $0.append(reader) }
  }

  /// Closes the idle handles and what they hold; reading again opens new ones.
  public func releaseHandles() { idle.withLock { $0.removeAll() } }

  private init(_ path: String, _ reader: RasterReader, _ drivers: [String]?, _ openOptions: [String]) throws {
    self.path = path
    (spec, remarks) = try reader.spec()
    seams = try reader.seams(spec.grid)
    driver = reader.driverName
    reduction = reader.reduction
    self.drivers = drivers
    self.openOptions = openOptions
    idle = Mutex([reader])
  }
}

/// One handle on a raster file.
///
/// Safe because a reader is either in the pool or with the one thread that took it out.
private final class RasterReader: @unchecked Sendable {
  let path: String
  let reduction: Int
  private let dataset: GDALDataset

  init(_ path: String, drivers: [String]?, openOptions: [String], reduction: Int) throws {
    self.path = path
    self.reduction = reduction
    dataset = try GDALDataset.open(path, flags: GDAL_OF_RASTER, drivers: drivers, options: openOptions)
  }

  var driverName: String { dataset.driverName }
  func spec() throws -> (spec: RasterSpec, remarks: [String]) {
    try RasterSpecReader(path: path, dataset: dataset, reduction: reduction).spec()
  }
  func seams(_ grid: Grid) throws -> RasterSeams? {
    reduction == 1 ? try RasterMosaic(path: path, dataset: dataset).find(width: grid.width, height: grid.height) : nil
  }

  func read(_ window: PixelWindow, bands: [Int], type: PixelType, into block: inout PixelBlock) throws {
    block.reshape(window: window, bandCount: bands.count, type: type)
    try GDALMessages.collect { messages in
      let done = try block.values.withMutableBytes { bytes in
        reduction == 1
          ? readFull(window, bands: bands, type: type, into: bytes)
          : try readOverview(window, bands: bands, type: type, into: bytes)
      }
      // Some drivers only report an error and leave the pixels as they are: a message counts as failure too.
      if !done || !messages.failures.isEmpty {
        throw FloeError(
          """
          '\(path)' cannot be read in columns \(window.column)..<\(window.endColumn), rows \(window.row)..<\
          \(window.endRow): 
          """
            + "\(messages.reason); the file may be damaged or cut short")
      }
    }
  }

  private func readFull(_ window: PixelWindow, bands: [Int], type: PixelType, into bytes: UnsafeMutableRawBufferPointer)
    -> Bool
  {
    var numbers = bands.map { Int32($0 + 1) }
    return GDALDatasetRasterIOEx(
      dataset.handle, GF_Read, Int32(window.column), Int32(window.row), Int32(window.width), Int32(window.height),
      bytes.baseAddress, Int32(window.width), Int32(window.height), type.gdal, Int32(numbers.count), &numbers, 0, 0, 0,
      nil)
      == CE_None
  }

  private func readOverview(
    _ window: PixelWindow, bands: [Int], type: PixelType, into bytes: UnsafeMutableRawBufferPointer
  ) throws -> Bool {
    let plane = window.pixelCount * type.byteCount
    for (i, number) in bands.enumerated() {
      guard let band = dataset.band(number + 1),
        let overview = try RasterSpecReader.overview(of: band, dataset: dataset, reduction: reduction, path: path)
      else { return false }
      let result = GDALRasterIOEx(
        overview, GF_Read, Int32(window.column), Int32(window.row), Int32(window.width), Int32(window.height),
        bytes.baseAddress?.advanced(by: i * plane), Int32(window.width), Int32(window.height), type.gdal, 0, 0, nil)
      if result != CE_None { return false }
    }
    return true
  }
}
