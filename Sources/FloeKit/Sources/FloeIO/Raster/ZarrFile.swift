internal import CGDAL
import FloeCore

/// Writes a raster as a Zarr group (version 2 of the format) through GDAL's driver.
///
/// Each band is an array `[y][x]` under its own name, beside the coordinates `X` and `Y` of the pixels' centres; row 0
/// is north. The no-data value is the array's fill value; scale, offset, unit and reference system are attributes as
/// GDAL and xarray read them, what floe says beyond that stands in attributes that begin with `FLOE_`. The same pixels
/// give the same bytes.
///
/// Source: Zarr storage specification version 2, https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html.
public enum ZarrFile {
  /// Files of which every Zarr group or array has one.
  public static let markers = [".zgroup", ".zarray", "zarr.json"]

  /// Why a raster cannot be written under its bands' names; nil when it can.
  public static func refusal(of spec: RasterSpec) -> String? {
    for band in spec.bands {
      if band.name.isEmpty || band.name.hasPrefix(".") || band.name.contains("/") || ["X", "Y"].contains(band.name) {
        return """
          a Zarr array cannot have the name of band '\(band.name)': it is a folder's name, and X and Y are the \
          coordinates
          """
      }
    }
    let names = spec.bands.map { $0.name.lowercased() }
    guard Set(names).count == names.count else { return "two of its bands have the same name but for capitals" }
    return GDALRuntime.hasDriver("Zarr") ? nil : "this GDAL has no driver Zarr; 3.4 or newer is needed"
  }

  /// Writes the folder; pixels are read chunk by chunk, band after band, on the calling thread.
  ///
  /// - Parameters:
  ///   - chunk: rows and columns of a chunk.
  ///   - compression: `ZSTD`, `ZLIB` or `NONE`, which every GDAL with the driver and its usual libraries has.
  ///   - provenance: further attributes of each array.
  ///   - isCancelled: asked before each chunk; true ends the call with `Cancelled`.
  ///   - progress: called with how many chunks are done.
  public static func write(
    _ raster: Raster, to path: String, chunk: Int = 512, compression: String = "ZSTD",
    provenance: [String: String] = [:], isCancelled: @Sendable () -> Bool = { false },
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws {
    let spec = raster.spec
    let windows = spec.grid.tiles(TileSize(width: chunk, height: chunk))
    for (i, band) in spec.bands.enumerated() {
      try GDALMessages.collect { messages in
        let dataset = try create(band, of: spec, at: path, isFirst: i == 0, chunk, compression, messages)
        try describe(band, of: spec, provenance, dataset)
        var block = PixelBlock(
          window: PixelWindow(column: 0, row: 0, width: 0, height: 0), bandCount: 0, type: spec.type)
        for (n, window) in windows.enumerated() {
          if isCancelled() { throw Cancelled() }
          try raster.source.read(window, bands: [i], into: &block)
          try put(block, window, type: spec.type, into: dataset, path, messages)
          progress(i * windows.count + n + 1, spec.bands.count * windows.count)
        }
        if !dataset.close() || !messages.failures.isEmpty { throw failure(path, messages) }
      }
    }
  }

  private static func create(
    _ band: BandSpec, of spec: RasterSpec, at path: String, isFirst: Bool, _ chunk: Int, _ compression: String,
    _ messages: GDALMessages
  ) throws -> GDALDataset {
    guard let driver = GDALRuntime.writer("Zarr") else {
      throw FloeError("this GDAL has no driver Zarr; 3.4 or newer is needed")
    }
    var options = [
      "FORMAT=ZARR_V2", "ARRAY_NAME=\(band.name)", "BLOCKSIZE=\(chunk),\(chunk)", "COMPRESS=\(compression)",
      "CREATE_ZMETADATA=YES",
    ]
    if compression == "ZSTD" { options.append("ZSTD_LEVEL=3") }
    if !isFirst { options.append("APPEND_SUBDATASET=YES") }
    let handle = withStringList(options) {
      GDALCreate(driver, path, Int32(spec.grid.width), Int32(spec.grid.height), 1, spec.type.gdal, $0)
    }
    guard let handle else { throw failure(path, messages) }
    return GDALDataset(owning: handle)
  }

  private static func describe(
    _ band: BandSpec, of spec: RasterSpec, _ provenance: [String: String], _ dataset: GDALDataset
  ) throws {
    try RasterMetadataWriter.applyGrid(spec.grid, to: dataset)
    // The driver keeps attributes that are set all at once; single items it forgets.
    let items = try RasterMetadataKeys.items(of: spec, provenance: provenance) + RasterMetadataKeys.items(of: band)
    withStringList(items.map { "\($0.0)=\($0.1)" }) { _ = GDALSetMetadata(dataset.handle, $0, nil) }
    guard let handle = dataset.band(1) else { throw FloeError("band '\(band.name)' of the new Zarr cannot be had") }
    if let noData = band.noData { GDALSetRasterNoDataValue(handle, noData) }
    if band.unit != .dimensionless { GDALSetRasterUnitType(handle, band.unit.rawValue) }
    if band.scale != 1 || band.offset != 0 {
      GDALSetRasterScale(handle, band.scale)
      GDALSetRasterOffset(handle, band.offset)
    }
  }

  private static func put(
    _ block: PixelBlock, _ window: PixelWindow, type: PixelType, into dataset: GDALDataset, _ path: String,
    _ messages: GDALMessages
  ) throws {
    let result = block.values.withBytes { bytes in
      GDALDatasetRasterIOEx(
        dataset.handle, GF_Write, Int32(window.column), Int32(window.row), Int32(window.width), Int32(window.height),
        UnsafeMutableRawPointer(mutating: bytes.baseAddress), Int32(window.width), Int32(window.height), type.gdal, 1,
        nil, 0, 0, 0, nil)
    }
    if result != CE_None || !messages.failures.isEmpty { throw failure(path, messages) }
  }

  private static func failure(_ path: String, _ messages: GDALMessages) -> FloeError {
    FloeError("'\(path)' cannot be written as Zarr: \(messages.reason)")
  }
}
