import FloeIO
import FloeSDK
import Foundation

/// A product to fetch.
public struct FetchItem: Sendable, Hashable {
  /// The file or folder that it becomes.
  let name: String
  /// Its address; nil where the catalogue is to be asked for it.
  let url: String?
  let size: Int?
  let md5: String?
  /// Its place in an object store.
  let s3: String?
  /// SHA-256 of the file as it is fetched, in lower case.
  var sha256: String?
  /// The catalogue's item, which is asked for anew before it is fetched, and from where; nil for an address that holds
  /// as it is.
  var signed: Signed?

  /// Whether a checksum tells that the file is whole and the right one.
  var hasChecksum: Bool { md5 != nil || sha256 != nil }

  /// An item whose catalogue signs the address.
  struct Signed: Sendable, Hashable {
    let item: JSONValue
    let source: String
  }

  /// The address as its catalogue signs it now.
  ///
  /// - Parameter service: whose user and query go along to the same server.
  func address(_ url: String, service: String) throws -> String {
    guard let signed else { return url }
    let json = FetchList.withoutOutlines(
      try SignedAddress.renewed(signed.item, from: signed.source, service: service))
    guard let href = try CatalogueAnswer.items(json, source: RemotePath.shown(signed.source))?.first?.href else {
      throw FloeError("\(name): \(RemotePath.shown(signed.source)) gives no address of it any more")
    }
    return href
  }
}

/// Turns the words of a request into products: names, answers of catalogues, tables.
struct FetchList {
  /// The OData catalogue that names are looked up in.
  let catalogue: String
  /// The service that hands out products by their ids.
  let download: String

  /// The products that words name, each once, in order.
  func items(_ words: [String]) throws -> [FetchItem] {
    var names: [String] = []
    var found: [(name: String, item: FetchItem?)] = []
    for word in words {
      if let refusal = AddressScheme.refusal(word) { throw RequestRefused.because(refusal) }
      let lower = word.lowercased()
      if RemotePath.isURL(word), !lower.hasSuffix(".json") {
        let name = (RemotePath.shown(word) as NSString).lastPathComponent
        found.append((name, FetchItem(name: try Self.fileName(name), url: word, size: nil, md5: nil, s3: nil)))
      } else if lower.hasSuffix(".json") || lower.hasSuffix(".geojson") {
        found += try answer(word)
      } else if lower.hasSuffix(".csv") || lower.hasSuffix(".gpkg") {
        let rows = try table(word)
        found += rows
        names += rows.filter { $0.item == nil }.map(\.name)
      } else {
        guard !word.contains("/") || FileState(of: word) == nil else {
          throw RequestRefused.because(
            "'\(word)' is neither a product's name nor a .json, .csv or .gpkg file with products")
        }
        found.append((word, nil))
        names.append(word)
      }
    }
    let known = try lookUp(Array(Set(names)).sorted())
    var seen: [String: FetchItem] = [:]
    return try found.compactMap { name, item in
      guard let one = item ?? known[Self.bare(name)] else {
        throw FloeError("the catalogue at \(RemotePath.shown(catalogue)) has no product '\(name)'")
      }
      if let other = seen[one.name] {
        try Self.checkSame(one, other)
        return nil
      }
      seen[one.name] = one
      return one
    }
  }

  /// Refuses two files of one name, of which one would not be fetched.
  private static func checkSame(_ one: FetchItem, _ other: FetchItem) throws {
    // What a catalogue tells of, by size and checksum, is one product however often and from wherever it is named.
    guard one.url != other.url, let url = one.url, let first = other.url, one.size == nil, other.size == nil,
      !one.hasChecksum, !other.hasChecksum
    else { return }
    throw RequestRefused.because(
      """
      '\(one.name)' is the name of two files, \(RemotePath.shown(first)) and \(RemotePath.shown(url)); fetch them one \
      by one into different folders
      """)
  }

  private func answer(_ word: String) throws -> [(name: String, item: FetchItem?)] {
    let path = try RemotePath.resolve(word) ?? word
    let json = try JSONText.decode(bytes: try VirtualFile.read(path), name: "'\(word)'")
    guard let items = try CatalogueAnswer.items(Self.withoutOutlines(json), source: "'\(word)'") else {
      throw RequestRefused.because("'\(word)' is neither STAC items nor an OData list")
    }
    return try items.map { ($0.name, try item($0)) }
  }

