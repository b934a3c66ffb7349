internal import FloeIO

/// A product as a catalogue describes it: a STAC item, or an entry of the Copernicus Data Space's OData.
public struct CatalogueItem: Sendable, Hashable {
  /// What the catalogue calls it: the item's id, or a UUID.
  public var id: String
  /// The product's name with its ending where the catalogue gives one (`S2A_..._.SAFE`), else the id.
  public var name: String
  /// The collection that it is in.
  public var collection: String?
  /// The beginning of the time that it covers.
  public var start: UTCTime?
  /// The end of the time that it covers.
  public var stop: UTCTime?
  /// Outlines as (longitude, latitude) in degrees, not closed; a line for a track. Longitudes may lie beyond 180°.
  public var outlines: [[SIMD2<Double>]]
  /// Whether the outlines are lines of a track and no areas.
  public var isTrack: Bool
  /// In percent.
  public var cloudCover: Double?
  /// Bytes of the product as it is fetched.
  public var size: Int?
  /// MD5 of the product as it is fetched, in lower case.
  public var md5: String?
  /// SHA-256 of the product as it is fetched, in lower case.
  public var sha256: String?
  /// Where it is fetched whole, as the catalogue says; an `https://` address needs an account.
  public var href: String?
  /// Its place in an object store, for example `s3://eodata/...`.
  public var s3: String?
  /// The catalogue's own words, for those who want more.
  public var json: JSONValue

  /// A description for those who match products.
  public var description: ProductDescription {
    let middle = start.flatMap { a in stop.map { UTCTime(seconds: (a.seconds + $0.seconds) / 2) } }
    var result = ProductDescription(
      kind: collection ?? "catalogue item", name: name, path: href ?? s3 ?? name, start: start, stop: stop,
      acquisition: Acquisition(product: name, time: isTrack ? nil : middle ?? start),
      footprint: isTrack ? TrackFootprint.chained(outlines) : outlines.first ?? [], isTrack: isTrack)
    if !isTrack, outlines.count > 1 { result.otherAreas = Array(outlines.dropFirst()) }
    return result
  }
}

/// Reads what catalogues answer.
public enum CatalogueAnswer {
  /// The items of an answer, live or saved: a STAC item, an item collection, an OData list or entry; nil for JSON of
  /// another kind.
  ///
  /// - Parameter source: what is named in sentences.
  /// - Throws: a sentence with the number of an item that cannot be read.
  public static func items(_ json: JSONValue, source: String) throws -> [CatalogueItem]? {
    if let features = json["features"]?.arrayValue, json["type"]?.stringValue == "FeatureCollection" {
      return try features.enumerated().map { try stac($1, "item \($0 + 1) of \(source)") }
    }
    if json["type"]?.stringValue == "Feature", json["stac_version"] != nil { return [try stac(json, source)] }
    if let values = json["value"]?.arrayValue, json["@odata.context"] != nil || values.first?["Name"] != nil {
      return try values.enumerated().map { try odata($1, "entry \($0 + 1) of \(source)") }
    }
    if json["Name"] != nil, json["ContentDate"] != nil { return [try odata(json, source)] }
    return nil
  }

  /// The next page as an answer names it, its address perhaps relative; nil on the last.
  public static func next(_ json: JSONValue) -> CataloguePage? {
    if let url = json["@odata.nextLink"]?.stringValue { return CataloguePage(url: url) }
    for link in json["links"]?.arrayValue ?? [] where link["rel"]?.stringValue == "next" {
      guard let url = link["href"]?.stringValue else { continue }
      // GET is meant where no method is given (STAC API 1.0.0, item search, paging).
      guard link["method"]?.stringValue?.uppercased() == "POST" else { return CataloguePage(url: url) }
      let body: JSONValue = link["body"] ?? JSONValue.object([:])
      return CataloguePage(url: url, body: body, isMerged: link["merge"]?.boolValue == true)
    }
    return nil
  }

  // MARK: STAC

