import FloeSDK

/// What items of STAC say of themselves.
enum StacKind {
  /// The SHA-256 of a multihash (12 says SHA-256, 20 its length of 32 bytes); nil for other sums.
  static func sha256(_ multihash: String) -> String? {
    let text = multihash.lowercased()
    guard text.hasPrefix("1220"), text.utf8.count == 68, text.allSatisfy(\.isHexDigit) else { return nil }
    return String(text.dropFirst(4))
  }

  private static let rasterEndings = [
    ".tif", ".tiff", ".jp2", ".vrt", ".zarr", ".img", ".safe", ".safe.zip",
  ]
  private static let tableEndings = [".gpkg", ".csv", ".parquet", ".geojson", ".shp", ".fgb"]
  /// Pictures for people are no data.
  private static let pictures: Set<String> = ["thumbnail", "overview", "visual"]

  /// What an item is: a raster where any asset is one, else what the asset that is its data is.
  static func kind(of item: JSONValue, own: JSONValue?) -> PortKind? {
    let roles = own?["roles"]?.arrayValue?.compactMap(\.stringValue) ?? []
    if roles.contains("mlm:model") { return .model }
    let assets = (item["assets"]?.objectValue ?? [:]).values.filter { asset in
      let roles = asset["roles"]?.arrayValue?.compactMap(\.stringValue) ?? []
      return pictures.isDisjoint(with: roles)
    }
    if assets.contains(where: isRaster) { return .raster }
    let properties = item["properties"]
    if (properties?["table:columns"] ?? own?["table:columns"]) != nil { return .table }
    guard let own else { return nil }
    let type = own["type"]?.stringValue ?? ""
    if ["geopackage", "csv", "parquet", "geo+json"].contains(where: { type.contains($0) }) || ends(own, tableEndings) {
      return .table
    }
    return type.hasPrefix("application/json") ? .document : nil
  }

  private static func isRaster(_ asset: JSONValue) -> Bool {
    let type = asset["type"]?.stringValue ?? ""
    return type.hasPrefix("image/") || type.contains("zarr") || asset["raster:bands"] != nil
      || asset["proj:shape"] != nil || ends(asset, rasterEndings)
  }

  private static func ends(_ asset: JSONValue, _ endings: [String]) -> Bool {
    let href = (asset["href"]?.stringValue ?? "").lowercased()
    return endings.contains { href.hasSuffix($0) }
  }
}
