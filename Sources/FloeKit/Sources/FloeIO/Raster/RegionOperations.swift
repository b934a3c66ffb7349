internal import CGDAL
import FloeCore

/// Connected regions of equal codes: removing small ones and turning them into polygons, by GDAL.
public enum RasterRegions {
  /// Gives regions smaller than a number of pixels the code of their largest neighbour (`GDALSieveFilter`).
  ///
  /// - Parameters:
  ///   - codes: one band, `codes[row][column]`.
  ///   - valid: 1 where there is data; pixels without neither change nor count as neighbours.
  ///   - eight: whether pixels that touch at a corner belong together.
  public static func sieve(
    _ codes: inout [UInt8], valid: [UInt8], width: Int, height: Int, smallerThan pixels: Int, eight: Bool,
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws {
    var mask = valid
    try GDALMessages.collect { messages in
      let done = try withBand(&codes, width, height) { band in
        try withBand(&mask, width, height) { mask in
          ProgressLink(isCancelled).withCallback { callback, data in
            GDALSieveFilter(band, mask, band, Int32(clamping: pixels), eight ? 8 : 4, nil, callback, data) == CE_None
          }
        }
      }
      if isCancelled() { throw Cancelled() }
      if !done { throw FloeError("small regions cannot be removed: \(messages.reason)") }
    }
  }

  /// Outlines regions of equal codes (`GDALPolygonize`): the polygons of each region and its code, in the grid's
  /// system.
  ///
  /// Rings touch themselves nowhere. With `eight` a region is as many polygons as it has parts that touch at corners
  /// alone, else one; valid after OGC Simple Features in both cases.
  ///
  /// - Parameters: as those of `sieve`; pixels that are not valid give no polygon.
  public static func polygons(
    _ codes: [UInt8], valid: [UInt8], grid: Grid, eight: Bool, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> [Region] {
    try outlined(codes, .byte, valid: valid, grid: grid, eight: eight, isCancelled: isCancelled)
  }

  /// The same of whole numbers, for more regions than there are codes; pixels of 0 give no polygon.
  public static func polygons(
    labels: [Int32], grid: Grid, eight: Bool, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> [Region] {
    try outlined(
      labels, .int32, valid: labels.map { $0 == 0 ? 0 : 1 }, grid: grid, eight: eight, isCancelled: isCancelled)
  }

  private enum BandType {
    case byte, int32
    var code: GDALDataType { self == .byte ? GDT_Byte : GDT_Int32 }
  }

  private static func outlined<T: FixedWidthInteger>(
    _ codes: [T], _ type: BandType, valid: [UInt8], grid: Grid, eight: Bool, isCancelled: @escaping @Sendable () -> Bool
  ) throws -> [Region] {
    var codes = codes
    var mask = valid
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
      let done = try withBand(&codes, grid.width, grid.height, grid, type) { band in
        try withBand(&mask, grid.width, grid.height, grid) { mask in
          ProgressLink(isCancelled).withCallback { callback, data in
            GDALPolygonize(band, mask, layer, 0, nil, callback, data) == CE_None
          }
        }
      }
      if isCancelled() { throw Cancelled() }
      if !done { throw FloeError("polygons cannot be made: \(messages.reason)") }
      let reader = try LayerReader("regions", target, nil)
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
    _ values: inout [T], _ width: Int, _ height: Int, _ grid: Grid? = nil, _ type: BandType = .byte,
    _ body: (UnsafeMutableRawPointer) throws -> R
  ) throws -> R {
    precondition(values.count == width * height, "a band of the wrong size")
    return try values.withUnsafeMutableBytes { bytes in
      let handle = GDALGetDriverByName("MEM").flatMap {
        GDALCreate($0, "", Int32(width), Int32(height), 0, type.code, nil)
      }
      guard let handle else { throw FloeError("no memory for a band of \(width) x \(height) pixels") }
      let dataset = GDALDataset(owning: handle)
      // The band lies over `values`, which outlives the dataset: it is closed in this closure.
      let place = bytes.baseAddress.map { UInt(bitPattern: $0) } ?? 0
      guard withStringList(["DATAPOINTER=\(place)"], { GDALAddBand(handle, type.code, $0) }) == CE_None,
        let band = dataset.band(1)
      else {
        throw FloeError("no memory for a band of \(width) x \(height) pixels")
      }
      if let grid {
        var t = [grid.originX, grid.pixelWidth, 0, grid.originY, 0, -grid.pixelHeight]
        GDALSetGeoTransform(handle, &t)
      }
      let result = try body(band)
      _ = dataset.close()
      return result
    }
  }
}