  private static func stac(_ json: JSONValue, _ source: String) throws -> CatalogueItem {
    guard let id = json["id"]?.stringValue, !id.isEmpty else { throw FloeError("\(source) has no id") }
    let properties = json["properties"]
    func time(_ name: String) throws -> UTCTime? {
      guard let text = properties?[name]?.stringValue else { return nil }
      guard let time = UTCTime(text) else {
        throw FloeError("\(source) ('\(id)') has '\(text)' as \(name); a time such as 2019-03-01T23:56:11Z is needed")
      }
      return time
    }
    let moment = try time("datetime")
    let assets = json["assets"]?.objectValue ?? [:]
    let product = product(assets)
    let title = properties?["title"]?.stringValue
    let name = [properties?["product:name"]?.stringValue, title].compactMap { $0 }
      .first { $0.hasSuffix(".SAFE") || $0.hasSuffix(".SEN3") || $0.hasSuffix(".nc") }
    try checkName(id + (name ?? ""), source)
    var item = CatalogueItem(
      id: id, name: name ?? id, collection: json["collection"]?.stringValue,
      start: try time("start_datetime") ?? moment,
      stop: try time("end_datetime") ?? moment, outlines: [], isTrack: false,
      cloudCover: properties?["eo:cloud_cover"]?.doubleValue, size: product?["file:size"]?.intValue,
      md5: product?["file:checksum"]?.stringValue.flatMap(md5), href: nil, s3: nil, json: json)
    item.sha256 = product?["file:checksum"]?.stringValue.flatMap(sha256)
    for address in addresses(product) {
      if address.hasPrefix("s3://") { item.s3 = item.s3 ?? address } else { item.href = item.href ?? address }
    }
    try setOutlines(&item, json["geometry"], source)
    return item
  }

  /// The asset that is the product whole: by its key at Copernicus, else the only archive with the role `data`.
  private static func product(_ assets: [String: JSONValue]) -> JSONValue? {
    for key in ["Product", "product", "PRODUCT"] { if let found = assets[key] { return found } }
    let archives = assets.sorted { $0.key < $1.key }.map(\.value).filter { asset in
      let type = asset["type"]?.stringValue ?? ""
      return type.contains("zip") || asset["href"]?.stringValue?.hasSuffix(".zip") == true
    }
    return archives.count == 1 ? archives[0] : nil
  }

  /// The addresses of an asset, those of the alternate-assets extension after its own.
  private static func addresses(_ asset: JSONValue?) -> [String] {
    let alternates = (asset?["alternate"]?.objectValue ?? [:]).sorted { $0.key < $1.key }.map(\.value)
    return ([asset].compactMap { $0 } + alternates).compactMap { $0["href"]?.stringValue }
  }

  /// A multihash of the file extension that is an MD5: code 0xd5, written as the bytes d5 01, and 16 bytes.
  private static func md5(_ multihash: String) -> String? {
    let text = multihash.lowercased()
    if text.hasPrefix("d50110"), text.count == 38 { return String(text.dropFirst(6)) }
    return text.count == 32 && text.allSatisfy(\.isHexDigit) ? text : nil
  }

  /// A multihash that is a SHA-256: code 0x12, 32 bytes.
  private static func sha256(_ multihash: String) -> String? {
    let text = multihash.lowercased()
    guard text.hasPrefix("1220"), text.utf8.count == 68, text.allSatisfy(\.isHexDigit) else { return nil }
    return String(text.dropFirst(4))
  }

  /// Refuses a name that no table could be read back with.
  private static func checkName(_ name: String, _ source: String) throws {
    guard name.utf8.contains(0) else { return }
    throw FloeError("\(source) has a zero byte in its name; names are texts without one")
  }

  // MARK: OData

  private static func odata(_ json: JSONValue, _ source: String) throws -> CatalogueItem {
    guard let name = json["Name"]?.stringValue, !name.isEmpty else { throw FloeError("\(source) has no Name") }
    try checkName(name, source)
    func time(_ end: String) throws -> UTCTime? {
      guard let text = json["ContentDate"]?[end]?.stringValue else { return nil }
      guard let time = UTCTime(text) else {
        throw FloeError("\(source) ('\(name)') has '\(text)' as ContentDate/\(end), which is no time")
      }
      return time
    }
    var cloud: Double?
    for attribute in json["Attributes"]?.arrayValue ?? [] where attribute["Name"]?.stringValue == "cloudCover" {
      cloud = attribute["Value"]?.doubleValue
    }
    let sums = json["Checksum"]?.arrayValue ?? []
    let md5 = sums.first { $0["Algorithm"]?.stringValue?.uppercased() == "MD5" }?["Value"]?.stringValue?.lowercased()
    let path = json["S3Path"]?.stringValue
    var item = CatalogueItem(
      id: json["Id"]?.stringValue ?? name, name: name, collection: json["Collection"]?["Name"]?.stringValue,
      start: try time("Start"), stop: try time("End"), outlines: [], isTrack: false, cloudCover: cloud,
      size: json["ContentLength"]?.intValue, md5: md5.flatMap { $0.isEmpty ? nil : $0 }, href: nil,
      s3: path.map { $0.hasPrefix("/") ? "s3:/" + $0 : $0 }, json: json)
    if let geometry = json["GeoFootprint"], geometry != .null {
      try setOutlines(&item, geometry, source)
    } else if let text = json["Footprint"]?.stringValue {
      try setOutlines(&item, wellKnown(text, source), source)
    }
    return item
  }

