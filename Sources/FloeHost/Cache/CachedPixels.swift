import FloeSDK

/// Where a raster's pixels lie: strips of full width from north to south, in each band after band, row after row.
struct CachedPixels: Codable, Sendable {
  /// Rows of a strip; the last may have fewer.
  let rows: Int
  let strips: [CacheSection]

  /// The rows of a strip: as reductions read them, fewer where a strip would be larger than 64 MB.
  static func rows(of spec: RasterSpec) -> Int {
    let row = max(1, spec.grid.width * spec.bands.count * spec.type.byteCount)
    return max(1, min(256, spec.grid.height, 64_000_000 / row))
  }

  /// Whether the strips are those of such a raster.
  func fits(_ spec: RasterSpec) -> Bool {
    let height = spec.grid.height
    let row = spec.grid.width * spec.bands.count * spec.type.byteCount
    guard rows > 0, spec.grid.width > 0, strips.count == (height + rows - 1) / rows else { return false }
    return strips.enumerated().allSatisfy { i, strip in strip.count == min(rows, height - i * rows) * row }
  }
}
