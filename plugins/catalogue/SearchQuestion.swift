import FloeIO
import FloeSDK

/// What is asked of a catalogue.
struct SearchQuestion: Sendable {
  let collections: [String]
  /// Closed rings within -180...180; none for everywhere.
  let areas: [[SIMD2<Double>]]
  /// West, south, east, north, where the area is such a box.
  let box: [Double]?
  let begin: UTCTime?, end: UTCTime?
  let cloud: Double?
  let text: String?
  let limit: Int
}

/// What a catalogue answered, all pages together.
struct SearchAnswer: Sendable {
  /// In order of time and name.
  let items: [CatalogueItem]
  /// In the catalogue's form.
  let answer: JSONValue
  /// What is known of products beyond the limit; nil where there are none.
  let more: String?
  /// Products left out since they tell no cloud cover.
  let cloudless: Int
}

/// Asks page after page.
struct CataloguePages {
  let service: String

  /// The items of all pages, without those that came before.
  ///
  /// - Parameters:
  ///   - takes: whether an item is one of those that are wanted.
  ///   - limit: no page is asked for once so many are there.
  func read(_ first: HTTPRequest, limit: Int, takes: (CatalogueItem) -> Bool) throws -> (
    items: [CatalogueItem], more: String?
  ) {
    var found: [CatalogueItem] = []
    var seen: Set<String> = []
    var request: HTTPRequest? = first
    var asked: Set<String> = []
    while let next = request {
      let json = try ask(next)
      guard let items = try CatalogueAnswer.items(json, source: RemotePath.shown(service)) else {
        throw FloeError(
          "\(RemotePath.shown(service)) answers with JSON that is neither an item collection nor an OData list")
      }
      for item in items where takes(item) && seen.insert(item.id).inserted {
        if found.count == limit { return (found, Self.count(json)) }
        found.append(item)
      }
      request = nil
      if let page = CatalogueAnswer.next(json), !items.isEmpty {
        // A server that leads round in a circle is not followed.
        let name = page.url + (try page.body.map { try JSONText.encode($0) } ?? "")
        guard asked.insert(name).inserted else { break }
        guard try RemotePath.resolve(page.url) != nil else {
          throw FloeError("\(RemotePath.shown(service)) names '\(page.url)' as its next page, which is no URL")
        }
        var following = HTTPRequest(page.url)
        following.headers = [("Accept", "application/json")]
        if let body = page.body {
          following.body = try JSONText.encode(body)
          following.headers.append(("Content-Type", "application/json"))
        }
        request = following
      }
    }
    found.sort { ($0.start?.seconds ?? 0, $0.name, $0.id) < ($1.start?.seconds ?? 0, $1.name, $1.id) }
    return (found, nil)
  }

  private static func count(_ json: JSONValue) -> String {
    let all = json["numberMatched"]?.intValue ?? json["@odata.count"]?.intValue
    return all.map { "\($0) in all" } ?? "how many is not told"
  }

  private func ask(_ request: HTTPRequest) throws -> JSONValue {
    let response = try HTTPClient.send(request)
    let name = RemotePath.shown(service)
    guard response.isGood else {
      let words = String(decoding: response.body.prefix(300), as: UTF8.self)
        .split(whereSeparator: \.isWhitespace).joined(separator: " ")
      throw FloeError(
        "\(name): \(HTTPClient.reason(response.status))\(words.isEmpty ? "" : ": \(RemotePath.scrubbed(words))")")
    }
    return try JSONText.decode(bytes: response.body, name: "the answer of \(name)")
  }
}
