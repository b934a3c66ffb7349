internal import CGDAL
import FloeCore
import Synchronization

/// Burns the polygons of a layer into masks on a grid: 1 where a pixel's centre lies inside, 0 elsewhere.
///
/// The layer is read and brought into the grid's reference system once; windows may then be burnt from several threads.
/// Polygons across the 180° meridian are taken as they are.
///
/// Safe because the geometries are only read behind `init`, each thread under `lock`.
public final class PolygonBurner: @unchecked Sendable {
  /// The grid of the masks.
  public let grid: Grid
  /// How many polygons are burnt.
  public let count: Int
  private let geometries: Geometries
  private let lock = Mutex<Void>(())

  /// Reads a polygon layer; nil for `layer` is the only one, or the first.
  public init(path: String, layer: String? = nil, grid: Grid) throws {
    self.grid = grid
    geometries = try GDALMessages.collect { messages in
      let reader = try LayerReader(path, VectorLayer.open(path), layer)
      return try withExtendedLifetime(reader.dataset) { try Geometries(reader, grid: grid, messages) }
    }
    count = geometries.handles.count
  }

  /// The mask of a window, row by row.
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
          guard withStringList(["DATAPOINTER=\(place)"], { GDALAddBand(handle, GDT_Byte, $0) }) == CE_None else { return false }
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

  init(_ reader: LayerReader, grid: Grid, _ messages: GDALMessages) throws {
    let transform = try Self.transform(reader, grid: grid)
    defer { if let transform { OCTDestroyCoordinateTransformation(transform) } }
    OGR_L_ResetReading(reader.layer)
    var row = 0
    while let feature = OGR_L_GetNextFeature(reader.layer) {
      defer { OGR_F_Destroy(feature) }
      row += 1
      guard let own = OGR_F_GetGeometryRef(feature), OGR_G_IsEmpty(own) == 0 else { continue }
      let type = OGR_GT_Flatten(OGR_G_GetGeometryType(own))
      guard [wkbPolygon, wkbMultiPolygon, wkbCurvePolygon, wkbMultiSurface].contains(type) else {
        let kind = text(OGRGeometryTypeToName(type)) ?? "unknown"
        throw FloeError("layer '\(reader.name)' of '\(reader.path)' holds \(kind) (row \(row)); a mask needs polygons")
      }
      guard let copy = OGR_G_Clone(own) else { throw FloeError("no memory for the polygons of '\(reader.path)'") }
      handles.append(copy)
      if let transform, OGR_G_Transform(copy, transform) != OGRERR_NONE {
        let target = grid.crs?.label ?? "the grid"
        throw FloeError("row \(row) of layer '\(reader.name)' of '\(reader.path)' cannot be brought to \(target): \(messages.reason)")
      }
      var e = OGREnvelope()
      OGR_G_GetEnvelope(copy, &e)
      envelopes.append(Bounds(minX: e.MinX, minY: e.MinY, maxX: e.MaxX, maxY: e.MaxY))
    }
    if let failure = messages.failures.first { throw FloeError("layer '\(reader.name)' of '\(reader.path)' cannot be read: \(failure)") }
  }

  deinit { for g in handles { OGR_G_DestroyGeometry(g) } }

  /// The polygons whose envelopes touch a rectangle.
  func within(_ bounds: Bounds) -> [OGRGeometryH?] {
    zip(handles, envelopes).filter { $0.1.intersects(bounds) }.map { $0.0 }
  }

  /// Nil where layer or grid has no reference system or both have the same.
  private static func transform(_ reader: LayerReader, grid: Grid) throws -> OGRCoordinateTransformationH? {
    guard let from = reader.crs, let to = grid.crs, from != to else { return nil }
    let made = try SpatialReference.lend(from) { source in
      try SpatialReference.lend(to) { target in OCTNewCoordinateTransformation(source, target) }
    }
    guard let made else { throw FloeError("there is no transformation from '\(from.label)' of '\(reader.path)' to '\(to.label)'") }
    return made
  }
}
