internal import CGDAL
import FloeCore
import Glibc
import Synchronization

/// Writes a GeoTIFF in the cloud optimised layout, with overviews, colour table, names and metadata.
///
/// Class rasters get overviews of the most frequent code, others of the mean. Category names and attribute table go to
/// `<path>.aux.xml` beside the file, and no-data values where some bands have none: a TIFF has one for all. The same
/// pixels give the same bytes in whatever order the blocks come.
///
/// Safe because every use of the dataset holds `lock`.
public final class COGWriter: @unchecked Sendable {
  /// The path of the file that `finish` writes.
  public let path: String
  /// What is written.
  public let spec: RasterSpec
  private let options: RasterWriteOptions
  private let temporaryPath: String
  private let dataset: GDALDataset
  private let lock = Mutex<Bool>(false)

  /// Prepares the temporary raster; the file itself is created by `finish`.
  public init(path: String, spec: RasterSpec, options: RasterWriteOptions = RasterWriteOptions()) throws {
    self.path = path
    self.spec = spec
    self.options = options
    let folder = options.scratchDirectory ?? "/vsimem"
    let temporary = "\(folder)/floe-\(getpid())-\(Self.counter.add(1, ordering: .relaxed).newValue).tif"
    temporaryPath = temporary
    dataset = try GDALMessages.collect { messages in
      let grid = spec.grid
      let creation = [
        "TILED=YES", "BLOCKXSIZE=512", "BLOCKYSIZE=512", "INTERLEAVE=BAND", "BIGTIFF=YES", "SPARSE_OK=TRUE",
        "PHOTOMETRIC=MINISBLACK", "ALPHA=NO",
      ]
      let handle = withStringList(creation) { list in
        GDALRuntime.writer("GTiff").flatMap {
          GDALCreate(
            $0, temporary, Int32(grid.width), Int32(grid.height), Int32(spec.bands.count), spec.type.gdal, list)
        }
      }
      guard let handle else {
        throw FloeError("the temporary raster for '\(path)' cannot be created in '\(folder)': \(messages.reason)")
      }
      let dataset = GDALDataset(owning: handle)
      try RasterMetadataWriter.apply(
        spec, provenance: options.provenance, to: dataset, leavesNoData: RasterMetadataWriter.isNoDataPartial(spec))
      return dataset
    }
  }

  deinit {
    _ = dataset.close()
    VSIUnlink(temporaryPath)
    VSIUnlink(temporaryPath + ".aux.xml")
  }

  /// Takes the pixels of all bands in a window; windows may come in any order.
  public func write(_ block: PixelBlock) throws {
    precondition(
      block.bandCount == spec.bands.count && block.values.type == spec.type, "a block of another shape or type")
    try lock.withLock { _ in
      try GDALMessages.collect { messages in
        let w = block.window
        let result = block.values.withBytes { bytes in
          GDALDatasetRasterIOEx(
            dataset.handle, GF_Write, Int32(w.column), Int32(w.row), Int32(w.width), Int32(w.height),
            UnsafeMutableRawPointer(mutating: bytes.baseAddress), Int32(w.width), Int32(w.height), spec.type.gdal,
            Int32(spec.bands.count), nil, 0, 0, 0, nil)
        }
        if result != CE_None || !messages.failures.isEmpty { throw temporaryFailure(messages) }
      }
    }
  }

  /// Makes the overviews and writes the file; the writer is of no use afterwards.
  public func finish() throws {
    try lock.withLock { finished in
      precondition(!finished, "finish was called twice")
      finished = true
      try buildOverviews()
      try copy()
    }
  }

  private func buildOverviews() throws {
    let factors = COGOverviews.factors(width: spec.grid.width, height: spec.grid.height)
    guard !factors.isEmpty else { return }
    try GDALMessages.collect { messages in
      var list = factors.map { Int32($0) }
      guard GDALBuildOverviews(dataset.handle, "NONE", Int32(list.count), &list, 0, nil, nil, nil) == CE_None else {
        throw temporaryFailure(messages)
      }
      let rule = OverviewRule(spec)
      for (i, info) in spec.bands.enumerated() {
        guard var source = dataset.band(i + 1) else { throw temporaryFailure(messages) }
        for level in factors.indices {
          guard let target = GDALGetOverview(dataset.band(i + 1), Int32(level)) else {
            throw temporaryFailure(messages)
          }
          try halve(source, into: target, rule: rule, noData: info.noData)
          source = target
        }
      }
      if !messages.failures.isEmpty { throw temporaryFailure(messages) }
    }
  }

