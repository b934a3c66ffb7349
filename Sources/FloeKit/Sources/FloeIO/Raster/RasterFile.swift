internal import CGDAL
import FloeCore
import Glibc
import Synchronization

/// A raster file that reads any window from many threads at once.
///
/// Each thread reads through a handle of its own: handles are opened from the path when needed and kept in a pool, as
/// many for all files together as the process has descriptors for.
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
  /// The numbers in the file, from 1, of the bands in `spec`; alpha bands are masks and no bands.
  public var bandNumbers: [Int] { validity.bands }
  private let validity: RasterValidity
  private let drivers: [String]?
  private let openOptions: [String]

  /// Opens a raster.
  ///
  /// - Parameters:
  ///   - driver: the short names of the only drivers that may read it; nil for any.
  ///   - openOptions: `KEY=VALUE` for the driver.
  ///   - reduction: 2, 4, 8 … for an overview of the file; nothing is resampled while reading.
  ///   - noData: what pixels are read as that the file's mask or alpha band calls invalid; nil for the bands' no-data
  ///     value or, where they have none, one that no pixel can hold, in a wider type if need be.
  ///   - alphaIsData: whether an alpha band is a band like others, which masks nothing.
  /// - Throws: a sentence where the file is missing, no driver that is allowed reads it, or it has no such overview.
  public static func open(
    _ path: String, driver allowed: [String]? = nil, openOptions: [String] = [], reduction: Int = 1,
    noData: Double? = nil, alphaIsData: Bool = false
  ) throws -> RasterFile {
    try GDALMessages.collect(about: path) { messages in
      let reader = try RasterReader(path, drivers: allowed, openOptions: openOptions, reduction: reduction)
      let file = try RasterFile(
        path, reader, allowed, openOptions, try reader.spec(noData: noData, alphaIsData: alphaIsData))
      // Of a damaged description GDAL reads what it can, and reports the rest as failures that end nothing.
      for line in messages.failures { LibraryNotices.add("'\(path)': \(line)") }
      return file
    }
  }

  /// The powers of two by which the file can be read reduced without resampling; empty when it has no overviews.
  public static func reductions(of path: String, driver allowed: [String]? = nil) throws -> [Int] {
    try GDALMessages.collect { _ in
      let dataset = try GDALDataset.open(path, flags: GDAL_OF_RASTER, drivers: allowed)
      guard let band = dataset.band(1) else { return [] }
      return withExtendedLifetime(dataset) { RasterOverviews.all(of: band).keys.sorted() }
    }
  }

  /// The short name of the driver that would read a raster file; nil when none would, and for floe's own tables, the
  /// arrays of which GDAL takes for rasters.
  public static func driver(of path: String) -> String? {
    if NetCDFTable.isOwn(path) { return nil }
    let found = GDALMessages.collect(isTrial: true) { _ -> (driver: String, hasBands: Bool)? in
      // Safe because "no driver reads it" is the answer asked for, not a failure.
      (try? GDALDataset.open(path, flags: GDAL_OF_RASTER)).map { ($0.driverName, $0.band(1) != nil) }
    }
    // Of HDF5 files with tables in groups this driver lists the arrays, none of which is the file's raster.
    if let found, found.driver == "HDF5", !found.hasBands, !NetCDFTable.groups(of: path).isEmpty { return nil }
    return found?.driver
  }

  /// The file as a raster.
  public var raster: Raster { Raster(spec, source: self) }

  public func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws {
    let own = ObjectIdentifier(self)
    let reader =
      try IdleReaders.shared.take(own)
      ?? RasterReader(path, drivers: drivers, openOptions: openOptions, reduction: reduction)
    // A reader that failed is not given back: what its dataset holds may be partial.
    try reader.read(window, bands: bands, validity: validity, into: &block)
    IdleReaders.shared.give(reader, of: own)
  }

  /// Closes the idle handles and what they hold; reading again opens new ones.
  public func releaseHandles() { IdleReaders.shared.drop(ObjectIdentifier(self)) }

  deinit { releaseHandles() }

  private init(
    _ path: String, _ reader: RasterReader, _ drivers: [String]?, _ openOptions: [String],
    _ found: (spec: RasterSpec, remarks: [String], validity: RasterValidity)
  ) throws {
    self.path = path
    (spec, remarks, validity) = found
    seams = try reader.seams(spec.grid)
    driver = reader.driverName
    reduction = reader.reduction
    self.drivers = drivers
    self.openOptions = openOptions
    IdleReaders.shared.give(reader, of: ObjectIdentifier(self))
  }
}

/// Handles that wait for a thread, those of all files together.
///
/// A step over hundreds of files must not keep a descriptor for each of them and each thread: where more handles wait
/// than a quarter of the descriptors that the process may have, the one that has waited longest is closed.
private final class IdleReaders: Sendable {
  static let shared = IdleReaders()
  private struct Idle: Sendable {
    let file: ObjectIdentifier
    let reader: RasterReader
  }
  private let most: Int
  private let idle = Mutex<[Idle]>([])

  private init() {
    var limit = rlimit()
    let isKnown = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    most = isKnown ? max(8, Int(min(limit.rlim_cur, 4096)) / 4) : 64
  }

  /// A handle of a file; nil when none waits.
  func take(_ file: ObjectIdentifier) -> RasterReader? {
    idle.withLock { idle in idle.lastIndex { $0.file == file }.map { idle.remove(at: $0).reader } }
  }

