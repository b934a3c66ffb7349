import FloeSDK

extension RasterSpec {
  /// Gives each band a no-data value that its pixels can hold: its own, else the class table's, else 0 for integers and
  /// NaN for floats.
  mutating func declareNoData() {
    let other = classes.flatMap { type.stored(Double($0.noData)) } ?? (type.isInteger ? 0 : .nan)
    for i in bands.indices { bands[i].noData = bands[i].noData.flatMap(type.stored) ?? other }
  }
}
