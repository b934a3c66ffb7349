internal import CGDAL
import FloeCore
import Synchronization

/// Burns the polygons of a layer into masks on a grid: 1 where a pixel's centre lies inside, 0 elsewhere.
///
/// The layer is read once, cut to the surroundings of the grid in its own reference system, and brought into the
/// grid's; a coastline of the whole world therefore serves as well as a local one. Windows may then be burnt from
/// several threads. Where a ring crosses itself, what it encloses an odd number of times is inside; parts of a
/// multipolygon that overlap are inside together. On a grid in degrees polygons also count a turn farther east or west.
///
/// Safe because the geometries are only read after `init`, each thread under `lock`.
public final class PolygonRasterizer: @unchecked Sendable {
  /// The grid of the masks.
  public let grid: Grid
  /// How many pieces of polygons touch the grid.
  public let count: Int
  /// Where no polygon touches the grid, a sentence that says where layer and grid lie; else nil.
  public let miss: String?
  private let geometries: Geometries
  private let lock = Mutex<Void>(())

  /// Reads a polygon layer; nil for `layer` is the only one, or the first that holds polygons.
  ///
  /// A layer without a reference system is taken for one in the grid's where it lies on the grid, with a warning.
  ///
  /// - Throws: a sentence for a layer that holds no polygons, that without a reference system lies elsewhere, that has
  ///   latitudes beyond a pole and nothing on the grid, or that would lie on the grid if x and y changed places.
  public init(path: String, layer: String? = nil, grid: Grid) throws {
    self.grid = grid
    geometries = try GDALMessages.collect { messages in
      let opened = try OpenLayer(path, VectorLayer.open(path), layer, polygons: true)
      if layer == nil { opened.tellOthers() }
      return try withExtendedLifetime(opened.dataset) { try Geometries(opened, grid: grid, messages) }
    }
    count = geometries.handles.count
    miss = geometries.miss
  }

  /// The mask of a window of the grid, row by row, `window.pixelCount` values.
  public func burn(_ window: PixelWindow) throws -> [UInt8] {
    var mask = [UInt8](repeating: 0, count: window.pixelCount)
    let bounds = (grid.cropped(to: window) ?? grid).bounds
    try lock.withLock { _ in
      var inside = geometries.within(bounds)
      if inside.isEmpty { return }
      try GDALMessages.collect { messages in
        let done = mask.withUnsafeMutableBytes { bytes in
          let handle = GDALGetDriverByName("MEM").flatMap {
            GDALCreate($0, "", Int32(window.width), Int32(window.height), 0, GDT_Byte, nil)
          }
          guard let handle else { return false }
          let target = GDALDataset(owning: handle)
          // The band lies over `mask`, which outlives the dataset: it is closed in this closure.
          let place = bytes.baseAddress.map { UInt(bitPattern: $0) } ?? 0
          guard withStringList(["DATAPOINTER=\(place)"], { GDALAddBand(handle, GDT_Byte, $0) }) == CE_None else {
            return false
          }
          var t = [bounds.minX, grid.pixelWidth, 0, bounds.maxY, 0, -grid.pixelHeight]
          GDALSetGeoTransform(handle, &t)
          var band: Int32 = 1
          let ones = [Double](repeating: 1, count: inside.count)
          let result = GDALRasterizeGeometries(
            handle, 1, &band, Int32(inside.count), &inside, nil, nil, ones, nil, nil, nil)
          return target.close() && result == CE_None
        }
        if !done { throw FloeError("polygons cannot be burnt: \(messages.reason)") }
      }
    }
    return mask
  }
}

/// Polygons in the grid's reference system with their envelopes; freed together.
private final class Geometries {
  private(set) var handles: [OGRGeometryH] = []
  private var envelopes: [Bounds] = []
  private(set) var miss: String?

