internal import CGDAL
import FloeCore

/// One layer of an open dataset.
struct OpenLayer {
  let path: String
  let dataset: GDALDataset
  /// The handle; valid while the dataset is.
  let handle: OGRLayerH
  let name: String

  /// - Parameters:
  ///   - wanted: the layer's name; nil for the first.
  ///   - polygons: whether without a name the first layer that may hold polygons is meant.
  /// - Throws: a sentence where there is none of that name.
  init(_ path: String, _ dataset: GDALDataset, _ wanted: String?, polygons: Bool = false) throws {
    let first = polygons ? Self.firstWithPolygons(dataset) ?? 0 : 0
    let found =
      wanted.map { GDALDatasetGetLayerByName(dataset.handle, $0) } ?? GDALDatasetGetLayer(dataset.handle, first)
    guard let found else {
      let all = Self.names(dataset)
      let asked = wanted.map { " '\($0)'" } ?? ""
      throw FloeError("'\(path)' has no layer\(asked); it has \(all.isEmpty ? "none" : all.joined(separator: ", "))")
    }
    self.path = path
    self.dataset = dataset
    handle = found
    name = text(OGR_L_GetName(found)) ?? ""
  }

  /// The names of a dataset's layers, in order.
  static func names(_ dataset: GDALDataset) -> [String] {
    (0..<GDALDatasetGetLayerCount(dataset.handle)).compactMap { i in
      GDALDatasetGetLayer(dataset.handle, i).flatMap { text(OGR_L_GetName($0)) }
    }
  }

  private static func firstWithPolygons(_ dataset: GDALDataset) -> Int32? {
    let kinds = [wkbPolygon, wkbMultiPolygon, wkbCurvePolygon, wkbMultiSurface]
    let types = (0..<GDALDatasetGetLayerCount(dataset.handle)).map { i in
      GDALDatasetGetLayer(dataset.handle, i).map { OGR_GT_Flatten(OGR_L_GetGeomType($0)) } ?? wkbNone
    }
    let found =
      types.firstIndex { kinds.contains($0) } ?? types.firstIndex { $0 == wkbUnknown || $0 == wkbGeometryCollection }
    return found.map(Int32.init)
  }

  /// Says which of several layers is read when none was named.
  func tellOthers() {
    let all = Self.names(dataset).filter { $0 != "layer_styles" }
    guard all.count > 1 else { return }
    LibraryNotices.add(
      "'\(path)' has the layers \(all.joined(separator: ", ")), of which '\(name)' is read; 'layer' names another")
  }

  /// The name of the first column; nil where there is none.
  var firstColumn: String? {
    guard let definition = OGR_L_GetLayerDefn(handle), OGR_FD_GetFieldCount(definition) > 0 else { return nil }
    return OGR_FD_GetFieldDefn(definition, 0).flatMap { text(OGR_Fld_GetNameRef($0)) }
  }

  /// The reference system of the layer's geometry.
  var crs: CRS? { OGR_L_GetSpatialRef(handle).flatMap { SpatialReference.value(of: $0) } }

  /// The extent of all features in the layer's own system; nil for a layer without geometry, or without any place.
  var extent: Bounds? {
    OGR_L_SetSpatialFilter(handle, nil)
    var box = OGREnvelope()
    guard OGR_L_GetExtent(handle, &box, 1) == OGRERR_NONE, box.MinX <= box.MaxX, box.MinY <= box.MaxY else {
      return nil
    }
    return Bounds(minX: box.MinX, minY: box.MinY, maxX: box.MaxX, maxY: box.MaxY)
  }
}
