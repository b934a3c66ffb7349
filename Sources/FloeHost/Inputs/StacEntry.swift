import FloeIO
import FloeSDK

extension StacDocument.Entry {
  /// Compares a file of the disk with what its item tells of it.
  ///
  /// - Parameter document: the document that the item is of, for sentences.
  /// - Returns: a sentence for people where the file is another one and may be; nil for nothing.
  /// - Throws: a sentence where it is not the file that the item tells of.
  func check(named document: String) throws -> String? {
    guard size != nil || sha256 != nil, !RemotePath.isRemote(path), !Folder.isFolder(path),
      let state = FileState(of: path)
    else { return nil }
    let who = "the item '\(id)' of \(document)"
    if let size, size != state.size {
      throw FloeError(
        "\(path) is not the file that \(who) tells of: it has \(state.size) bytes, file:size says \(size)")
    }
    guard let sha256 else { return nil }
    let digests = ContentDigests()
    // Takes up what was kept of the file, and keeps what is found: the run needs the same digest.
    _ = try digests.of(path)
    let found = try digests.digest(ofFile: path)
    guard found != sha256 else { return nil }
    if try VirtualFile.read(path, limit: 15) == Array("SQLite format 3".utf8) {
      return
        "\(path) was changed since \(who) was written, if only by a program that looked at it: its SHA-256 is another"
    }
    throw FloeError(
      """
      \(path) is not the file that \(who) tells of: its SHA-256 is \(found.prefix(12))..., file:checksum says \
      \(sha256.prefix(12))...
      """)
  }
}

/// What items of STAC tell of themselves.
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
