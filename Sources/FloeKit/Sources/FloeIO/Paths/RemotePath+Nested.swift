import FloeCore

extension RemotePath {
  /// A path of GDAL's with a web address in it: `/vsicurl/https://...`, `/vsizip//vsicurl/https://host/a.zip/a.tif`,
  /// `/vsizip/{/vsicurl/https://host/a.zip}/a.tif`.
  struct Nested {
    /// What stands before the address's own prefix, such as `/vsizip/`; empty for none.
    let head: String
    let url: String
    /// The place inside of an archive, with the slash before it; empty for none.
    let inside: String

    private static let archives = [".zip", ".tar", ".tgz", ".kmz", ".ods", ".xlsx", ".7z", ".rar"]
    private static let prefixes = ["/vsicurl/", "/vsicurl_streaming/"]

    /// Nil for a path without an address.
    init?(_ path: String) {
      guard path.hasPrefix("/vsi"),
        let found = Self.prefixes.compactMap({ path.firstRange(of: $0) }).min(by: { $0.lowerBound < $1.lowerBound })
      else { return nil }
      var head = String(path[..<found.lowerBound])
      let rest = String(path[found.upperBound...])
      if head.isEmpty {
        (self.head, url, inside) = ("", rest, "")
        return
      }
      if head.hasSuffix("{"), let close = rest.firstIndex(of: "}") {
        head.removeLast()
        (self.head, url, inside) = (head, String(rest[..<close]), String(rest[rest.index(after: close)...]))
        return
      }
      if !head.hasSuffix("/") { head += "/" }
      // The archive is the first name that ends as archives do, after the scheme and the host.
      let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
      let archive = parts.indices.dropFirst(3).first { i in
        let name = parts[i].prefix { $0 != "?" }.lowercased()
        return Self.archives.contains { name.hasSuffix($0) }
      }
      let end = archive ?? parts.count - 1
      let behind = parts[(end + 1)...].joined(separator: "/")
      (self.head, url) = (head, parts[...end].joined(separator: "/"))
      inside = end + 1 < parts.count ? "/" + behind : ""
    }

    /// The path with another address in the place of its own.
    func path(with clean: String) -> String {
      if head.isEmpty { return "/vsicurl/" + clean }
      // GDAL knows braces after the first prefix alone, and not of single compressed files.
      let hasBraces = head == "/vsizip/" || head == "/vsitar/"
      return hasBraces ? "\(head){/vsicurl/\(clean)}\(inside)" : "\(head)/vsicurl/\(clean)\(inside)"
    }
  }

  /// The addresses of a list with commas; a comma that no address follows belongs to a name.
  public static func pieces(_ text: String) -> [String] {
    var pieces: [String] = []
    for piece in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
      if let last = pieces.last, !isURL(piece), !piece.hasPrefix("/") {
        pieces[pieces.count - 1] = last + "," + piece
      } else {
        pieces.append(piece)
      }
    }
    return pieces
  }
}
