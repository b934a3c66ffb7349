internal import CGDAL
import FloeCore

/// Connected regions of equal codes turned into polygons, by GDAL.
public enum RasterRegions {
  /// Outlines regions of equal codes (`GDALPolygonize`): the polygons of each region and its code, in the grid's
  /// system.
  ///
  /// Rings touch themselves nowhere. With `eight` a region is as many polygons as it has parts that touch at corners
  /// alone, else one; valid after OGC Simple Features in both cases.
  ///
  /// Pixels that are not valid give no polygon.
  ///
  /// - Parameter eight: whether pixels that touch at a corner belong together.
  public static func polygons(
    of raster: CodeRaster, eight: Bool, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> [Region] {
    try outlined(raster.grid, eight: eight, isCancelled: isCancelled, bands: raster.withBands)
  }

  /// The same of whole numbers, for more regions than there are codes; pixels of 0 give no polygon.
  public static func polygons(
    labels: [Int32], grid: Grid, eight: Bool, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> [Region] {
    var codes = labels
    var mask = labels.map { $0 == 0 ? UInt8(0) : 1 }
    return try outlined(grid, eight: eight, isCancelled: isCancelled) { body in
      try withBand(&codes, grid, .int32) { band in try withBand(&mask, grid, .byte) { try body(band, $0) } }
    }
  }

  private enum BandType {
    case byte, int32
    var code: GDALDataType { self == .byte ? GDT_Byte : GDT_Int32 }
  }

  private typealias BandBody = (UnsafeMutableRawPointer, UnsafeMutableRawPointer) throws -> Bool

  /// - Parameter bands: calls its body with the bands of codes and of the mask.
  private static func outlined(
    _ grid: Grid, eight: Bool, isCancelled: @escaping @Sendable () -> Bool, bands: (BandBody) throws -> Bool
  ) throws -> [Region] {
    return try GDALMessages.collect { messages in
      guard let driver = GDALGetDriverByName("Memory"),
        let handle = GDALCreate(driver, "regions", 0, 0, 0, GDT_Unknown, nil)
      else {
        throw FloeError("no memory for polygons: \(messages.reason)")
      }
      let target = GDALDataset(owning: handle)
      let layer = try SpatialReference.withHandle(optional: grid.crs) {
        GDALDatasetCreateLayer(handle, "regions", $0, wkbPolygon, nil)
      }
      guard let layer, let field = OGR_Fld_Create("code", OFTInteger) else {
        throw FloeError("no memory for polygons: \(messages.reason)")
      }
      defer { OGR_Fld_Destroy(field) }
      guard OGR_L_CreateField(layer, field, 1) == OGRERR_NONE else {
        throw FloeError("polygons cannot be made: \(messages.reason)")
      }
      let done = try bands { band, mask in
        ProgressLink(isCancelled).withCallback { callback, data in
          GDALPolygonize(band, mask, layer, 0, nil, callback, data) == CE_None
        }
      }
      if isCancelled() { throw Cancelled() }
      if !done { throw FloeError("polygons cannot be made: \(messages.reason)") }
      let reader = try LayerReader(OpenLayer("regions", target, nil))
      let table = try withExtendedLifetime(target) { try reader.table(messages, rows: true) }
      guard case .polygons(let traced)? = table.geometry else { throw FloeError("the regions have no polygons") }
      let values = try table.numbers("code").map { Int($0) }
      let parts = traced.map(RegionRings.simple)
      guard eight else { return zip(parts, values).map { Region(parts: [$0], code: $1) } }
      return RegionRings.touching(parts, codes: values).map { members in
        Region(parts: members.map { parts[$0] }, code: values[members[0]])
      }
    }
  }

  /// A connected region of one code.
  public struct Region: Sendable {
    /// Its polygons, each a list of closed rings, the first the outer one.
    public let parts: [[[SIMD2<Double>]]]
    /// The code of its pixels.
    public let code: Int
  }

  /// Passes an array as the band of a dataset in memory, without a copy.
  private static func withBand<T: FixedWidthInteger, R>(
    _ values: inout [T], _ grid: Grid, _ type: BandType, _ body: (UnsafeMutableRawPointer) throws -> R
  ) throws -> R {
    precondition(values.count == grid.pixelCount, "a band of the wrong size")
    return try values.withUnsafeMutableBytes { bytes in
      let handle = GDALGetDriverByName("MEM").flatMap {
        GDALCreate($0, "", Int32(grid.width), Int32(grid.height), 0, type.code, nil)
      }
      guard let handle else { throw FloeError("no memory for a band of \(grid.width) x \(grid.height) pixels") }
      let dataset = GDALDataset(owning: handle)
      // The band lies over `values`, which outlives the dataset: it is closed in this closure.
      let place = bytes.baseAddress.map { UInt(bitPattern: $0) } ?? 0
      guard withStringList(["DATAPOINTER=\(place)"], { GDALAddBand(handle, type.code, $0) }) == CE_None,
        let band = dataset.band(1)
      else {
        throw FloeError("no memory for a band of \(grid.width) x \(grid.height) pixels")
      }
      var t = [grid.originX, grid.pixelWidth, 0, grid.originY, 0, -grid.pixelHeight]
      GDALSetGeoTransform(handle, &t)
      let result = try body(band)
      _ = dataset.close()
      return result
    }
  }
}
