import FloeSDK

/// One band of a raster that holds class codes.
struct ClassBand: Sendable {
  let raster: Raster
  let band: Int
  /// Codes that stand for no data.
  let noData: Set<Int>
  var name: String { raster.spec.bands[band].name }

  /// The band of that name, else the one of classes; see `RasterSpec.classBand`.
  init(_ raster: Raster, named name: String?, parameter: String) throws {
    self.raster = raster
    band = try raster.spec.classBand(named: name, parameter: parameter)
    noData = raster.spec.noDataCodes(band: band)
  }
}
