/// The page by which web servers (Apache, nginx, Python's) list a folder.
enum ListingPage {
  /// The names that it links to, decoded, folders without their slash; links to other places are left out.
  static func names(_ html: String) -> [String] {
    var found: [String] = []
    var seen: Set<String> = []
    var rest = html[...]
    while let link = rest.firstRange(of: "href=") {
      rest = rest[link.upperBound...]
      guard let quote = rest.first, quote == "\"" || quote == "'",
        let close = rest.dropFirst().firstIndex(of: quote)
      else { continue }
      var name = String(rest[rest.index(after: rest.startIndex)..<close])
      rest = rest[close...]
      if name.hasPrefix("./") { name.removeFirst(2) }
      if name.hasSuffix("/") { name.removeLast() }
      let decoded = RemotePath.decoded(name.replacing("&amp;", with: "&"))
      guard !decoded.isEmpty, decoded != ".", decoded != "..", !decoded.contains("/"), !name.hasPrefix("?"),
        !name.hasPrefix("#"), !name.contains(":"), seen.insert(decoded).inserted
      else { continue }
      found.append(decoded)
    }
    return found
  }
}