  func give(_ reader: RasterReader, of file: ObjectIdentifier) {
    // Closed after the lock: others need not wait for it.
    let oldest = idle.withLock { idle -> RasterReader? in
      idle.append(Idle(file: file, reader: reader))
      return idle.count > most ? idle.removeFirst().reader : nil
    }
    withExtendedLifetime(oldest) {}
  }

  /// Closes the handles of a file.
  func drop(_ file: ObjectIdentifier) {
    let dropped = idle.withLock { idle -> [RasterReader] in
      let own = idle.filter { $0.file == file }.map(\.reader)
      idle.removeAll { $0.file == file }
      return own
    }
    withExtendedLifetime(dropped) {}
  }
}

/// One handle on a raster file.
///
/// Safe because a reader is either in the pool or with the one thread that took it out.
private final class RasterReader: @unchecked Sendable {
  let path: String
  let reduction: Int
  private let dataset: GDALDataset
  /// Whether pixels come from JPEG 2000, also by way of a mosaic.
  private let isJPEG2000: Bool

  init(_ path: String, drivers: [String]?, openOptions: [String], reduction: Int) throws {
    self.path = path
    self.reduction = reduction
    let opened = try GDALDataset.open(path, flags: GDAL_OF_RASTER, drivers: drivers, options: openOptions)
    let driver = opened.driverName
    isJPEG2000 = driver.hasPrefix("JP2") || driver == "VRT" && Self.namesJPEG2000(opened)
    dataset = opened
  }

  private static func namesJPEG2000(_ mosaic: GDALDataset) -> Bool {
    let list = GDALGetFileList(mosaic.handle)
    defer { CSLDestroy(list) }
    return strings(list).contains { file in [".jp2", ".j2k", ".jpx"].contains(where: file.lowercased().hasSuffix) }
  }

  var driverName: String { dataset.driverName }
  func spec(
    noData: Double?, alphaIsData: Bool
  ) throws -> (spec: RasterSpec, remarks: [String], validity: RasterValidity) {
    try RasterSpecReader(path: path, dataset: dataset, reduction: reduction)
      .spec(noData: noData, alphaIsData: alphaIsData)
  }
  func seams(_ grid: Grid) throws -> RasterSeams? {
    reduction == 1 ? try RasterMosaic(path: path, dataset: dataset).find(width: grid.width, height: grid.height) : nil
  }

  func read(_ window: PixelWindow, bands: [Int], validity: RasterValidity, into block: inout PixelBlock) throws {
    let type = validity.type
    let numbers = bands.map { validity.bands[$0] }
    block.reshape(window: window, bandCount: bands.count, type: type)
    try GDALMessages.collect(about: path) { messages in
      var done = try block.values.withMutableBytes { bytes in
        reduction == 1
          ? readFull(window, numbers: numbers, type: type, into: bytes)
          : try readOverview(window, numbers: numbers, type: type, into: bytes)
      }
      if done, !validity.isPlain {
        done = try validity.apply(to: &block, bands: bands, of: dataset, reduction: reduction) { band in
          try RasterOverviews.band(of: band, dataset: dataset, reduction: reduction, path: path)
        }
      }
      // Some drivers only report an error and leave the pixels as they are: a message counts as failure too.
      if !done || !messages.failures.isEmpty || messages.warnings.contains(where: isLoss) {
        throw FloeError(
          """
          '\(path)' cannot be read in columns \(window.column)..<\(window.endColumn), rows \(window.row)..<\
          \(window.endRow): 
          """
            + messages.reason
            + (NetworkAccess.isReason(messages.reason) ? "" : "; the file may be damaged or cut short")
            + NetworkAccess.hint(messages.reason))
      }
    }
  }

  /// Whether a warning tells of pixels that a decoder made up, where it misses or cannot use a part of the code stream.
  ///
  /// JPEG 2000's warns for no other reason; JPEG's, which other formats (TIFF, NITF) and mosaics use as well, also
  /// about its headers.
  private func isLoss(_ warning: String) -> Bool {
    if isJPEG2000 { return true }
    let words = ["Premature end of JPEG file", "Corrupt JPEG data", "Inconsistent progression sequence"]
    return words.contains { warning.contains($0) }
  }

  private func readFull(
    _ window: PixelWindow, numbers: [Int], type: PixelType, into bytes: UnsafeMutableRawBufferPointer
  ) -> Bool {
    var numbers = numbers.map(Int32.init)
    return GDALDatasetRasterIOEx(
      dataset.handle, GF_Read, Int32(window.column), Int32(window.row), Int32(window.width), Int32(window.height),
      bytes.baseAddress, Int32(window.width), Int32(window.height), type.gdal, Int32(numbers.count), &numbers, 0, 0, 0,
      nil)
      == CE_None
  }

  private func readOverview(
    _ window: PixelWindow, numbers: [Int], type: PixelType, into bytes: UnsafeMutableRawBufferPointer
  ) throws -> Bool {
    let plane = window.pixelCount * type.byteCount
    for (i, number) in numbers.enumerated() {
      guard let band = dataset.band(number),
        let overview = try RasterOverviews.band(of: band, dataset: dataset, reduction: reduction, path: path)
      else { return false }
      let result = GDALRasterIOEx(
        overview, GF_Read, Int32(window.column), Int32(window.row), Int32(window.width), Int32(window.height),
        bytes.baseAddress?.advanced(by: i * plane), Int32(window.width), Int32(window.height), type.gdal, 0, 0, nil)
      if result != CE_None { return false }
    }
    return true
  }
}
