internal import CGDAL
import FloeCore
import Synchronization

/// Inputs that are named by URL: the one place that turns what a user wrote into a path that GDAL reads.
///
/// `https://host/a.tif?key=...` becomes `/vsicurl/https://host/a.tif`, `s3://bucket/a.tif` becomes
/// `/vsicurl/s3://bucket/a.tif`. User, password and query stay in this process's memory and join the request alone, so
/// that no path, sentence, name or record holds them.
public enum RemotePath {
  /// What a URL hid: what the request needs beside the path.
  struct Hidden: Sendable, Hashable {
    var query = ""
    /// `user:password`, decoded.
    var user: String?
  }
  private struct State {
    var hidden: [String: Hidden] = [:]
    var hosts: Set<String> = []
    /// Texts that no message may hold, longest first.
    var secrets: [String] = []
  }
  private static let state = Mutex(State())
  /// File systems of GDAL's on the network.
  private static let prefixes = [
    "/vsicurl", "/vsis3", "/vsigs", "/vsiaz", "/vsiadls", "/vsioss", "/vsiswift", "/vsihdfs", "/vsiwebhdfs",
  ]

  /// Whether a text that a user wrote names something on the network.
  public static func isURL(_ text: String) -> Bool {
    let lower = text.lowercased()
    return ["https://", "http://", "s3://"].contains { lower.hasPrefix($0) }
  }

  /// Whether a path leads to the network, also from inside of an archive there.
  public static func isRemote(_ path: String) -> Bool { prefixes.contains(where: path.contains) }

