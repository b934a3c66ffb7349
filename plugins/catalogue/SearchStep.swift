import FloeIO
import FloeSDK

/// Asks a catalogue for products.
public struct SearchStep: ProcessingStep {
  public static let name = "catalogue.search"
  public static let summary = "Asks a catalogue (STAC API, or OData of the Copernicus Data Space) for products."
  public static let discussion = """
    Products of `collection` whose footprint meets `box` (west, south, east, north in degrees; west greater than east
    crosses 180°) or the footprint of the product `footprint_of`, that begin between `from` and `to`, with at most
    `cloud` percent of clouds and with `text` in their name. An address with `odata` in it is asked as OData, any other
    as a STAC API; `api` says otherwise. All pages are read up to `limit` products; more are a warning, and so are pages
    that hold fewer than the catalogue announces. Of a STAC API, clouds and text are compared here, since not every
    server can; products that tell no cloud cover are then left out and counted.

    `items`: a row a product in order of time and name: name, id, collection, times (UTC), cloud cover (percent), size
    (bytes), MD5, `href` (where it is fetched) and `s3` as the catalogue gives them, missing where it does not,
    without signatures; outlines in EPSG:4326, cut at 180°, for a track a strip of about 1 km. `answer`: the
    catalogue's own words, an item collection or an OData list, which `colocate.pairs` and `floe fetch` take. Addresses
    are kept without user and query there; an asset that lost one has `floe:signed` and its item a link to itself, by
    which it is asked for anew when the file is read or fetched.

    No account is needed. What a catalogue answers may differ tomorrow, so this step is always run.
    Sources: STAC API 1.0.0, item search; OData API of the Copernicus Data Space
    (documentation.dataspace.copernicus.eu).
    """
  public static let example = """
    found: { use: catalogue.search, with: { collection: [SENTINEL-2], text: MSIL1C, box: [178, 70, -178, 71.5],
      from: 2019-03-01, to: 2019-03-08, cloud: 20 } }
    """

  @Param("Address of the catalogue") var service = "https://catalogue.dataspace.copernicus.eu/odata/v1"
  @Param("How it is asked; auto goes by the address") var api = CatalogueKind.auto
  @Param("Collections, for example SENTINEL-2 (OData) or sentinel-2-l1c (STAC)") var collection: [String]
  @Param("West, south, east, north in degrees") var box: [Double]?
  @Param("A product whose footprint is searched") var footprintOf: InputPath?
  @Param("Beginning: a date or time, UTC") var from: String?
  @Param("End: a date, that day included, or a time, UTC") var to: String?
  @Param("Largest cloud cover", unit: "percent", in: 0...100) var cloud: Double?
  @Param("What a product's name holds, for example MSIL1C") var text: String?
  @Param("Products at most", in: 1...100_000) var limit = 2000
  @Output("One row a product") var items: Table?
  @Output("The catalogue's answer") var answer: Document?

  /// A step with its defaults.
  public init() {}

  public func validate() throws {
    if collection.isEmpty { throw ParameterError("collection", "must name at least one collection") }
    if box != nil, footprintOf != nil { throw ParameterError("footprint_of", "and 'box' cannot both say where") }
    if let box { try Self.check(box) }
    _ = try times()
  }

  public mutating func plan(in context: PlanContext) throws {
    items = ItemTable.table([])
    answer = Document(title: "Products found", body: .null)
  }

  public mutating func run(in context: RunContext) async throws {
    let (begin, end) = try times()
    var areas: [[SIMD2<Double>]] = []
    if let box { areas = Self.rings(box) }
    if let product = footprintOf {
      let found = try context.products.describe(product.path)
      guard found.footprint.count >= 3, !found.isTrack else {
        throw ParameterError("footprint_of", "'\(found.name)' tells no outline of an area")
      }
      areas = GeographicOutline(found.footprint).polygons
    }
    let question = SearchQuestion(
      collections: collection, areas: areas, box: box, begin: begin, end: end, cloud: cloud, text: text, limit: limit)
    guard try RemotePath.resolve(service) != nil else {
      throw ParameterError("service", "'\(RemotePath.redacted(service))' is no https:// address")
    }
    let isOData = api == .odata || api == .auto && service.lowercased().contains("odata")
    let found = try isOData ? ODataSearch(service).ask(question) : StacSearch(service).ask(question)
    if let more = found.more { context.warn("the catalogue has more products (\(more)); 'limit' is \(limit)") }
    if let lack = found.lack { context.warn("\(RemotePath.shown(service)) \(lack)") }
    context.dropped(found.cloudless, "products", because: "no cloud cover told")
    items = ItemTable.table(found.items)
    answer = Document(title: "Products found", body: found.answer)
    context.record("found", .integer(found.items.count))
    context.record(
      "summary",
      .string(
        "\(found.items.count) \(found.items.count == 1 ? "product" : "products") at "
          + RemotePath.shown(service)))
    if found.items.isEmpty { context.warn("the catalogue has no such product") }
  }

  private func times() throws -> (UTCTime?, UTCTime?) {
    func time(_ text: String?, _ name: String, isEnd: Bool) throws -> UTCTime? {
      guard let text else { return nil }
      let isDate = text.utf8.count == 10
      guard let found = UTCTime(isDate ? text + "T00:00:00Z" : text) else {
        throw ParameterError(name, "must be a date (2019-03-01) or a time (2019-03-01T12:00:00Z), not '\(text)'")
      }
      return isDate && isEnd ? UTCTime(seconds: found.seconds + 86_400 - 0.001) : found
    }
    let begin = try time(from, "from", isEnd: false)
    let end = try time(to, "to", isEnd: true)
    if let begin, let end, begin > end { throw ParameterError("to", "lies before 'from'") }
    return (begin, end)
  }

  private static func check(_ box: [Double]) throws {
    guard box.count == 4, box.allSatisfy(\.isFinite) else {
      throw ParameterError("box", "must be four numbers: west, south, east, north in degrees")
    }
    guard (-180...180).contains(box[0]), (-180...180).contains(box[2]), (-90...90).contains(box[1]),
      (-90...90).contains(box[3]), box[1] < box[3], box[0] != box[2]
    else {
      throw ParameterError(
        "box", "must lie within -180..180 and -90..90 with south below north; west greater than east crosses 180°")
    }
  }

  /// The box as one ring, or two where it crosses 180°.
  static func rings(_ b: [Double]) -> [[SIMD2<Double>]] {
    func ring(_ west: Double, _ east: Double) -> [SIMD2<Double>] {
      [SIMD2(west, b[1]), SIMD2(east, b[1]), SIMD2(east, b[3]), SIMD2(west, b[3]), SIMD2(west, b[1])]
    }
    return b[0] < b[2] ? [ring(b[0], b[2])] : [ring(b[0], 180), ring(-180, b[2])].filter { $0[0].x != $0[1].x }
  }
}

/// How a catalogue is asked.
enum CatalogueKind: String, ChoiceParameter { case auto, stac, odata }
