internal import CGDAL
import FloeCore

/// Puts everything a `RasterSpec` says, but the pixels, onto an open dataset.
enum RasterMetadataWriter {
  /// Puts on what a description says.
  ///
  /// - Parameter leavesNoData: whether no-data values are left out, for files that have one for all bands.
  static func apply(
    _ spec: RasterSpec, provenance: [String: String], to dataset: GDALDataset, leavesNoData: Bool = false
  ) throws {
    try applyGrid(spec.grid, to: dataset)
    for (key, value) in try RasterMetadataKeys.items(of: spec, provenance: provenance) {
      GDALSetMetadataItem(dataset.handle, key, value, nil)
    }
    for (i, info) in spec.bands.enumerated() {
      guard let band = dataset.band(i + 1) else { throw FloeError("band \(i + 1) of the new raster cannot be had") }
      GDALSetDescription(band, info.name)
      for (key, value) in RasterMetadataKeys.items(of: info) { GDALSetMetadataItem(band, key, value, nil) }
      if let noData = info.noData, !leavesNoData { GDALSetRasterNoDataValue(band, noData) }
      if info.unit != .dimensionless { GDALSetRasterUnitType(band, info.unit.rawValue) }
      if info.scale != 1 || info.offset != 0 {
        GDALSetRasterScale(band, info.scale)
        GDALSetRasterOffset(band, info.offset)
      }
      if let classes = spec.classes, spec.type == .uint8, spec.bands.count == 1 { applyClasses(classes, to: band) }
    }
  }

  /// Whether some bands have a no-data value and others have none, which the one value of a TIFF cannot say.
  static func isNoDataPartial(_ spec: RasterSpec) -> Bool {
    let count = spec.bands.count(where: { $0.noData != nil })
    return count > 0 && count < spec.bands.count
  }

  static func applyGrid(_ grid: Grid, to dataset: GDALDataset) throws {
    var t = [grid.originX, grid.pixelWidth, 0, grid.originY, 0, -grid.pixelHeight]
    GDALSetGeoTransform(dataset.handle, &t)
    if let crs = grid.crs {
      try SpatialReference.withHandle(crs) { reference in _ = GDALSetSpatialRef(dataset.handle, reference) }
    }
  }

  private static func applyClasses(_ classes: ClassTable, to band: UnsafeMutableRawPointer) {
    let entries = classes.entries.filter { (0...255).contains($0.code) }
    if let table = GDALCreateColorTable(GPI_RGB) {
      for e in entries {
        var color = GDALColorEntry(c1: Int16(e.color.red), c2: Int16(e.color.green), c3: Int16(e.color.blue), c4: 255)
        GDALSetColorEntry(table, Int32(e.code), &color)
      }
      GDALSetRasterColorTable(band, table)
      GDALDestroyColorTable(table)
    }
    var names = [String](repeating: "", count: (entries.last?.code ?? -1) + 1)
    for e in entries { names[e.code] = e.label }
    withStringList(names) { _ = GDALSetRasterCategoryNames(band, $0) }
    if let table = GDALCreateRasterAttributeTable() {
      let columns: [(String, GDALRATFieldType, GDALRATFieldUsage)] = [
        ("Value", GFT_Integer, GFU_MinMax), ("Class", GFT_String, GFU_Name), ("R", GFT_Integer, GFU_Red),
        ("G", GFT_Integer, GFU_Green), ("B", GFT_Integer, GFU_Blue),
      ]
      for (name, type, usage) in columns { GDALRATCreateColumn(table, name, type, usage) }
      GDALRATSetTableType(table, GRTT_THEMATIC)
      for (row, e) in entries.enumerated() {
        GDALRATSetValueAsInt(table, Int32(row), 0, Int32(e.code))
        GDALRATSetValueAsString(table, Int32(row), 1, e.label)
        for (i, v) in [e.color.red, e.color.green, e.color.blue].enumerated() {
          GDALRATSetValueAsInt(table, Int32(row), Int32(2 + i), Int32(v))
        }
      }
      GDALSetDefaultRAT(band, table)
      GDALDestroyRasterAttributeTable(table)
    }
  }
}