  init(_ layer: OpenLayer, grid: Grid, _ messages: GDALMessages) throws {
    let place = "layer '\(layer.name)' of '\(layer.path)'"
    try Self.check(OGR_FD_GetGeomType(OGR_L_GetLayerDefn(layer.handle)), place, mayBeAny: true)
    let transform = try Self.transform(layer, grid: grid)
    defer { if let transform { OCTDestroyCoordinateTransformation(transform) } }
    if layer.crs == nil, let own = grid.crs { try Self.checkPlace(layer, grid, own, place) }
    let reach = try LayerClipExtent(of: grid, in: layer.crs)
    // Without boxes the layer is taken whole.
    for box in reach.boxes.isEmpty ? [nil] : reach.boxes.map(Optional.some) {
      if let box { OGR_L_SetSpatialFilterRect(layer.handle, box.minX, box.minY, box.maxX, box.maxY) }
      OGR_L_ResetReading(layer.handle)
      while let feature = OGR_L_GetNextFeature(layer.handle) {
        defer { OGR_F_Destroy(feature) }
        guard let own = OGR_F_GetGeometryRef(feature), OGR_G_IsEmpty(own) == 0 else { continue }
        let who = "feature \(OGR_F_GetFID(feature)) of \(place)"
        try Self.check(OGR_G_GetGeometryType(own), who)
        for polygon in try Self.polygons(own, who) {
          guard let transform, let box else {
            add(polygon, to: reach)
            continue
          }
          let cut = polygon.compactMap { RingShape.clipped($0, to: box) }.map {
            RingShape.densified($0, step: reach.step)
          }
          let isOnGlobe = layer.crs?.isGeographic == true && reach.turn == nil
          let shift = SIMD2<Double>(isOnGlobe ? Self.westShift : 0, 0)
          let moved = try cut.map { ring in
            try Self.transformed(
              ring.map { $0 - shift }, transform, "\(who) to \(grid.crs?.label ?? "the grid")", messages)
          }
          add(reach.turn == nil ? moved : moved.map(RingShape.continuous), to: reach)
        }
      }
    }
    if let failure = messages.failures.first {
      throw FloeError("\(place) cannot be read: \(failure)\(NetworkAccess.hint(failure))")
    }
    if handles.isEmpty, let extent = layer.extent {
      if let crs = layer.crs, crs.isGeographic,
        let latitude = [extent.minY, extent.maxY].first(where: Latitude.isBeyondPole)
      {
        let isSwapped = ![extent.minX, extent.maxX].contains(where: Latitude.isBeyondPole)
        throw Latitude.refusal(latitude, of: place, in: "in its polygons", crs: crs, isSwapped: isSwapped)
      }
      let swapped = Bounds(minX: extent.minY, minY: extent.minX, maxX: extent.maxY, maxY: extent.maxX)
      if !reach.boxes.contains(where: extent.touches), reach.boxes.contains(where: swapped.touches) {
        throw FloeError(
          "\(place) covers \(Self.told(extent)) in \(layer.crs?.label ?? "its system"), which would touch the raster "
            + "if x and y changed places: the file seems to hold latitudes before longitudes; swap them, for example "
            + "with 'ogr2ogr -dialect SQLite -sql \"SELECT ST_SwapCoordinates(geometry) ...\"'")
      }
      miss =
        "no polygon of \(place) touches the raster: the layer covers \(Self.told(extent)) in "
        + "\(layer.crs?.label ?? "no system"), the raster \(Self.told(grid.bounds)) in "
        + "\(grid.crs?.label ?? "no system")"
    } else if handles.isEmpty {
      miss = "\(place) holds no polygon"
    }
  }

  /// Takes a layer without a reference system for one in the grid's where it lies on the grid, and says so.
  private static func checkPlace(_ layer: OpenLayer, _ grid: Grid, _ own: CRS, _ place: String) throws {
    guard let extent = layer.extent else { return }
    guard extent.touches(grid.bounds) else {
      throw FloeError(
        "\(place) has no reference system and covers \(told(extent)), outside of the raster, which covers "
          + "\(told(grid.bounds)) in \(own.label); give it its system, for example with "
          + "'ogr2ogr -a_srs EPSG:4326 land.gpkg \(layer.path)'"
      )
    }
    LibraryNotices.add(
      "\(place) has no reference system; it is taken for one in the raster's, \(own.label). A .prj beside the file or "
        + "'ogr2ogr -a_srs' says otherwise")
  }

  private static func told(_ b: Bounds) -> String { "x \(b.minX) to \(b.maxX), y \(b.minY) to \(b.maxY)" }

  deinit { for g in handles { OGR_G_DestroyGeometry(g) } }

  /// The polygons whose envelopes touch a rectangle.
  func within(_ bounds: Bounds) -> [OGRGeometryH?] {
    zip(handles, envelopes).filter { $0.1.intersects(bounds) }.map { $0.0 }
  }

  /// By how much polygons in degrees are moved west for a map: a millimetre.
  ///
  /// The two edges at which a polygon of the whole Earth begins and ends lie on each other there, but for rounding, and
  /// pixels whose centres are on that very meridian would fall between them.
  private static let westShift = 1e-8