  /// Rows of a table that `catalogue.search` or `colocate.pairs` wrote.
  private func table(_ word: String) throws -> [(name: String, item: FetchItem?)] {
    let table = try VectorLayer.readTable(word)
    func texts(_ name: ColumnName) -> [String?]? {
      if case .text(let values)? = table[name]?.values { values } else { nil }
    }
    if let scenes = texts(.scene), let tracks = texts(.track) {
      return zip(scenes, tracks).flatMap { [$0, $1] }.compactMap { $0 }.map { ($0, nil) }
    }
    guard let names = texts(.name) else {
      throw RequestRefused.because("'\(word)' has neither a column 'name' nor the columns 'scene' and 'track'")
    }
    return names.compactMap { $0 }.map { ($0, nil) }
  }

  /// An item with its address: by its id where the catalogue is the Data Space's, else as the item says.
  private func item(_ found: CatalogueItem) throws -> FetchItem {
    let isID = found.id.count == 36 && found.id.count { $0 == "-" } == 4
    let url = isID ? "\(download)/Products(\(found.id))/$value" : found.href
    guard url != nil || found.s3 != nil else {
      throw FloeError("the catalogue gives no place to fetch '\(found.name)' from")
    }
    var item = FetchItem(name: try Self.fileName(found.name), url: url, size: found.size, md5: found.md5, s3: found.s3)
    item.sha256 = found.sha256
    if !isID, let url, let source = try SignedAddress.source(of: found.json, for: url) {
      item.signed = FetchItem.Signed(item: found.json, source: source)
    }
    return item
  }

  /// Products by their bare names, twenty a request.
  private func lookUp(_ names: [String]) throws -> [String: FetchItem] {
    var result: [String: FetchItem] = [:]
    for start in stride(from: 0, to: names.count, by: 20) {
      let part = names[start..<min(names.count, start + 20)]
      let tests = part.map { name in
        let bare = Self.bare(name)
        let ending = bare.contains("_MSIL") ? ".SAFE" : bare.hasPrefix("S3") ? ".SEN3" : ""
        // A quote within a literal is doubled, as in SQL.
        return "Name eq \(TextEscape.sql(bare + ending))"
      }
      let filter = RemotePath.encoded(tests.joined(separator: " or "))
      let base = RemotePath.appending("/Products", to: catalogue)
      var request = HTTPRequest(base + (base.contains("?") ? "&" : "?") + "$filter=\(filter)&$top=\(2 * part.count)")
      request.headers = [("Accept", "application/json")]
      let response = try HTTPClient.send(request)
      guard response.isGood else {
        throw FloeError("\(RemotePath.shown(catalogue)): \(HTTPClient.reason(response.status))")
      }
      let json = try JSONText.decode(bytes: response.body, name: "the answer of \(RemotePath.shown(catalogue))")
      let answer = Self.withoutOutlines(json)
      for found in try CatalogueAnswer.items(answer, source: RemotePath.shown(catalogue)) ?? [] {
        let name = Self.bare(found.name)
        if result[name] == nil { result[name] = try item(found) }
      }
    }
    return result
  }

  /// An answer without the outlines of its products: whoever fetches has no use for them, and one product with an
  /// outline that is neither area nor line must not keep others from being fetched.
  static func withoutOutlines(_ answer: JSONValue) -> JSONValue {
    guard case .object(var members) = answer else { return answer }
    for name in ["geometry", "GeoFootprint", "Footprint"] { members[name] = nil }
    for name in ["features", "value"] {
      if let all = members[name]?.arrayValue { members[name] = .array(all.map(withoutOutlines)) }
    }
    return .object(members)
  }

  static func bare(_ name: String) -> String {
    [".zip", ".SAFE", ".SEN3"].reduce(name) { $0.hasSuffix($1) ? String($0.dropLast($1.count)) : $0 }
  }

  /// A name that is one file in a folder; what catalogues say goes through here.
  static func fileName(_ name: String) throws -> String {
    let isPlain = name.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 && $0 != "/" && $0 != "\\" }
    guard isPlain, !name.isEmpty, !name.hasPrefix("."), name.utf8.count <= 200 else {
      throw FloeError("a product cannot be called '\(name.prefix(80))': it would not be a file in the folder")
    }
    return name
  }
}
