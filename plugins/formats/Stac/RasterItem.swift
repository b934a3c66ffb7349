import FloeIO
import FloeSDK
import Foundation

/// Describes a written raster as a STAC item (1.1.0) with projection, raster, classification, processing and file
/// extensions.
struct RasterItem {
  let path: String
  let spec: RasterSpec
  let provenance: JSONValue
  /// The type of the asset, as STAC's best practices name it.
  let mediaType: String

  /// The item; nil when the raster lacks a time or a reference system, which STAC demands.
  func json() throws -> JSONValue? {
    guard let time = spec.acquisition?.time, let crs = spec.grid.crs else { return nil }
    let parts = StacParts(path: path, provenance: provenance, acquisition: spec.acquisition)
    // Classes are a quantity retrieved on the scene's own grid; other rasters may hold anything.
    var properties = parts.properties(level: spec.classes == nil ? nil : "L2")
    properties["datetime"] = .string(time.iso8601)
    properties["proj:code"] = JSONValue(crs.code)
    properties["proj:shape"] = [.integer(spec.grid.height), .integer(spec.grid.width)]
    properties["proj:transform"] = [
      .number(spec.grid.pixelWidth), 0, .number(spec.grid.originX), 0, .number(-spec.grid.pixelHeight),
      .number(spec.grid.originY),
    ]
    // STAC counts it in metres; a pixel of so many degrees has another width on each row.
    if let pixel = spec.grid.pixelMetres { properties["gsd"] = .number(pixel.x) }
    if crs.code == nil { properties["proj:wkt2"] = .string(crs.wkt) }
    var extensions: [StacParts.Extension] = [.projection, .processing]
    var (asset, isFile) = try parts.asset(type: mediaType, roles: ["data"])
    asset["bands"] = .array(spec.bands.map(band))
    if spec.grid.pixelMetres != nil || spec.bands.contains(where: Self.isScaled) { extensions.append(.raster) }
    if isFile { extensions.append(.file) }
    if let classes = spec.classes {
      extensions.append(.classification)
      asset["classification:classes"] = StacParts.classes(classes, noData: noDataCode)
    }
    return parts.item(
      id: (parts.file as NSString).deletingPathExtension, place: .init(try GeographicOutline(of: spec.grid)),
      extensions: extensions, properties: properties, assets: ["data": .object(asset)])
  }

  /// Writes the item, or says why there is none.
  func write(to file: String, in context: WriteContext) throws {
    guard let item = try json() else {
      return context.log(.info, "no STAC item: the raster has no time or no coordinate reference system")
    }
    try VirtualFile.write(try JSONText.encode(item, pretty: true) + "\n", to: file)
  }

  /// The code of no data of a class raster; nil where its first band has none.
  private var noDataCode: Int? { spec.bands.first?.noData.flatMap { Int(exactly: $0) } }

  private static func isScaled(_ b: BandSpec) -> Bool { b.scale != 1 || b.offset != 0 }

  private func band(_ b: BandSpec) -> JSONValue {
    var members: [String: JSONValue] = [
      "name": .string(b.name), "data_type": .string(spec.type.rawValue), "unit": .string(b.unit.rawValue),
    ]
    if !b.summary.isEmpty { members["description"] = .string(b.summary) }
    if let noData = b.noData { members["nodata"] = noData.isFinite ? .number(noData) : "nan" }
    if let pixel = spec.grid.pixelMetres { members["raster:spatial_resolution"] = .number(pixel.x) }
    if Self.isScaled(b) {
      members["raster:scale"] = .number(b.scale)
      members["raster:offset"] = .number(b.offset)
    }
    return .object(members)
  }
}