  /// The path of GDAL's for what a user wrote; nil for a text that names nothing on the network.
  ///
  /// Its server counts as named by the user from then on, and what the URL hides is kept for requests.
  ///
  /// - Throws: a sentence for a URL that cannot be used.
  public static func resolve(_ text: String) throws -> String? {
    if text.hasPrefix("/vsis3/") { return try resolve("s3://" + text.dropFirst("/vsis3/".count)) }
    if ObjectAddress.isOne(text) {
      var rest = text.dropFirst("s3://".count)
      while rest.hasSuffix("/") { rest.removeLast() }
      guard let first = rest.first, first != "/" else { throw FloeError("'\(text)' names no bucket; s3://bucket/key") }
      guard !rest.prefix(while: { $0 != "/" }).contains("@") else {
        throw FloeError(
          "'\(redacted(text))' was given with a user, which no bucket's address has: the keys of a store are set by "
            + "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
      }
      if let mark = rest.firstIndex(of: "?"), rest[mark...].contains("=") {
        conceal(String(rest[rest.index(after: mark)...]))
      }
      state.withLock { _ = $0.hosts.insert(ObjectAddress.bucket(text)) }
      return ObjectAddress.path(rest)
    }
    if text.hasPrefix("/vsicurl?") {
      throw FloeError("'\(redacted(text))' is GDAL's form with options, which is not read; write /vsicurl/https://...")
    }
    let nested = Nested(text)
    let url = nested?.url ?? text
    guard isURL(url), !url.lowercased().hasPrefix("s3://") else { return nil }
    let isKnown = state.withLock { $0.hidden[url] != nil }
    guard let parts = Parts(url) else {
      throw FloeError("'\(redacted(text))' is no URL that can be read: it names no host, or no port after its colon")
    }
    guard parts.scheme == "https" || parts.isLoopback || nested != nil else {
      throw FloeError(
        "'\(parts.plain)' is not encrypted, and anybody on the way could change it; use https://, or write "
          + "/vsicurl/http://... if it is meant")
    }
    // One that was resolved before, by its number among addresses with several queries, stays as it is.
    let clean = isKnown ? url : keep(parts)
    return nested?.path(with: clean) ?? "/vsicurl/" + clean
  }

  /// A path as a person may read it: a URL without what it hides.
  public static func shown(_ path: String) -> String {
    if path.hasPrefix("/vsicurl/") { return shown(String(path.dropFirst("/vsicurl/".count))) }
    if path.hasPrefix("/vsis3/") { return redacted("s3://\(path.dropFirst("/vsis3/".count))" as String) }
    guard isURL(path), !path.lowercased().hasPrefix("s3://") else { return redacted(path) }
    return Parts(path)?.plain ?? redacted(String(path.prefix { $0 != "?" && $0 != "#" }))
  }

  /// The URL of a path with all that it hid: for a process that is to read the same, never for a message or record.
  public static func whole(_ path: String) -> String {
    if path.hasPrefix("/vsis3/") { return "s3://" + path.dropFirst("/vsis3/".count) }
    guard path.hasPrefix("/vsicurl/") else { return shown(path) }
    let url = String(path.dropFirst("/vsicurl/".count))
    guard let hidden = state.withLock({ $0.hidden[url] }), let start = url.firstRange(of: "://") else { return url }
    let user = hidden.user.map { encoded($0, keeping: ":") + "@" } ?? ""
    let plain = url[start.upperBound...].prefix { $0 != "#" }
    return url[..<start.upperBound] + user + plain + (hidden.query.isEmpty ? "" : "?\(hidden.query)")
  }

  /// The path by which GDAL itself reads an object, and lists what lies under its name; any other path as it is.
  public static func listed(_ path: String) -> String {
    path.hasPrefix("/vsicurl/s3://") ? "/vsis3/" + path.dropFirst("/vsicurl/s3://".count) : path
  }

  /// A text without any secret that a URL of this process hid.
  public static func scrubbed(_ text: String) -> String {
    state.withLock { $0.secrets }.reduce(text) { $0.contains($1) ? $0.replacing($1, with: "...") : $0 }
  }

  /// Keeps a secret out of all messages of libraries from now on.
  public static func conceal(_ secret: String) {
    guard secret.utf8.count >= 4 else { return }
    state.withLock { state in
      guard !state.secrets.contains(secret) else { return }
      state.secrets.append(secret)
      state.secrets.sort { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
    }
  }

  /// Lets the server of a URL be reached.
  static func allow(_ url: String) {
    guard let authority = authority(url) else { return }
    state.withLock { _ = $0.hosts.insert(authority) }
  }

  /// Whether the user named a server.
  static func isAllowed(_ url: String) -> Bool {
    guard let authority = authority(url) else { return false }
    return state.withLock { $0.hosts.contains(authority) }
  }

  /// The server of a URL, or the bucket of an object.
  private static func authority(_ url: String) -> String? {
    ObjectAddress.isOne(url) ? ObjectAddress.bucket(url) : Parts(url)?.authority
  }

  /// What a clean URL, or the folder that it lies in, hid when it was given.
  static func hidden(_ url: String) -> Hidden {
    state.withLock { state in
      var up = url
      while true {
        if let found = state.hidden[up] { return found }
        guard let slash = up.lastIndex(of: "/"), up[..<slash].count > "https://".count else { return Hidden() }
        up = String(up[..<slash])
      }
    }
  }

  private static func keep(_ parts: Parts) -> String {
    var clean = parts.plain
    while clean.hasSuffix("/"), clean.count > parts.authority.count + 9 { clean.removeLast() }
    let hidden = Hidden(query: parts.query, user: parts.user)
    if !parts.query.isEmpty {
      conceal(parts.query)
      for piece in parts.query.split(separator: "&") {
        if let value = piece.split(separator: "=", maxSplits: 1).last, value.utf8.count >= 8 { conceal(String(value)) }
      }
    }
    if let user = parts.user { conceal(user) }
    return state.withLock { state in
      state.hosts.insert(parts.authority)
      guard hidden != Hidden() else { return clean }
      if let other = state.hidden[clean], other != hidden {
        // One address with several queries is several files; the fragment is never sent.
        var number = 2
        while let taken = state.hidden["\(clean)#\(number)"], taken != hidden { number += 1 }
        clean = "\(clean)#\(number)"
      }
      state.hidden[clean] = hidden
      return clean
    }
  }
}

extension RemotePath {
  /// A URL in its parts (RFC 3986), as far as requests need them.
  struct Parts {
    let scheme: String
    /// `host` or `host:port`, in lower case.
    let authority: String
    /// With the slash that it begins with.
    let path: String
    /// Without the question mark.
    let query: String
    /// `user:password`, decoded; nil without.
    let user: String?

    /// The URL without user, query and fragment.
    var plain: String { "\(scheme)://\(authority)\(path)" }

    /// Whether the host is this machine itself.
    var isLoopback: Bool {
      let host =
        authority.hasPrefix("[")
        ? String(authority.prefix { $0 != "]" }.dropFirst())
        : String(authority.prefix { $0 != ":" })
      return host == "localhost" || host == "::1"
        || host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." }
    }

    init?(_ url: String) {
      guard let colon = url.firstRange(of: "://") else { return nil }
      scheme = url[..<colon.lowerBound].lowercased()
      guard scheme == "http" || scheme == "https" else { return nil }
      var rest = url[colon.upperBound...]
      if let hash = rest.firstIndex(of: "#") { rest = rest[..<hash] }
      let question = rest.firstIndex(of: "?")
      query = question.map { String(rest[rest.index(after: $0)...]) } ?? ""
      rest = rest[..<(question ?? rest.endIndex)]
      let slash = rest.firstIndex(of: "/") ?? rest.endIndex
      var host = rest[..<slash]
      if let at = host.lastIndex(of: "@") {
        user = RemotePath.decoded(String(host[..<at]))
        host = host[host.index(after: at)...]
      } else {
        user = nil
      }
      guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || $0 == "\\" }), Self.hasPort(host) else {
        return nil
      }
      authority = host.lowercased()
      path = String(rest[slash...])
    }

    /// Whether what stands after a host's colon, if there is one, is a port, and an address of IPv6 has its brackets.
    private static func hasPort(_ host: Substring) -> Bool {
      var behind = host
      if host.first == "[" {
        guard let close = host.firstIndex(of: "]") else { return false }
        behind = host[host.index(after: close)...]
        guard behind.isEmpty || behind.first == ":" else { return false }
      }
      guard let colon = behind.firstIndex(of: ":") else { return true }
      let port = behind[behind.index(after: colon)...]
      return port.isEmpty || port.allSatisfy { $0.isASCII && $0.isNumber } && (Int(port) ?? .max) <= 65535
    }
  }

  /// A text with its `%41` made letters.
  public static func decoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.first {
      if byte == UInt8(ascii: "%"), rest.count >= 3,
        let code = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
        rest = rest.dropFirst()
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A text as one value of a query or form: all but letters, digits and `-._~` as `%41` (RFC 3986).
  public static func encoded(_ text: String, keeping others: String = "") -> String {
    let plain = Set("-._~\(others)".utf8)
    return text.utf8.reduce(into: "") { result, byte in
      let isPlain =
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || plain.contains(byte)
      if isPlain {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
  }
}
