internal import CGDAL
import FloeCore
import Glibc
import Synchronization

/// How a cloud optimised GeoTIFF is written.
public struct RasterWriteOptions: Sendable {
  /// `DEFLATE`, `ZSTD`, `LZW` or `NONE`; nil for DEFLATE in class rasters and ZSTD, where GDAL has it, in others.
  public var compression: String?
  /// The compressor's level; nil for a fast one.
  public var level: Int?
  /// How many threads compress; the bytes do not depend on it.
  public var threads: Int
  /// The folder for temporary files; nil to keep them in memory (at most 4/3 of the pixels' size).
  public var scratchDirectory: String?
  /// Further metadata items of the file.
  public var provenance: [String: String]
  /// Asked now and then; true ends `finish` with `Cancelled`.
  public var isCancelled: @Sendable () -> Bool
  /// Whether offsets have 64 bits; nil leaves that to GDAL's estimate.
  var isBig: Bool?

  /// The defaults: chosen by kind of raster, one thread, temporary pixels in memory.
  public init(
    compression: String? = nil, level: Int? = nil, threads: Int = 1, scratchDirectory: String? = nil,
    provenance: [String: String] = [:], isCancelled: @escaping @Sendable () -> Bool = { false }
  ) {
    self.compression = compression
    self.level = level
    self.threads = threads
    self.scratchDirectory = scratchDirectory
    self.provenance = provenance
    self.isCancelled = isCancelled
  }
}

extension RasterWriteOptions {
  /// The compression, its level (0 where it has none or GDAL's default is taken), and whether differences to the
  /// neighbour are stored.
  func settled(for spec: RasterSpec) -> (compression: String, level: Int, isPredicted: Bool) {
    let codes = OverviewRule(spec) == .mode
    let compression = compression ?? (!codes && GDALRuntime.driver("COG", offers: "ZSTD") ? "ZSTD" : "DEFLATE")
    // Differences help measurements; codes are runs of one value already.
    let isPredicted = !codes && ["DEFLATE", "ZSTD", "LZW"].contains(compression)
    return (compression, level ?? ["DEFLATE": 5, "ZSTD": 1][compression] ?? 0, isPredicted)
  }
}
