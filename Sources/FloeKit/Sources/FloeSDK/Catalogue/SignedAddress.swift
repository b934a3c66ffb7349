internal import FloeIO

/// Addresses of files with a query or a user, as catalogues sign them: for as long as a signature holds it opens the
/// file to whoever has it, so that no document keeps it.
///
/// An item is kept with such addresses bare, each asset marked by `"floe:signed": true`, and with a link to itself.
/// Whoever needs the file asks the catalogue for the item anew; its signature is then a fresh one.
public enum SignedAddress {
  private static let mark = "floe:signed"

  /// An item of a catalogue as a document may keep it; an entry of another kind without what its addresses hide.
  ///
  /// - Parameter service: the catalogue's address. An item without a link to itself lies under
  ///   `/collections/{collection}/items/{id}` there (OGC API Features, on which STAC API 1.0.0 rests).
  public static func removed(from item: JSONValue, service: String) -> JSONValue {
    let bare = RemotePath.redacted(item)
    guard bare != item, var members = bare.objectValue, var assets = members["assets"]?.objectValue else { return bare }
    var isMarked = false
    for (key, own) in item["assets"]?.objectValue ?? [:] where hides(own) {
      guard var asset = assets[key]?.objectValue else { continue }
      asset[mark] = true
      assets[key] = .object(asset)
      isMarked = true
    }
    guard isMarked else { return bare }
    members["assets"] = .object(assets)
    if itself(bare) == nil, let id = item["id"]?.stringValue, let collection = item["collection"]?.stringValue {
      let path = "/collections/\(RemotePath.encoded(collection))/items/\(RemotePath.encoded(id))"
      let own: JSONValue = [
        "rel": "self", "type": "application/geo+json",
        "href": .string(RemotePath.appending(path, to: RemotePath.redacted(service))),
      ]
      members["links"] = .array((bare["links"]?.arrayValue ?? []).filter { $0["rel"]?.stringValue != "self" } + [own])
    }
    return .object(members)
  }

  /// Where an item is asked for anew before a file of it is read; nil where the file's address holds as it is.
  ///
  /// - Parameter href: the address of one of the item's files, or of the folder that one lies in.
  /// - Throws: a sentence where nothing says whom to ask.
  public static func source(of item: JSONValue, for href: String) throws -> String? {
    let isSigned = (item["assets"]?.objectValue ?? [:]).values.contains { asset in
      asset[mark]?.boolValue == true && addresses(asset).contains { $0 == href || $0.hasPrefix(href + "/") }
    }
    guard isSigned else { return nil }
    guard let source = itself(item) else {
      throw FloeError(
        "the address of '\(item["id"]?.stringValue ?? "?")' was signed by its catalogue, and its item does not say "
          + "where to ask for it anew: give the address itself")
    }
    return source
  }

  /// An item as its catalogue has it now.
  ///
  /// - Parameter service: an address whose user and query go along to the same server; nil for none.
  /// - Throws: a sentence where the catalogue does not give it.
  public static func renewed(_ item: JSONValue, from source: String, service: String? = nil) throws -> JSONValue {
    let id = item["id"]?.stringValue ?? "?"
    let shown = RemotePath.shown(source)
    func failure(_ words: String) -> FloeError {
      FloeError("\(shown), which signs the address of '\(id)': \(words)")
    }
    guard try RemotePath.resolve(source) != nil else { throw failure("this is no https:// address") }
    var request = HTTPRequest(service.map { RemotePath.withSecrets(of: $0, source) } ?? source)
    request.headers = [("Accept", "application/geo+json, application/json")]
    let response = try HTTPClient.send(request)
    guard response.isGood else { throw failure(HTTPClient.reason(response.status)) }
    let answer = try JSONText.decode(bytes: response.body, name: "the answer of \(shown)")
    guard answer["type"]?.stringValue == "Feature", answer["id"]?.stringValue == id else {
      throw failure("the answer is another item or none")
    }
    guard (answer["assets"]?.objectValue ?? [:]).values.allSatisfy({ $0[mark] == nil }) else {
      throw failure("the answer was kept without signatures itself")
    }
    return answer
  }

  private static func addresses(_ asset: JSONValue) -> [String] {
    let alternates = (asset["alternate"]?.objectValue ?? [:]).values
    return ([asset] + alternates).compactMap { $0["href"]?.stringValue }
  }

  private static func hides(_ asset: JSONValue) -> Bool {
    addresses(asset).contains { RemotePath.redacted($0) != $0 }
  }

  /// The address of an item's link to itself; nil where it has none that can be asked.
  private static func itself(_ item: JSONValue) -> String? {
    (item["links"]?.arrayValue ?? []).first { $0["rel"]?.stringValue == "self" }?["href"]?.stringValue.flatMap {
      RemotePath.isURL($0) && !$0.lowercased().hasPrefix("s3://") ? $0 : nil
    }
  }
}
