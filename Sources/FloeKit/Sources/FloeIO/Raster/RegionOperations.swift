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
  /// Pixels that are not valid give no polygon. `CodeRaster.outlineSize` says what it takes in memory.
  ///
  /// - Parameters:
  ///   - eight: whether pixels that touch at a corner belong together.
  ///   - isKept: whether a region is part of the result; those that are not take no memory.
  public static func polygons(
    of raster: CodeRaster, eight: Bool, isCancelled: @escaping @Sendable () -> Bool = { false },
    isKept: (Region) -> Bool = { _ in true }
  ) throws -> [Region] {
    try outlined(raster.grid, eight: eight, isCancelled: isCancelled, isKept: isKept, bands: raster.withBands)
  }

  /// The same of whole numbers, for more regions than there are codes; pixels of 0 give no polygon.
  ///
  /// - Parameter labels: row after row; unchanged afterwards, and not copied.
  public static func polygons(
    labels: inout [Int32], grid: Grid, eight: Bool, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> [Region] {
    var mask = labels.map { $0 == 0 ? UInt8(0) : 1 }
    return try outlined(grid, eight: eight, isCancelled: isCancelled, isKept: { _ in true }) { body in
      try withBand(&labels, grid, .int32) { band in try withBand(&mask, grid, .byte) { try body(band, $0) } }
    }
  }

  private enum BandType {
    case byte, int32
    var code: GDALDataType { self == .byte ? GDT_Byte : GDT_Int32 }
  }

  private typealias BandBody = (UnsafeMutableRawPointer, UnsafeMutableRawPointer) throws -> Bool

  /// - Parameter bands: calls its body with the bands of codes and of the mask.
  private static func outlined(
    _ grid: Grid, eight: Bool, isCancelled: @escaping @Sendable () -> Bool, isKept: (Region) -> Bool,
    bands: (BandBody) throws -> Bool
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
      // Corners alone join parts of a region, so that none can be left out before all are known.
      let parts = try withExtendedLifetime(target) { try taken(from: layer) { eight || isKept($0) } }
      if !eight { return parts }
      var regions: [Region] = []
      for members in RegionRings.touching(parts.map { $0.parts[0] }, codes: parts.map(\.code)) {
        let region = Region(parts: members.map { parts[$0].parts[0] }, code: parts[members[0]].code)
        if isKept(region) { regions.append(region) }
      }
      return regions
    }
  }

  /// The polygons of a layer in memory, which gives up each as it is read: both together take what one of them does.
  private static func taken(from layer: OGRLayerH, isKept: (Region) -> Bool) throws -> [Region] {
    var regions: [Region] = []
    OGR_L_ResetReading(layer)
    while let feature = OGR_L_GetNextFeature(layer) {
      defer { OGR_F_Destroy(feature) }
      guard let polygon = OGR_F_GetGeometryRef(feature) else { throw FloeError("a region has no polygon") }
      let rings = (0..<OGR_G_GetGeometryCount(polygon)).compactMap { OGR_G_GetGeometryRef(polygon, $0) }.map { ring in
        (0..<OGR_G_GetPointCount(ring)).map { SIMD2(OGR_G_GetX(ring, $0), OGR_G_GetY(ring, $0)) }
      }
      let region = Region(parts: [RegionRings.simple(rings)], code: Int(OGR_F_GetFieldAsInteger(feature, 0)))
      if isKept(region) { regions.append(region) }
      guard OGR_L_DeleteFeature(layer, OGR_F_GetFID(feature)) == OGRERR_NONE else {
        throw FloeError("a region cannot be taken from memory")
      }
    }
    return regions
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
