import FloeIO
import FloeSDK

/// A STAC API (1.0.0, item search).
struct StacSearch {
  private let service: String

  init(_ service: String) { self.service = service }

  func ask(_ question: SearchQuestion) throws -> SearchAnswer {
    var body: [String: JSONValue] = [
      "collections": .array(question.collections.map { .string($0) }),
      "limit": .integer(min(question.limit, 100)),
    ]
    if let box = question.box, box[0] < box[2] {
      body["bbox"] = .array(box.map { .number($0) })
    } else if !question.areas.isEmpty {
      let rings = question.areas.map { ring in JSONValue.array([.array(ring.map { [.number($0.x), .number($0.y)] })]) }
      body["intersects"] =
        rings.count == 1
        ? ["type": "Polygon", "coordinates": rings[0]] : ["type": "MultiPolygon", "coordinates": .array(rings)]
    }
    if question.begin != nil || question.end != nil {
      body["datetime"] = .string("\(Self.text(question.begin))/\(Self.text(question.end))")
    }
    let first = CataloguePage(url: RemotePath.appending("/search", to: service), body: JSONValue.object(body))
    var cloudless = 0
    let found = try CataloguePages(service: service).read(first, limit: question.limit) { item -> Bool in
      if let text = question.text, !item.name.contains(text), !item.id.contains(text) { return false }
      guard let most = question.cloud else { return true }
      guard let cloud = item.cloudCover else {
        cloudless += 1
        return false
      }
      return cloud <= most
    }
    let kept = found.items.map { (item: CatalogueItem) -> JSONValue in
      SignedAddress.removed(from: item.json, service: service)
    }
    let answer: JSONValue = ["type": "FeatureCollection", "features": .array(kept)]
    return SearchAnswer(
      items: found.items, answer: answer, more: found.more, lack: found.lack, cloudless: cloudless)
  }

  /// `..` stands for an open end (RFC 3339 intervals of OGC API).
  private static func text(_ time: UTCTime?) -> String { time?.iso8601 ?? ".." }
}
