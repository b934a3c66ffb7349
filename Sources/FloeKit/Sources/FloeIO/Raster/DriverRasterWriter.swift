internal import CGDAL
import FloeCore

/// Writes a whole raster with any driver that can copy, for example `JP2OpenJPEG`.
///
/// The pixels are held uncompressed in memory meanwhile. May be called from several threads at once, for different
/// files.
///
/// - Parameters:
///   - creationOptions: `KEY=VALUE` for the driver.
///   - isCancelled: asked now and then; true ends the call with `Cancelled`.
public func writeRaster(
  _ raster: Raster, to path: String, driver name: String, creationOptions: [String] = [],
  isCancelled: @escaping @Sendable () -> Bool = { false }
) throws {
  try GDALMessages.collect { messages in
    guard let driver = GDALRuntime.writer(name) else { throw FloeError("this GDAL has no driver '\(name)'") }
    let copy = try memoryCopy(raster)
    let made = withStringList(creationOptions) { list in
      ProgressLink(isCancelled).withCallback { callback, data in
        GDALCreateCopy(driver, path, copy.handle, 0, list, callback, data)
      }
    }
    let closed = made.map { GDALDataset(owning: $0).close() } ?? false
    if isCancelled() { throw Cancelled() }
    if !closed || !messages.failures.isEmpty {
      throw FloeError("'\(path)' cannot be written with the driver \(name): \(messages.reason)")
    }
  }
}

/// The raster as a dataset in memory, filled by strips.
private func memoryCopy(_ raster: Raster) throws -> GDALDataset {
  let spec = raster.spec
  let grid = spec.grid
  let handle = GDALGetDriverByName("MEM").flatMap {
    GDALCreate($0, "", Int32(grid.width), Int32(grid.height), Int32(spec.bands.count), spec.type.gdal, nil)
  }
  guard let handle else { throw FloeError("\(spec.byteCount) bytes of memory for a raster cannot be had") }
  let dataset = GDALDataset(owning: handle)
  try RasterMetadataWriter.apply(spec, provenance: [:], to: dataset)
  var block = PixelBlock(window: PixelWindow(column: 0, row: 0, width: 0, height: 0), bandCount: 0, type: spec.type)
  for window in grid.fullWindow.strips(of: 256) {
    try raster.source.read(window, bands: Array(spec.bands.indices), into: &block)
    let result = block.values.withBytes { bytes in
      GDALDatasetRasterIOEx(
        handle, GF_Write, Int32(window.column), Int32(window.row), Int32(window.width), Int32(window.height),
        UnsafeMutableRawPointer(mutating: bytes.baseAddress), Int32(window.width), Int32(window.height), spec.type.gdal,
        Int32(spec.bands.count), nil, 0, 0, 0, nil)
    }
    guard result == CE_None else { throw FloeError("a raster cannot be copied in memory") }
  }
  return dataset
}