  private func halve(
    _ source: UnsafeMutableRawPointer, into target: UnsafeMutableRawPointer, rule: OverviewRule, noData: Double?
  ) throws {
    let width = Int(GDALGetRasterBandXSize(source))
    let height = Int(GDALGetRasterBandYSize(source))
    let outWidth = (width + 1) / 2
    let type = spec.type
    // Strips of whole blocks of the target.
    let strip = 1024
    var pixels = [UInt64](repeating: 0, count: (width * strip * type.byteCount + 7) / 8)
    var halved = [UInt64](repeating: 0, count: (outWidth * (strip / 2) * type.byteCount + 7) / 8)
    for row in stride(from: 0, to: height, by: strip) {
      if options.isCancelled() { throw Cancelled() }
      let rows = min(strip, height - row)
      let outRows = (rows + 1) / 2
      let done = pixels.withUnsafeMutableBytes { input in
        halved.withUnsafeMutableBytes { output in
          guard
            GDALRasterIO(
              source, GF_Read, 0, Int32(row), Int32(width), Int32(rows), input.baseAddress, Int32(width), Int32(rows),
              type.gdal, 0, 0) == CE_None
          else { return false }
          COGOverviews.halve(
            UnsafeRawBufferPointer(input), into: output, width: width, rows: rows, type: type, rule: rule,
            noData: noData)
          return GDALRasterIO(
            target, GF_Write, 0, Int32(row / 2), Int32(outWidth), Int32(outRows), output.baseAddress, Int32(outWidth),
            Int32(outRows), type.gdal, 0, 0) == CE_None
        }
      }
      guard done else { throw FloeError("the overviews of '\(path)' cannot be made in scratch") }
    }
  }

  private func copy() throws {
    try GDALMessages.collect { messages in
      GDALFlushCache(dataset.handle)
      if !messages.failures.isEmpty { throw temporaryFailure(messages) }
      guard let driver = GDALRuntime.writer("COG") else {
        throw FloeError("this GDAL has no driver COG; 3.1 or newer is needed")
      }
      let made = withStringList(creationOptions()) { list in
        ProgressLink(options.isCancelled).withCallback { callback, data in
          GDALCreateCopy(driver, path, dataset.handle, 0, list, callback, data)
        }
      }
      let closed = made.map { GDALDataset(owning: $0).close() } ?? false
      if options.isCancelled() { throw Cancelled() }
      if !closed || !messages.failures.isEmpty {
        throw FloeError(
          "'\(path)' cannot be written (about \(spec.byteCount) bytes before compression): \(messages.reason)")
      }
      if RasterMetadataWriter.isNoDataPartial(spec) { try putNoDataBeside(messages) }
    }
  }

  /// Puts the no-data values of the bands that have one into `<path>.aux.xml`.
  private func putNoDataBeside(_ messages: GDALMessages) throws {
    // What is set on a TIFF that is open for reading goes beside it.
    let opened = withStringList(["GTiff"]) { drivers in
      GDALOpenEx(path, UInt32(GDAL_OF_RASTER | GDAL_OF_VERBOSE_ERROR), constant(drivers), nil, nil)
    }
    var isDone = false
    if let opened {
      let file = GDALDataset(owning: opened)
      for (i, info) in spec.bands.enumerated() {
        if let noData = info.noData, let band = file.band(i + 1) { GDALSetRasterNoDataValue(band, noData) }
      }
      isDone = file.close()
    }
    if !isDone || !messages.failures.isEmpty || !VirtualFile.exists(path + ".aux.xml") {
      throw FloeError("'\(path).aux.xml' with the bands' no-data values cannot be written: \(messages.reason)")
    }
  }

  private func creationOptions() -> [String] {
    let chosen = options.settled(for: spec)
    var list = [
      "BLOCKSIZE=512", "OVERVIEWS=FORCE_USE_EXISTING",
      "BIGTIFF=\(options.isBig.map { $0 ? "YES" : "NO" } ?? "IF_SAFER")",
      "COMPRESS=\(chosen.compression)", "PREDICTOR=\(chosen.isPredicted ? "YES" : "NO")",
      "NUM_THREADS=\(max(1, options.threads))",
    ]
    if chosen.level > 0 { list.append("LEVEL=\(chosen.level)") }
    return list
  }

  private func temporaryFailure(_ messages: GDALMessages) -> FloeError {
    let place = options.scratchDirectory.map { "the scratch folder '\($0)'" } ?? "memory"
    return FloeError("the pixels of '\(path)' (\(spec.byteCount) bytes) cannot be kept in \(place): \(messages.reason)")
  }

  private static let counter = Atomic<Int>(0)
}
