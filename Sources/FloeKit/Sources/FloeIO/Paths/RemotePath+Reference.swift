import FloeCore

extension RemotePath {
  /// A service's address with a path after its own: before the query where it has one.
  public static func appending(_ path: String, to service: String) -> String {
    let cut = service.firstIndex { $0 == "?" || $0 == "#" } ?? service.endIndex
    var head = String(service[..<cut])
    while head.hasSuffix("/") { head.removeLast() }
    return "\(head.hasSuffix(path) ? head : head + path)\(service[cut...])"
  }

  /// Where a reference leads that stands in a document with an address (RFC 3986, 5.2).
  public static func resolved(_ reference: String, against base: String) -> String {
    guard !reference.contains("://"), let colon = base.firstRange(of: "://") else { return reference }
    if reference.hasPrefix("//") { return "\(base[..<colon.lowerBound]):\(reference)" }
    let rest = base[colon.upperBound...]
    let host = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
    let site = String(base[..<host])
    let path = rest[host...].prefix { $0 != "?" && $0 != "#" }
    if reference.isEmpty || reference.hasPrefix("?") { return "\(site)\(path)\(reference)" }
    let end = reference.firstIndex { $0 == "?" || $0 == "#" } ?? reference.endIndex
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "/"
    let whole = reference.hasPrefix("/") ? String(reference[..<end]) : folder + reference[..<end]
    var parts: [Substring] = []
    for part in whole.split(separator: "/", omittingEmptySubsequences: false).dropFirst() where part != "." {
      if part != ".." { parts.append(part) } else if !parts.isEmpty { parts.removeLast() }
    }
    return "\(site)/\(parts.joined(separator: "/"))\(reference[end...])"
  }

  /// An address of a service's with the user, and the parts of the query, that the service's own address has and this
  /// one lacks; the address of another server as it is.
  public static func withSecrets(of service: String, _ url: String) -> String {
    guard let own = Parts(url), let given = Parts(service), own.scheme == given.scheme, own.authority == given.authority
    else { return url }
    func key(_ piece: Substring) -> Substring { piece.prefix { $0 != "=" } }
    var query = own.query.split(separator: "&")
    let keys = Set(query.map(key))
    query += given.query.split(separator: "&").filter { !keys.contains(key($0)) }
    let user = (own.user ?? given.user).map { encoded($0, keeping: ":") + "@" } ?? ""
    return "\(own.scheme)://\(user)\(own.authority)\(own.path)"
      + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
  }
}
