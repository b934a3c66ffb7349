import FloeIO
import FloeSDK
import Foundation

/// A raster as cloud optimised GeoTIFF, with a style for QGIS and a STAC item beside it.
struct GeoTIFFOutput: OutputWriter {
  static let name = "geotiff"
  static let summary = "A raster as cloud optimised GeoTIFF, with a QGIS style (.qml) and a STAC item beside it."
  static let suffixes = ["tif", "tiff"]
  static let kinds: [PortKind] = [.raster]

  func sidecars(of file: String) -> [String] {
    let stem = (file as NSString).deletingPathExtension
    return [stem + ".qml", stem + ".stac.json", file + ".aux.xml"]
  }
  func leftovers(of file: String) -> [String] { [file + ".ovr", file + ".msk"] }

  func scratchBytes(of values: [PortData]) -> Int {
    // Overviews are a third; of pixels that come as they are computed the compressed tiles wait besides, which take a
    // quarter to all of the pixels' size.
    values.reduce(0) { sum, value in
      guard case .raster(let raster) = value else { return sum }
      return sum + raster.spec.byteCount / (raster.source.isMaterialized ? 3 : 1)
    }
  }

  func write(_ layers: [OutputLayer], to path: String, in context: WriteContext) async throws {
    let layer = try layers.only(of: .raster)
    guard case .raster(let raster) = layer.data else { throw layer.unfit(for: Self.name) }
    let spec = raster.spec
    // Small scratch stays in memory; for more a file is no slower, since the system's own cache takes it.
    let size = COGFile.scratchBytes(raster)
    let reservation = size <= Scratch.largestInMemory ? context.scratch.reserve(size) : nil
    let cancellation = context.cancellation
    let file = COGFile(
      raster, path: path,
      options: RasterWriteOptions(
        threads: context.pool.workers, scratchDirectory: reservation == nil ? context.scratch.directory : nil,
        provenance: try layer.provenanceItems, isCancelled: { cancellation.isCancelled })
    ) { done, total in context.progress(done, of: total, "tiles") }
    try await file.write { count, body in _ = try await context.map(count, body) }
    withExtendedLifetime(reservation) {}
    let base = (path as NSString).deletingPathExtension
    let qml = try StyleRenderer(style: context.style).qml(for: spec) { try Self.percentiles(path: path, band: $0) }
    try VirtualFile.write(qml, to: base + ".qml")
    let item = RasterItem(
      path: path, spec: spec, provenance: layer.provenance,
      mediaType: "image/tiff; application=geotiff; profile=cloud-optimized")
    try item.write(to: base + ".stac.json", in: context)
  }

  /// The 2nd and 98th percentile of a band in physical units, from an overview of at most about a million pixels.
  private static func percentiles(path: String, band: Int) throws -> (low: Double, high: Double) {
    let full = try RasterFile.open(path)
    let enough = try RasterFile.reductions(of: path).sorted().first { full.spec.grid.pixelCount / ($0 * $0) <= 1 << 20 }
    let file = full.spec.grid.pixelCount <= 1 << 20 ? full : try RasterFile.open(path, reduction: enough ?? 1)
    let block = try file.raster.read(file.spec.grid.fullWindow, bands: [band])
    let valid = block.physical(band: 0, as: file.spec.bands[band]).filter { $0.isFinite }.sorted()
    guard let first = valid.first, let last = valid.last, first < last else { return (0, 1) }
    return (Double(valid[valid.count * 2 / 100]), Double(valid[valid.count * 98 / 100]))
  }
}
