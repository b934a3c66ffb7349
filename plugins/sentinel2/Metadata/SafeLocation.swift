import FloeIO
import FloeSDK

/// Where a product's files are: a folder on disk or inside a zip archive.
struct SafeLocation: Sendable {
  /// The folder that holds `MTD_MSIL1C.xml` or `MTD_MSIL2A.xml`, as a path that GDAL reads.
  let root: String
  /// The product metadata's file.
  let metadata: String
  /// The archive, when the product is inside of one.
  let archive: String?
  /// The path as the user gave it.
  let path: String

  private static let metadataNames = ["MTD_MSIL1C.xml", "MTD_MSIL2A.xml"]

  /// Finds the product at a `.SAFE` folder, its `.zip`, or the path of its `MTD_MSIL*.xml`.
  init(_ given: String) throws {
    var path = given
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    self.path = path
    if let metadata = Self.unlisted(path) {
      root = path
      self.metadata = metadata
      archive = nil
      return
    }
    guard VirtualFile.exists(path) else { throw FloeError("there is no Sentinel-2 product at '\(path)'") }
    if VirtualFile.isDirectory(path) {
      (root, metadata) = try Self.search(folder: path, shown: path)
      archive = nil
    } else if Self.metadataNames.contains(Self.lastComponent(path)) {
      root = Self.parent(path)
      metadata = path
      archive = nil
    } else if let sentence = OtherProducts.sentence(path, inside: []), !path.lowercased().hasSuffix(".zip") {
      throw FloeError(sentence)
    } else if path.lowercased().hasSuffix(".zip") {
      (root, metadata) = try Self.search(folder: VirtualFile.zip(path), shown: path)
      archive = path
    } else {
      throw FloeError(
        """
        '\(path)' is not a Sentinel-2 product; a .SAFE folder, its .zip or its \
        \(Self.metadataNames.joined(separator: " or ")) is needed
        """
      )
    }
  }

  /// The place of a product that keeps its metadata in another file and needs no unpacking.
  init(root: String, metadata: String, path: String) {
    self.root = root
    self.metadata = metadata
    archive = nil
    self.path = path
  }

  /// Whether a path looks like a product by its name or by the names inside, without reading metadata.
  static func looksLikeProduct(_ given: String) -> Bool {
    var path = given
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    let name = lastComponent(path)
    if unlisted(path) != nil { return true }
    if metadataNames.contains(name) || OtherProducts.kind(of: name) != nil { return VirtualFile.exists(path) }
    let folder =
      VirtualFile.isDirectory(path) ? path : name.lowercased().hasSuffix(".zip") ? VirtualFile.zip(path) : nil
    guard let folder, VirtualFile.exists(path) else { return false }
    if name.hasPrefix("S2"), name.contains("_MSIL1C_") || name.contains("_MSIL2A_") { return true }
    // Safe because what cannot be listed is no product of ours; the reason belongs to whoever opens it.
    return (try? search(folder: folder, shown: path)) != nil
  }

  /// The metadata's file of a product folder on a server, which need not list its folders.
  private static func unlisted(_ path: String) -> String? {
    guard RemotePath.isRemote(path), path.hasSuffix(".SAFE") else { return nil }
    let name = lastComponent(path)
    let likely = name.contains("_MSIL2A_") ? metadataNames.reversed() : metadataNames
    return likely.map { "\(path)/\($0)" }.first { VirtualFile.exists($0) }
  }

  /// The folder with the metadata: the given one, or the only one inside of it that has it.
  private static func search(folder: String, shown: String) throws -> (root: String, metadata: String) {
    let names = try VirtualFile.list(folder).map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    if let name = metadataNames.first(where: names.contains) { return (folder, folder + "/" + name) }
    var found: [(String, String)] = []
    for name in names where name.hasSuffix(".SAFE") || (name.hasPrefix("S2") && !name.contains(".")) {
      for file in metadataNames where VirtualFile.exists("\(folder)/\(name)/\(file)") {
        found.append(("\(folder)/\(name)", "\(folder)/\(name)/\(file)"))
      }
    }
    if found.count == 1 { return found[0] }
    if found.count > 1 {
      throw FloeError(
        """
        '\(shown)' holds \(found.count) Sentinel-2 products (\
        \(found.map { lastComponent($0.0) }.joined(separator: ", "))); give one of them
        """
      )
    }
    if let sentence = OtherProducts.sentence(shown, inside: names) { throw FloeError(sentence) }
    let inside = names.isEmpty ? "nothing" : names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", ..." : "")
    let wanted = metadataNames.joined(separator: " or ")
    if let safe = names.first(where: { $0.hasSuffix(".SAFE") }) {
      throw FloeError("'\(shown)' holds the folder '\(safe)', but \(wanted) is missing in it; the product is not whole")
    }
    throw FloeError(
      """
      '\(shown)' is not a Sentinel-2 product: \(wanted) is neither in it nor in a .SAFE folder at its top; it holds \
      \(inside)
      """
    )
  }

  /// The last part of a path.
  static func lastComponent(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
  private static func parent(_ path: String) -> String {
    guard let cut = path.lastIndex(of: "/") else { return "." }
    return cut == path.startIndex ? "/" : String(path[..<cut])
  }
}
