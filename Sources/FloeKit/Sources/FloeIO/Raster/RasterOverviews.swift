internal import CGDAL
import FloeCore

/// The reduced resolutions of a file's bands.
enum RasterOverviews {
  /// The band of that reduction; nil for the full resolution. Throws when the file has no such overview.
  static func band(
    of band: UnsafeMutableRawPointer, dataset: GDALDataset, reduction: Int, path: String
  ) throws -> UnsafeMutableRawPointer? {
    guard reduction != 1 else { return nil }
    let found = all(of: band)
    guard let match = found[reduction] else {
      let all = ([1] + found.keys.sorted()).map(String.init).joined(separator: ", ")
      throw FloeError("'\(path)' has no resolution reduced by \(reduction); it has \(all)")
    }
    return match
  }

  /// The overviews whose size is the full one divided by a power of two, rounded up (JPEG 2000, GDAL) or down.
  static func all(of band: UnsafeMutableRawPointer) -> [Int: UnsafeMutableRawPointer] {
    let width = Int(GDALGetRasterBandXSize(band))
    let height = Int(GDALGetRasterBandYSize(band))
    var result: [Int: UnsafeMutableRawPointer] = [:]
    for level in 0..<GDALGetOverviewCount(band) {
      guard let overview = GDALGetOverview(band, level) else { continue }
      let w = Int(GDALGetRasterBandXSize(overview))
      let h = Int(GDALGetRasterBandYSize(overview))
      for factor in (1...12).map({ 1 << $0 }) where result[factor] == nil {
        let fits = { (full: Int, part: Int) in
          part == (full + factor - 1) / factor || (part > 0 && part == full / factor)
        }
        if fits(width, w) && fits(height, h) {
          result[factor] = overview
          break
        }
      }
    }
    return result
  }
}
