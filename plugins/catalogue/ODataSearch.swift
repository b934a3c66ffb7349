import FloeIO
import FloeSDK

/// The OData catalogue of the Copernicus Data Space.
struct ODataSearch {
  private let service: String

  init(_ service: String) { self.service = service }

  func ask(_ question: SearchQuestion) throws -> SearchAnswer {
    let base = RemotePath.appending("/Products", to: service)
    let options = [
      "$filter": try Self.filter(question), "$orderby": "ContentDate/Start asc", "$expand": "Attributes",
      "$top": "\(min(question.limit, 200))", "$count": "True",
    ]
    let query = options.sorted { $0.key < $1.key }.map { "\($0.key)=\(RemotePath.encoded($0.value))" }
    let first = CataloguePage(url: base + (base.contains("?") ? "&" : "?") + query.joined(separator: "&"))
    let found = try CataloguePages(service: service).read(first, limit: question.limit) { _ in true }
    let kept = found.items.map { (item: CatalogueItem) -> JSONValue in
      SignedAddress.removed(from: item.json, service: service)
    }
    let answer: JSONValue = ["@odata.context": .string("$metadata#Products"), "value": .array(kept)]
    return SearchAnswer(items: found.items, answer: answer, more: found.more, lack: found.lack, cloudless: 0)
  }

  private static func filter(_ question: SearchQuestion) throws -> String {
    // A quote within a literal is doubled, as in SQL.
    let quoted = TextEscape.sql
    func any(_ parts: [String]) -> String { parts.count == 1 ? parts[0] : "(" + parts.joined(separator: " or ") + ")" }
    var parts = [any(question.collections.map { "Collection/Name eq \(quoted($0))" })]
    if !question.areas.isEmpty {
      parts.append(
        any(
          question.areas.map { ring in
            let points = ring.map { "\($0.x) \($0.y)" }.joined(separator: ",")
            return "OData.CSC.Intersects(area=geography'SRID=4326;POLYGON((\(points)))')"
          }))
    }
    if let begin = question.begin { parts.append("ContentDate/Start ge \(begin.iso8601)") }
    if let end = question.end { parts.append("ContentDate/Start le \(end.iso8601)") }
    if let text = question.text { parts.append("contains(Name,\(quoted(text)))") }
    if let cloud = question.cloud {
      parts.append(
        "Attributes/OData.CSC.DoubleAttribute/any(att:att/Name eq 'cloudCover' and "
          + "att/OData.CSC.DoubleAttribute/Value le \(cloud))")
    }
    return parts.joined(separator: " and ")
  }
}
