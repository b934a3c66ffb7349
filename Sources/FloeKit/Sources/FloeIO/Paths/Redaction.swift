import FloeCore

extension RemotePath {
  /// A text as it may leave the program, in a message, a record or a table: each URL in it, also inside of a path of
  /// GDAL's (`/vsizip//vsicurl/...`) or with a slip in it (`http:/...`), without user, password and query.
  ///
  /// What is left reads as the same address, so that a text may go through here any number of times.
  public static func redacted(_ text: String) -> String { Redaction(isJSON: false).text(text) }

  /// The same for JSON as text, which stays JSON.
  public static func redactedJSON(_ text: String) -> String { Redaction(isJSON: true).text(text) }

  /// A value with all of its texts redacted; names of members stay.
  public static func redacted(_ value: JSONValue) -> JSONValue {
    switch value {
    case .string(let text): return .string(Redaction(isJSON: false).text(text))
    case .array(let all): return .array(all.map { (one: JSONValue) -> JSONValue in redacted(one) })
    case .object(let members):
      return .object(members.mapValues { (one: JSONValue) -> JSONValue in redacted(one) })
    default: return value
    }
  }
}

/// Takes out of a text what its URLs hide.
///
/// It goes by the form alone and not by what this process knows as secret: a word of a query, such as the name of a
/// variable, may stand elsewhere in the same text and must stay there.
private struct Redaction {
  /// Whether a double quote always ends a URL.
  let isJSON: Bool

  private static let colon = UInt8(ascii: ":"), slash = UInt8(ascii: "/"), at = UInt8(ascii: "@")
  private static let question = UInt8(ascii: "?"), hash = UInt8(ascii: "#"), equals = UInt8(ascii: "=")
  private static let comma = UInt8(ascii: ","), backslash = UInt8(ascii: "\\"), quote = UInt8(ascii: "\"")
  private static let vsi = Array("/vsi".utf8)
  private static let stores: [[UInt8]] = ["s3", "gs", "az", "adls", "oss", "swift"].map { Array("/vsi\($0)/".utf8) }
  /// Schemes that are meant also where a slash is missing.
  private static let web: Set<String> = ["http", "https", "ftp", "ftps"]

  func text(_ text: String) -> String {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    /// How far the text is in the result.
    var copied = 0
    var i = 0
    while i < bytes.count {
      if bytes[i] == Self.slash, let mark = options(bytes, i) {
        let end = urlEnd(bytes, mark + 1)
        result += bytes[copied...mark]
        result += Array("...".utf8)
        (copied, i) = (end, end)
      } else if bytes[i] == Self.slash, let start = bucket(bytes, i) {
        let (parts, end) = kept(bytes, start, isS3: true)
        result += bytes[copied..<start]
        for part in parts { result += bytes[part] }
        (copied, i) = (end, max(end, i + 1))
      } else if bytes[i] == Self.colon, let start = address(bytes, i) {
        let (parts, end) = kept(bytes, start, isS3: schemeName(bytes, i) == "s3")
        result += bytes[copied..<start]
        for part in parts { result += bytes[part] }
        (copied, i) = (end, max(end, i + 1))
      } else {
        i += 1
      }
    }
    if copied == 0 { return text }
    result += bytes[copied...]
    return String(decoding: result, as: UTF8.self)
  }

  /// The place of the question mark of `/vsicurl?...`, where options and the address stand as a query.
  private func options(_ bytes: [UInt8], _ slash: Int) -> Int? {
    guard bytes[slash...].starts(with: Self.vsi) else { return nil }
    var i = slash + Self.vsi.count
    while i < bytes.count, isLetter(bytes[i]) || isDigit(bytes[i]) || bytes[i] == UInt8(ascii: "_") { i += 1 }
    return i < bytes.count && bytes[i] == Self.question ? i : nil
  }

  /// Where the bucket begins in a path of GDAL's to an object store, `/vsis3/bucket/key`; nil for any other place.
  private func bucket(_ bytes: [UInt8], _ slash: Int) -> Int? {
    guard bytes[slash...].starts(with: Self.vsi) else { return nil }
    for store in Self.stores where bytes[slash...].starts(with: store) { return slash + store.count }
    return nil
  }

  /// Where the host, or the user before it, begins after a colon; nil where the colon is no URL's.
  private func address(_ bytes: [UInt8], _ colon: Int) -> Int? {
    let scheme = schemeName(bytes, colon)
    guard !scheme.isEmpty, scheme != "file" else { return nil }
    var start = colon + 1
    while start < bytes.count, bytes[start] == Self.slash { start += 1 }
    let slashes = start - colon - 1
    if slashes >= 2 || slashes == 1 && Self.web.contains(scheme) { return start }
    // With one slash or none, only what has a user in it is told from other texts with a colon; without any slash only
    // a user with a password, since a file may be called `http:x@y.tif`.
    guard slashes == 1 || Self.web.contains(scheme) else { return nil }
    let end = urlEnd(bytes, start)
    let host = bytes[start..<end].firstIndex { $0 == Self.slash || $0 == Self.question } ?? end
    guard let at = bytes[start..<host].lastIndex(of: Self.at) else { return nil }
    return slashes == 1 || bytes[start..<at].contains(Self.colon) ? start : nil
  }

