internal import FloeIO

/// Reads the answer of a catalogue page after page.
public struct CataloguePages {
  /// What all pages hold together.
  public struct Products: Sendable {
    /// In order of time and name, each once.
    public var items: [CatalogueItem]
    /// What is known of products beyond the limit; nil where there are none.
    public var more: String?
    /// What is missing, as the end of a sentence: the catalogue counts more products than its pages hold. Nil for
    /// nothing.
    public var lack: String?
  }
  private let service: String
  private let name: String

  /// - Parameter service: the catalogue's address; user and query in it go with the requests to its server.
  public init(service: String) {
    self.service = service
    name = RemotePath.shown(service)
  }

  /// Products that an answer counts in all; nil where it does not.
  public static func count(_ answer: JSONValue) -> Int? {
    answer["numberMatched"]?.intValue ?? answer["context"]?["matched"]?.intValue ?? answer["@odata.count"]?.intValue
  }

  /// Asks for a page and all after it.
  ///
  /// - Parameters:
  ///   - limit: no page is asked for once so many products are there.
  ///   - takes: whether an item is one of those that are wanted.
  /// - Throws: a sentence where the catalogue refuses, or leads round in a circle before all was seen.
  public func read(_ first: CataloguePage, limit: Int, takes: (CatalogueItem) -> Bool) throws -> Products {
    try follow(try ask(first), first, limit: limit, takes: takes)
  }

  /// Goes on after a page that was read already, to the last one.
  ///
  /// - Parameters:
  ///   - answer: the JSON that the page gave.
  ///   - page: where it came from.
  /// - Throws: a sentence where the catalogue refuses, or leads round in a circle before all was seen.
  public func read(behind answer: JSONValue, of page: CataloguePage) throws -> Products {
    try follow(answer, page, limit: .max) { _ in true }
  }

  private func follow(
    _ answer: JSONValue, _ first: CataloguePage, limit: Int, takes: (CatalogueItem) -> Bool
  ) throws -> Products {
    var found: [CatalogueItem] = []
    var seen: Set<String> = []
    var asked: Set<CataloguePage> = [first]
    var (json, page) = (answer, first)
    var all: Int?
    var isCircle = false
    while true {
      guard let items = try CatalogueAnswer.items(json, source: name) else {
        throw FloeError("\(name) answers with JSON that is neither an item collection nor an OData list")
      }
      all = Self.count(json) ?? all
      let before = seen.count
      // Two collections may call their items alike (STAC 1.0.0, item, id).
      for item in items where seen.insert("\(item.collection ?? "")\n\(item.id)").inserted && takes(item) {
        if found.count == limit {
          return Products(items: Self.sorted(found), more: all.map { "\($0) in all" } ?? "how many is not told")
        }
        found.append(item)
      }
      guard !items.isEmpty, let named = CatalogueAnswer.next(json) else { break }
      let next = try following(named, behind: page)
      // A server that leads round in a circle is not followed.
      isCircle = seen.count == before || !asked.insert(next).inserted
      if isCircle { break }
      page = next
      json = try ask(next)
    }
    var lack: String?
    if let all, seen.count < all {
      guard !isCircle else {
        throw FloeError(
          "\(name) announces \(all) products, but names a page again that was read, after \(seen.count) of them; ask "
            + "for less at a time, such as fewer days")
      }
      lack = "announces \(all) products, but its pages hold \(seen.count)"
    } else if isCircle, all == nil {
      lack = "names a page again that was read, after \(seen.count) products"
    }
    return Products(items: Self.sorted(found), more: nil, lack: lack)
  }

  private static func sorted(_ items: [CatalogueItem]) -> [CatalogueItem] {
    items.sorted { ($0.start?.seconds ?? 0, $0.name, $0.id) < ($1.start?.seconds ?? 0, $1.name, $1.id) }
  }

  /// The next page with its whole address and body.
  private func following(_ named: CataloguePage, behind page: CataloguePage) throws -> CataloguePage {
    let url = RemotePath.resolved(named.url, against: page.url)
    let isAddress: Bool
    do { isAddress = try RemotePath.resolve(url) != nil } catch let error as FloeError {
      throw FloeError("\(name) names its next page so: \(error.message)")
    }
    guard isAddress, RemotePath.isURL(url), !url.lowercased().hasPrefix("s3://") else {
      throw FloeError("\(name) names '\(RemotePath.redacted(named.url))' as its next page, which is no URL")
    }
    var next = CataloguePage(url: RemotePath.withSecrets(of: service, url), body: named.body)
    if named.isMerged, let own = named.body?.objectValue, let last = page.body?.objectValue {
      next.body = JSONValue.object(last.merging(own) { _, new in new })
    }
    return next
  }

  private func ask(_ page: CataloguePage) throws -> JSONValue {
    var request = HTTPRequest(page.url)
    request.headers = [("Accept", "application/geo+json, application/json")]
    if let body = page.body {
      request.body = try JSONText.encode(body)
      request.headers.append(("Content-Type", "application/json"))
    }
    let response = try HTTPClient.send(request)
    guard response.isGood else {
      let words = String(decoding: response.body.prefix(300), as: UTF8.self)
        .split(whereSeparator: \.isWhitespace).joined(separator: " ")
      let told = words.isEmpty ? "" : ": \(RemotePath.scrubbed(words))"
      throw FloeError("\(name): \(HTTPClient.reason(response.status))\(told)")
    }
    guard !WebPage.isOne(response.body.prefix(512), type: response.headers["content-type"], name: "") else {
      throw FloeError("\(name): \(WebPage.sentence)")
    }
    return try JSONText.decode(bytes: response.body, name: "the answer of \(name)")
  }
}