  /// `geography'SRID=4326;POLYGON((...))'` as GeoJSON.
  private static func wellKnown(_ text: String, _ source: String) throws -> JSONValue {
    let upper = text.uppercased()
    let kinds = [
      ("MULTIPOLYGON", "MultiPolygon"), ("POLYGON", "Polygon"), ("MULTILINESTRING", "MultiLineString"),
      ("LINESTRING", "LineString"),
    ]
    guard let (word, kind) = kinds.first(where: { upper.contains($0.0) }), let open = text.firstIndex(of: "("),
      let close = text.lastIndex(of: ")"), open < close
    else { throw FloeError("\(source) has the footprint '\(text.prefix(60))', which is neither polygon nor line") }
    _ = word
    // Numbers become pairs, brackets those of JSON.
    var result = ""
    for part in text[open...close].split(separator: ",", omittingEmptySubsequences: false) {
      let numbers = part.filter { $0 != "(" && $0 != ")" }.split(separator: " ").compactMap { Double($0) }
      guard numbers.count >= 2 else {
        throw FloeError("\(source) has a footprint whose points are no pairs of numbers")
      }
      let opened = String(repeating: "[", count: part.count { $0 == "(" })
      let closed = String(repeating: "]", count: part.count { $0 == ")" })
      result += (result.isEmpty ? "" : ",") + opened + "[\(numbers[0]),\(numbers[1])]" + closed
    }
    return ["type": .string(kind), "coordinates": try JSONText.decode(result, name: "the footprint of \(source)")]
  }

  // MARK: Outlines

  private static func setOutlines(_ item: inout CatalogueItem, _ geometry: JSONValue?, _ source: String) throws {
    guard let geometry, geometry != .null else { return }
    let coordinates = geometry["coordinates"]
    func line(_ value: JSONValue?) throws -> [SIMD2<Double>] {
      try (value?.arrayValue ?? []).map { point in
        let numbers = (point.arrayValue ?? []).compactMap(\.doubleValue)
        guard numbers.count >= 2, abs(numbers[1]) <= 90, abs(numbers[0]) <= 540 else {
          throw FloeError("\(source) ('\(item.name)') has a geometry with a point that is no longitude and latitude")
        }
        return SIMD2(numbers[0], numbers[1])
      }
    }
    func ring(_ value: JSONValue?) throws -> [SIMD2<Double>] {
      var points = try line(value?.arrayValue?.first)
      if points.count > 1, points.first == points.last { points.removeLast() }
      return points
    }
    switch geometry["type"]?.stringValue {
    case "Polygon": item.outlines = [try ring(coordinates)]
    case "MultiPolygon": item.outlines = try (coordinates?.arrayValue ?? []).map { try ring($0) }
    case "LineString": (item.outlines, item.isTrack) = ([try line(coordinates)], true)
    case "MultiLineString":
      (item.outlines, item.isTrack) = (try (coordinates?.arrayValue ?? []).map { try line($0) }, true)
    case let kind:
      throw FloeError(
        "\(source) ('\(item.name)') has a geometry of type '\(kind ?? "none")'; polygons and lines are read")
    }
    item.outlines = item.outlines.filter { !$0.isEmpty }
    if !item.isTrack {
      if isAltimeter(item.name) {
        item.outlines = [TrackFootprint.line(item.outlines)]
        item.isTrack = true
      } else if item.outlines.count > 1 {
        item.outlines = TrackFootprint.joined(item.outlines)
      }
    }
  }

  /// Whether a product is an altimeter's, whose footprint is its track: Sentinel-3 SRAL, CryoSat-2 SIRAL, Sentinel-6.
  private static func isAltimeter(_ name: String) -> Bool {
    name.hasPrefix("S3") && name.contains("_SR_") || name.hasPrefix("CS_") && name.contains("_SIR_")
      || name.hasPrefix("S6") && name.contains("_P4_")
  }
}
