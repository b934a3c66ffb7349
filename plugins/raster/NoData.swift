import FloeIO
import FloeSDK

extension RasterSpec {
  /// Gives each band a no-data value that its pixels can hold: its own, else the class table's, else 0 for integers and
  /// NaN for floats. Where 0 becomes one, so that zeros that were measured vanish, it is reported.
  ///
  /// - Parameters:
  ///   - use: what becomes of the raster, for the sentence.
  ///   - effect: what zeros are then.
  mutating func declareNoData(
    use: String = "is clipped or warped", effect: String = "pixels of 0 count as no data behind"
  ) {
    let other = classes.flatMap { type.stored(Double($0.noData)) } ?? (type.isInteger ? 0 : .nan)
    let plain = bands.filter { $0.noData.flatMap(type.stored) == nil }
    if classes == nil, type.isInteger, let first = plain.first {
      let others = plain.count > 1 ? " and \(plain.count - 1) more" : ""
      LibraryNotices.add(
        "band '\(first.name)'\(others) of a raster that \(use) has no no-data value: 0 is declared, so that \(effect); "
          + "'no_data' of raster.read declares another")
    }
    for i in bands.indices { bands[i].noData = bands[i].noData.flatMap(type.stored) ?? other }
  }
}
