import FloeCore

/// What the manifest of a product's folder tells of its files: `manifest.safe` of a SAFE, `xfdumanifest.xml` of a SEN3.
///
/// It lists them with sizes and checksums (XFDU, CCSDS 661.0-B-1: `byteStream`, `fileLocation`, `checksum`). Where they
/// are as it says, it stands for all of them, on the disk as on a server.
public struct ProductManifest: Sendable {
  /// What it tells of one file.
  public struct Entry: Sendable {
    /// In bytes; nil where it does not tell.
    public let size: Int?
    /// The algorithm (`MD5`, `SHA3-256`) and the digest in lower-case hexadecimal; nil where it tells none.
    public let checksum: (name: String, value: String)?
  }

  /// The names of manifests.
  public static let names = ["manifest.safe", "xfdumanifest.xml"]

  /// The manifest's own path.
  public let path: String
  /// By the files' paths in the folder.
  public let entries: [String: Entry]
  private let bytes: [UInt8]
  /// The first address in it that leads out of the folder.
  private let outside: String?

  /// Reads the manifest of a folder; nil where there is none.
  ///
  /// - Throws: when it cannot be read, or is no XML.
  public init?(folder: String) throws {
    guard let path = Self.names.lazy.map({ "\(folder)/\($0)" }).first(where: VirtualFile.exists) else { return nil }
    try self.init(file: path)
  }

  /// Reads a manifest under any path that GDAL reads.
  ///
  /// - Throws: when it cannot be read, or is no XML.
  public init(file path: String) throws {
    let size = try VirtualFile.size(path)
    guard size <= 16 << 20 else {
      throw FloeError("'\(path)' has \(size) bytes; manifests of up to \(16 << 20) bytes are read")
    }
    let text = try VirtualFile.readText(path)
    var entries: [String: Entry] = [:]
    var outside: String?
    for stream in try XMLNode(parsing: text, name: "'\(path)'").descendants("byteStream") {
      guard var href = stream.first("fileLocation")?.attributes["href"] else { continue }
      if href.hasPrefix("./") { href.removeFirst(2) }
      let parts = href.split(separator: "/", omittingEmptySubsequences: false)
      if href.contains("://") || parts.contains("..") || parts.contains("") { outside = outside ?? href }
      let sum = stream.first("checksum")
      let checksum = sum.flatMap { node in node.attributes["checksumName"].map { ($0, node.text.lowercased()) } }
      entries[href] = Entry(size: stream.attributes["size"].flatMap { Int($0) }, checksum: checksum)
    }
    self.path = path
    self.entries = entries
    self.outside = outside
    bytes = Array(text.utf8)
  }

  /// Why it does not stand for the product's files; nil where it tells a checksum of each.
  public var gap: String? {
    if entries.isEmpty { return "it lists no file" }
    if let outside { return "it lists '\(outside)', which is no file of the folder" }
    for (file, entry) in entries.sorted(by: { $0.key < $1.key }) {
      guard let checksum = entry.checksum else { return "it gives no checksum of '\(file)'" }
      guard FileDigest.knows(checksum.name) else {
        return "the checksum of '\(file)' is a \(checksum.name), which libcrypto does not know"
      }
    }
    return nil
  }

  /// Why it does not stand for a remote product, of which nothing is compared beforehand but the metadata that
  /// every reader reads; nil where it does. Archives that made other files of a product's keep manifests of something
  /// else.
  ///
  /// - Throws: where the metadata cannot be read.
  public func gapAtDistance() throws -> String? {
    if let gap { return gap }
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    for name in ["MTD_MSIL1C.xml", "MTD_MSIL2A.xml"] {
      guard let sum = entries[name]?.checksum else { continue }
      let file = "\(folder)/\(name)"
      guard VirtualFile.exists(file), try FileDigest.hexadecimal(of: file, algorithm: sum.name) == sum.value else {
        return "'\(name)' is other than it says"
      }
    }
    return nil
  }

  /// What a product is known by whose files are as its manifest says: SHA-256 over the manifest, 64 hexadecimal digits.
  public func digest() throws -> String { try SHA256.hexadecimal(of: Array("manifest\n".utf8) + bytes) }

  /// The folder of a product that is named by a file of its own, its metadata or measurements; nil for any other path.
  public static func folder(ofFile path: String) -> String? {
    let cut = path.lastIndex(of: "/")
    let name = cut.map { String(path[path.index(after: $0)...]) } ?? path
    let folder = cut.map { String(path[..<$0]) } ?? "."
    if name == "MTD_MSIL1C.xml" || name == "MTD_MSIL2A.xml" { return folder }
    guard name.hasSuffix("_measurement.nc"), VirtualFile.exists("\(folder)/xfdumanifest.xml") else { return nil }
    return folder
  }

  /// Whether a file that no manifest lists is one for people and browsers: products come with pages, their pictures and
  /// schemas beside what is listed, and systems leave hidden files. No reader takes anything from such a file.
  public static func isForPeople(_ file: String) -> Bool {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    if name.hasPrefix(".") { return true }
    guard let dot = name.lastIndex(of: ".") else { return false }
    let kinds: Set<String> = [
      "css", "db", "gif", "htm", "html", "ini", "jpeg", "jpg", "kml", "md", "pdf", "png", "svg", "txt", "xsd", "xsl",
    ]
    return kinds.contains(name[name.index(after: dot)...].lowercased())
  }
}
