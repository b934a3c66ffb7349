import FloeIO
import FloeSDK

/// A Sentinel-2 product of ESA's Earth Observation Processing Framework (EOPF): a Zarr store of version 2.
///
/// Sources: the mappings `S02MSIL1C_PSD15.json` and `S02MSIL2A_PSD15.json` of ESA's package eopf 2.8.1, which say
/// what of a .SAFE product goes where, and Product Structure and Format Definition, CSGF-CSC-DPR-PSD.
struct EOPFStore: Sendable {
  /// The store's folder, as a path that GDAL reads.
  let root: String
  /// The path as the user gave it.
  let path: String
  let level: ProcessingLevel
  /// The root's attributes: `stac_discovery` and `other_metadata`.
  let attributes: JSONValue

  /// Files of which every store has one at its root.
  private static let marks = ZarrFile.markers + [".zattrs", ".zmetadata"]

  /// Opens the store at a `.zarr` folder or its `.zip`; nil for what is no Zarr store.
  ///
  /// - Throws: a sentence for a Zarr store that is not read: of another version, of another product, on the network.
  init?(_ given: String) throws {
    let path = Self.trimmed(given)
    let name = SafeLocation.lastComponent(path).lowercased()
    if RemotePath.isRemote(path) {
      guard name.hasSuffix(".zarr") || name.hasSuffix(".zarr.zip") else { return nil }
      throw FloeError(
        """
        '\(RemotePath.shown(path))' is a Zarr store on the network, of which parts cannot be told from parts that are \
        missing; fetch it to the disk and give its folder
        """)
    }
    guard let root = try Self.root(path, name) else { return nil }
    self.path = path
    self.root = root
    guard !VirtualFile.exists(root + "/zarr.json") || VirtualFile.exists(root + "/.zgroup") else {
      throw FloeError(
        """
        '\(path)' is a Zarr store of version 3 (it has a zarr.json); EOPF products of Zarr version 2 are read, or the \
        same scene as .SAFE
        """)
    }
    let file = root + "/.zattrs"
    guard VirtualFile.exists(file) else {
      throw FloeError(
        """
        '\(path)' is a Zarr store without attributes at its root ('.zattrs'), not a whole EOPF product of Sentinel-2; \
        files that begin with a point belong to it
        """)
    }
    let attributes = try JSONText.decode(try VirtualFile.readText(file), name: "'\(file)'")
    self.attributes = attributes
    guard let stac = attributes["stac_discovery"] else {
      throw FloeError(
        """
        '\(path)' is a Zarr store, but no EOPF product: the attributes of its root have no stac_discovery; a .SAFE or \
        an EOPF .zarr of Sentinel-2 is needed
        """)
    }
    let words = Self.words(stac)
    guard let level = Self.level(words) else {
      throw FloeError(
        """
        '\(path)' is an EOPF product of type '\(words.first ?? "")'; Sentinel-2 MSI of level 1C or 2A (S02MSIL1C, \
        S02MSIL2A) is read
        """)
    }
    self.level = level
  }

  /// Whether a path looks like such a product by its name or by the attributes of its root.
  static func looksLikeProduct(_ given: String) -> Bool {
    let path = trimmed(given)
    let name = SafeLocation.lastComponent(path)
    let lower = name.lowercased()
    if lower.hasSuffix(".zarr") || lower.hasSuffix(".zarr.zip") {
      let isNamed = name.hasPrefix("S02MSIL") || (name.hasPrefix("S2") && name.contains("_MSIL"))
      if isNamed { return RemotePath.isRemote(path) || VirtualFile.exists(path) }
    }
    // Safe because what cannot be opened is no product of ours; the reason belongs to whoever opens it.
    return (try? EOPFStore(path)) != nil
  }

  private static func trimmed(_ given: String) -> String {
    var path = given
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }

  /// The folder of the store: the path, or the only store at the top of an archive.
  private static func root(_ path: String, _ name: String) throws -> String? {
    if VirtualFile.isDirectory(path) {
      if marks.contains(where: { VirtualFile.exists("\(path)/\($0)") }) { return path }
      guard name.hasSuffix(".zarr") else { return nil }
      throw FloeError(
        """
        '\(path)' is named as a Zarr store, but has none of \(marks.joined(separator: ", ")); files that begin with a \
        point belong to it
        """)
    }
    guard name.hasSuffix(".zip"), VirtualFile.exists(path) else { return nil }
    let inside = VirtualFile.zip(path)
    let isNamed = name.hasSuffix(".zarr.zip")
    let listed: [String]
    do { listed = try VirtualFile.list(inside) } catch {
      // An archive by another name that cannot be listed is reported by whoever looks for a .SAFE in it.
      if isNamed { throw error }
      return nil
    }
    let names = listed.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    if marks.contains(where: names.contains) { return inside }
    let stores = names.filter { $0.hasSuffix(".zarr") }
    if stores.count == 1 { return "\(inside)/\(stores[0])" }
    guard isNamed || !stores.isEmpty else { return nil }
    throw FloeError(
      "'\(path)' holds \(stores.isEmpty ? "no Zarr store" : "\(stores.count) Zarr stores"); one is needed")
  }

  /// What the type is read from: the product type under the names that it has had, the product's name.
  private static func words(_ stac: JSONValue) -> [String] {
    let properties = stac["properties"]
    return [properties?["product:type"], properties?["eopf:type"], stac["id"]].compactMap { $0?.stringValue }
  }

  private static func level(_ words: [String]) -> ProcessingLevel? {
    for word in words where word.hasPrefix("S02") || word.hasPrefix("S2") {
      if word.contains("MSIL1C") { return .l1c }
      if word.contains("MSIL2A") { return .l2a }
    }
    return nil
  }
}
