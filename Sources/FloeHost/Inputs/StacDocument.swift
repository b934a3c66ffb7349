import FloeIO
import FloeSDK
import Foundation

/// A STAC item, catalogue, collection or item collection, of the disk or on the network, read for the files that it
/// names.
struct StacDocument {
  /// An item and the file of it that is meant.
  struct Entry: Sendable {
    let id: String
    /// A path of the disk, or one of GDAL's for the network.
    let path: String
    /// What the item is, as its assets say; nil where they do not.
    let kind: PortKind?
    /// What the item says of the file: its bytes, and SHA-256 as hexadecimal digits.
    let size: Int?
    let sha256: String?
    /// Whether floe wrote the item.
    let isOwn: Bool
  }
  private let root: JSONValue
  private let path: String
  /// The asset asked for by its key; nil for the one that is the data.
  private let key: String?

  /// The kind: `Feature`, `FeatureCollection`, `Catalog` or `Collection`.
  var kind: String { root["type"]?.stringValue ?? (root["features"] == nil ? "Catalog" : "FeatureCollection") }

  /// What an item collection lacks that is one page of several, as the end of a sentence; nil for a whole one.
  var lack: String? {
    guard kind == "FeatureCollection" else { return nil }
    let count = root["features"]?.arrayValue?.count ?? 0
    let all = root["numberMatched"]?.intValue ?? root["context"]?["matched"]?.intValue
    if let all, all > count { return "holds \(count) of \(all) items" }
    return CatalogueAnswer.next(root) == nil ? nil : "holds \(count) items and names a next page"
  }

  /// Reads what an input names, when that is STAC; nil for anything else.
  ///
  /// - Parameter input: a path or URL, with `#key` after it to name an asset.
  /// - Throws: a sentence where the document cannot be read.
  init?(_ input: String) throws {
    var text = input
    var key: String?
    if let hash = text.lastIndex(of: "#"), FileState(of: text) == nil {
      let rest = String(text[text.index(after: hash)...])
      text = String(text[..<hash])
      key = rest.isEmpty ? nil : rest
    }
    let lower = text.lowercased().prefix { $0 != "?" }
    let isJSON = lower.hasSuffix(".json") || lower.hasSuffix(".geojson")
    if RemotePath.isURL(text) || RemotePath.isRemote(text) {
      let name = lower.split(separator: "/").last ?? ""
      // The items of an API have no ending.
      guard isJSON || !name.contains("."), let place = try RemotePath.resolve(text) ?? Optional(text) else {
        return nil
      }
      NetworkAccess.allow(for: [place])
      guard VirtualFile.exists(place), !VirtualFile.isDirectory(place), try VirtualFile.size(place) <= 64 << 20,
        try VirtualFile.read(place, limit: 1) == [UInt8(ascii: "{")]
      else { return nil }
      path = place
    } else {
      guard isJSON, let state = FileState(of: text), state.size <= 64 << 20 else { return nil }
      path = text
    }
    let bytes = try VirtualFile.read(path)
    // Whoever needs the document reports that it is no JSON.
    guard let root = try? JSONText.decode(bytes: bytes, name: "'\(RemotePath.shown(path))'") else { return nil }
    let features = root["features"]?.arrayValue ?? []
    // What a search writes that found nothing.
    let isEmpty = root["features"]?.arrayValue?.isEmpty == true && !lower.hasSuffix(".geojson")
    guard root["stac_version"] != nil || isEmpty || features.contains(where: { $0["stac_version"] != nil }) else {
      return nil
    }
    self.root = root
    self.key = key
  }

  /// All items, in the document's order, with their files.
  ///
  /// - Throws: a sentence where an item names no file, or several that could be meant.
  func entries() throws -> [Entry] {
    var found: [Entry] = []
    var seen: Set<String> = []
    func read(_ value: JSONValue, from file: String, depth: Int) throws {
      guard depth < 8 else { throw FloeError("the catalogues in \(RemotePath.shown(path)) are more than eight deep") }
      if value["type"]?.stringValue == "Feature" { return found.append(try entry(value, from: file)) }
      for item in value["features"]?.arrayValue ?? [] { found.append(try entry(item, from: file)) }
      for link in value["links"]?.arrayValue ?? [] {
        guard let rel = link["rel"]?.stringValue, ["item", "child"].contains(rel),
          let href = link["href"]?.stringValue
        else { continue }
        let next = try Self.place(href, beside: file)
        guard seen.insert(next).inserted else { continue }
        let json = try JSONText.decode(bytes: try VirtualFile.read(next), name: "'\(RemotePath.shown(next))'")
        try read(json, from: next, depth: depth + 1)
      }
    }
    try read(root, from: path, depth: 0)
    return found
  }

  // MARK: Assets

  private func entry(_ item: JSONValue, from file: String) throws -> Entry {
    let id = item["id"]?.stringValue ?? "?"
    let assets = item["assets"]?.objectValue ?? [:]
    let href = try asset(assets, of: id)
    if let source = try SignedAddress.source(of: item, for: href) {
      NetworkAccess.allow(for: [source])
      let place = try RemotePath.resolve(source) ?? source
      return try entry(try SignedAddress.renewed(item, from: source), from: place)
    }
    // The folder of a product is named by a file inside of it, whose size is not the folder's.
    let own = assets.values.first { $0["href"]?.stringValue == href }
    return Entry(
      id: id, path: try Self.place(href, beside: file), kind: StacKind.kind(of: item, own: own),
      size: own?["file:size"]?.intValue, sha256: own?["file:checksum"]?.stringValue.flatMap(StacKind.sha256),
      isOwn: item["properties"]?["processing:software"]?["floe"] != nil)
  }