  /// Keeps a polygon where it touches the grid, on a grid in degrees also some turns away.
  private func add(_ rings: [[SIMD2<Double>]], to reach: LayerClipExtent) {
    for turn in reach.turn == nil ? 0...0 : -2...2 {
      let moved = turn == 0 ? rings : rings.map { $0.map { SIMD2($0.x + 360 * Double(turn), $0.y) } }
      guard let bounds = RingShape.bounds(moved), bounds.touches(reach.grid), let handle = Self.handle(moved) else {
        continue
      }
      handles.append(handle)
      envelopes.append(bounds)
    }
  }

  private static func check(_ declared: OGRwkbGeometryType, _ who: String, mayBeAny: Bool = false) throws {
    let type = OGR_GT_Flatten(declared)
    if [wkbPolygon, wkbMultiPolygon, wkbCurvePolygon, wkbMultiSurface].contains(type)
      || mayBeAny && [wkbUnknown, wkbGeometryCollection].contains(type)
    {
      return
    }
    throw FloeError("\(who) holds \(text(OGRGeometryTypeToName(type)) ?? "unknown"); a mask needs polygons")
  }

  /// Rings of each polygon of a geometry, curves as short straight lines.
  private static func polygons(_ geometry: OGRGeometryH, _ who: String) throws -> [[[SIMD2<Double>]]] {
    let parts = { (0..<OGR_G_GetGeometryCount(geometry)).compactMap { OGR_G_GetGeometryRef(geometry, $0) } }
    switch OGR_GT_Flatten(OGR_G_GetGeometryType(geometry)) {
    case wkbPolygon: return [parts().map(points)]
    case wkbMultiPolygon:
      return parts().map { part in
        (0..<OGR_G_GetGeometryCount(part)).compactMap { OGR_G_GetGeometryRef(part, $0) }.map(points)
      }
    default:
      guard let straight = OGR_G_GetLinearGeometry(geometry, 0, nil) else {
        throw FloeError("\(who) has curves that cannot be made straight")
      }
      defer { OGR_G_DestroyGeometry(straight) }
      guard [wkbPolygon, wkbMultiPolygon].contains(OGR_GT_Flatten(OGR_G_GetGeometryType(straight))) else { return [] }
      return try polygons(straight, who)
    }
  }

  private static func points(_ ring: OGRGeometryH) -> [SIMD2<Double>] {
    let count = OGR_G_GetPointCount(ring)
    let stride = Int32(MemoryLayout<SIMD2<Double>>.stride)
    var result = [SIMD2<Double>](repeating: .zero, count: Int(count))
    result.withUnsafeMutableBytes { bytes in
      guard let x = bytes.baseAddress else { return }
      OGR_G_GetPoints(ring, x, stride, x + MemoryLayout<Double>.stride, stride, nil, 0)
    }
    return result
  }

  private static func handle(_ rings: [[SIMD2<Double>]]) -> OGRGeometryH? {
    guard let polygon = OGR_G_CreateGeometry(wkbPolygon) else { return nil }
    let stride = Int32(MemoryLayout<SIMD2<Double>>.stride)
    for points in rings {
      guard let ring = OGR_G_CreateGeometry(wkbLinearRing) else { continue }
      points.withUnsafeBytes { bytes in
        guard let x = bytes.baseAddress else { return }
        OGR_G_SetPoints(ring, Int32(points.count), x, stride, x + MemoryLayout<Double>.stride, stride, nil, 0)
      }
      OGR_G_AddGeometryDirectly(polygon, ring)
    }
    OGR_G_CloseRings(polygon)
    return polygon
  }

  private static func transformed(
    _ ring: [SIMD2<Double>], _ transform: OGRCoordinateTransformationH, _ what: String, _ messages: GDALMessages
  ) throws -> [SIMD2<Double>] {
    var x = ring.map(\.x)
    var y = ring.map(\.y)
    guard OCTTransform(transform, Int32(x.count), &x, &y, nil) != 0 else {
      throw FloeError("cannot bring \(what): \(messages.reason)")
    }
    return zip(x, y).map { SIMD2($0, $1) }
  }

  /// Nil where layer or grid has no reference system or both have the same.
  private static func transform(_ layer: OpenLayer, grid: Grid) throws -> OGRCoordinateTransformationH? {
    guard let from = layer.crs, let to = grid.crs, !from.isSame(as: to) else { return nil }
    let made = try SpatialReference.withHandle(from) { source in
      try SpatialReference.withHandle(to) { target in OCTNewCoordinateTransformation(source, target) }
    }
    guard let made else {
      throw FloeError("there is no transformation from '\(from.label)' of '\(layer.path)' to '\(to.label)'")
    }
    return made
  }
}