  /// The scheme before a colon, in lower case; empty for none.
  private func schemeName(_ bytes: [UInt8], _ colon: Int) -> String {
    var start = colon
    while start > 0, colon - start < 24,
      isLetter(bytes[start - 1]) || isDigit(bytes[start - 1]) || "+-.".utf8.contains(bytes[start - 1])
    {
      start -= 1
    }
    while start < colon, !isLetter(bytes[start]) { start += 1 }
    return String(decoding: bytes[start..<colon], as: UTF8.self).lowercased()
  }

  /// Where a query begins that stands in a path with its marks escaped, as that of an object's key does.
  private func escapedQuery(_ url: ArraySlice<UInt8>) -> Int? {
    func first(_ mark: String, in part: ArraySlice<UInt8>) -> Int? {
      part.indices.first { part[$0...].starts(with: mark.utf8) || part[$0...].starts(with: mark.lowercased().utf8) }
    }
    guard let question = first("%3F", in: url), first("%3D", in: url[question...]) != nil else { return nil }
    return question
  }

  /// What of a URL stays, after its scheme, and where the URL ends.
  private func kept(_ bytes: [UInt8], _ start: Int, isS3: Bool) -> (parts: [Range<Int>], end: Int) {
    let end = urlEnd(bytes, start)
    let host = bytes[start..<end].firstIndex { $0 == Self.slash || $0 == Self.question || $0 == Self.hash } ?? end
    var from = start
    if let at = bytes[start..<host].lastIndex(of: Self.at) {
      from = at + 1
    } else if hasOddPort(bytes[start..<host]), let at = bytes[host..<end].lastIndex(of: Self.at) {
      // A password with a slash in it.
      from = at + 1
    }
    let marks = [bytes[from..<end].firstIndex(of: Self.question), escapedQuery(bytes[from..<end])]
    let mark = marks.compactMap { $0 }.min()
    // A question mark may belong to the name of an object; with a value after it, it begins a signature.
    let isName = isS3 && !bytes[(mark ?? end)..<end].contains(Self.equals)
    guard !isName else { return ([from..<end], end) }
    let question = mark
    let hash = bytes[(question ?? from)..<end].firstIndex(of: Self.hash)
    var parts = [from..<(question ?? hash ?? end)]
    // A fragment names an asset; one with a value in it may be a token.
    if let hash, !bytes[hash..<end].contains(Self.equals) {
      parts.append(hash..<end)
    } else if question != nil || hash != nil {
      // Marks after a URL are the sentence's.
      var last = end
      while last > (question ?? hash ?? end) + 1, ",;:.)]".utf8.contains(bytes[last - 1]) { last -= 1 }
      parts.append(last..<end)
    }
    return (parts, end)
  }

  /// Whether what follows a colon in a host is no number: a user's password.
  private func hasOddPort(_ host: ArraySlice<UInt8>) -> Bool {
    guard host.first != UInt8(ascii: "["), let colon = host.firstIndex(of: Self.colon) else { return false }
    return !host[host.index(after: colon)...].allSatisfy(isDigit)
  }

  /// Where the URL ends that goes on at a place.
  private func urlEnd(_ bytes: [UInt8], _ start: Int) -> Int {
    var i = start
    while i < bytes.count {
      switch bytes[i] {
      case 0...32, 127, UInt8(ascii: "<"), UInt8(ascii: ">"): return i
      case Self.quote where isJSON: return i
      case Self.quote, UInt8(ascii: "'"), UInt8(ascii: "`"), UInt8(ascii: "}"): if isClosing(bytes, i) { return i }
      case Self.backslash:
        if i + 1 < bytes.count, "\"nrtbf\\".utf8.contains(bytes[i + 1]) { return i }
      case Self.comma: if isNext(bytes, i + 1) { return i }
      default: break
      }
      i += 1
    }
    return i
  }

  /// Whether a quote or bracket closes what encloses the URL, and is no letter of its query.
  private func isClosing(_ bytes: [UInt8], _ i: Int) -> Bool {
    guard i + 1 < bytes.count else { return true }
    let next = bytes[i + 1]
    if next == Self.colon { return i + 2 >= bytes.count || bytes[i + 2] <= 32 }
    return next <= 32 || ",;.)]}'\"/\\<>`".utf8.contains(next)
  }

  /// Whether another address of a list begins after a comma.
  private func isNext(_ bytes: [UInt8], _ i: Int) -> Bool {
    let rest = bytes[i...].prefix(12)
    if rest.first == Self.slash { return true }
    guard let colon = rest.firstIndex(of: Self.colon), colon > i else { return false }
    return colon + 1 < bytes.count && bytes[colon + 1] == Self.slash && bytes[i..<colon].allSatisfy(isLetterOrDigit)
  }

  private func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (97...122).contains(byte) }
  private func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
  private func isLetterOrDigit(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) }
}