  private static let others: Set<String> = ["thumbnail", "overview", "metadata", "visual", "index"]
  /// Media types in the order in which they are preferred where several assets are data.
  private static let types = [
    "cloud-optimized", "image/tiff", "image/jp2", "application/vnd.zarr", "application/geopackage", "netcdf",
    "application/zip", "text/csv",
  ]

  private func asset(_ assets: [String: JSONValue], of id: String) throws -> String {
    let all = assets.sorted { $0.key < $1.key }
    func href(_ asset: JSONValue) throws -> String {
      guard let href = asset["href"]?.stringValue, !href.isEmpty else {
        throw FloeError("the item '\(id)' names no file")
      }
      return href
    }
    if let key {
      guard let asset = assets[key] else {
        throw FloeError(
          "the item '\(id)' of \(RemotePath.shown(path)) has no asset '\(key)'; it has "
            + all.map(\.key).joined(separator: ", ")
        )
      }
      return try href(asset)
    }
    func roles(_ asset: JSONValue) -> Set<String> { Set((asset["roles"]?.arrayValue ?? []).compactMap(\.stringValue)) }
    var data = all.filter { roles($0.value).contains("data") }
    if data.isEmpty { data = all.filter { roles($0.value).isDisjoint(with: Self.others) } }
    if data.count == 1 { return try href(data[0].value) }
    // Bands of a product one by one: the product is the folder of its metadata.
    for name in ["MTD_MSIL1C.xml", "MTD_MSIL2A.xml", "manifest.safe", "xfdumanifest.xml"] {
      for asset in all {
        let text = asset.value["href"]?.stringValue ?? ""
        if text.hasSuffix("/" + name) { return String(text.dropLast(name.count + 1)) }
      }
    }
    if let folder = Self.product(of: data.compactMap { $0.value["href"]?.stringValue }) { return folder }
    for type in Self.types {
      let fitting = data.filter { ($0.value["type"]?.stringValue ?? "").contains(type) }
      if fitting.count == 1 { return try href(fitting[0].value) }
      if fitting.count > 1 {
        data = fitting
        break
      }
    }
    guard !data.isEmpty else { throw FloeError("the item '\(id)' of \(RemotePath.shown(path)) names no file") }
    throw FloeError(
      "the item '\(id)' of \(RemotePath.shown(path)) has the assets "
        + "\(data.map(\.key).joined(separator: ", ")), of which one "
        + "must be named: \(RemotePath.shown(path))#\(data[0].key)")
  }

  /// The product folder that all files lie in; nil where they lie in none, or in several.
  private static func product(of files: [String]) -> String? {
    let folders = files.map { file in
      [".SAFE/", ".SEN3/"].compactMap { file.firstRange(of: $0)?.upperBound }.min()
        .map { String(file[..<$0].dropLast()) }
    }
    return Set(folders).count == 1 ? folders[0] : nil
  }

  /// Where an address leads from a document.
  static func place(_ href: String, beside file: String) throws -> String {
    if href.lowercased().hasPrefix("file:"), RemotePath.isRemote(file) {
      throw FloeError(
        "\(RemotePath.shown(file)) names '\(href)', a file of this machine; a document on the network may name only "
          + "files there")
    }
    if href.lowercased().hasPrefix("file://") { return existing(String(href.dropFirst(7))) }
    if RemotePath.isURL(href) {
      let place = try RemotePath.resolve(href) ?? href
      NetworkAccess.allow(for: [place])
      return place
    }
    guard !href.contains("://") else {
      throw FloeError(
        AddressScheme.refusal(href).map { "\(RemotePath.shown(file)): \($0)" }
          ?? "'\(href)' in \(RemotePath.shown(file)) is no address that is read")
    }
    if RemotePath.isRemote(file) {
      let url = RemotePath.shown(file)
      if href.hasPrefix("/") {
        // From the server's root.
        let host = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).prefix(3)
        return try place(host.joined(separator: "/") + href, beside: file)
      }
      return try place(normal(Folder.parent(of: url) + "/" + href), beside: file)
    }
    if href.hasPrefix("/") { return existing(href) }
    let parent = Folder.parent(of: file)
    return existing(
      parent.isEmpty ? href : "\(parent)/\(href.hasPrefix("./") ? String(href.dropFirst(2)) : href)", above: parent)
  }

  /// A path as it stands where something is there; else with its `%20` made letters, as addresses are written.
  ///
  /// - Parameter above: the beginning that is no address.
  private static func existing(_ path: String, above: String = "") -> String {
    guard path.contains("%"), FileState(of: path) == nil else { return path }
    return above + RemotePath.decoded(String(path.dropFirst(above.count)))
  }

  /// A URL without `.` and `..`, which never lead above its host.
  private static func normal(_ url: String) -> String {
    guard let start = url.firstRange(of: "://") else { return url }
    var parts: [Substring] = []
    for part in url[start.upperBound...].split(separator: "/", omittingEmptySubsequences: false) where part != "." {
      if part == "..", parts.count > 1 { parts.removeLast() } else if part != ".." { parts.append(part) }
    }
    return url[..<start.upperBound] + parts.joined(separator: "/")
  }
}
