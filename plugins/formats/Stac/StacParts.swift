import FloeIO
import FloeSDK
import Foundation

/// What the STAC items of rasters, tables and models have in common.
///
/// An item describes its file; the host adds the links to the run's catalogue, record and sources.
struct StacParts {
  /// Identifiers of the extensions, each with the version whose fields are written.
  enum Extension: String {
    case altimetry = "altimetry/v0.1.0"
    case classification = "classification/v2.0.0"
    case file = "file/v2.1.0"
    case mlm = "mlm/v1.4.0"
    case processing = "processing/v1.2.0"
    case projection = "projection/v2.0.0"
    case raster = "raster/v2.0.0"
    case table = "table/v1.2.0"

    /// The address that `stac_extensions` lists.
    var identifier: String { "https://stac-extensions.github.io/\(rawValue)/schema.json" }
  }

  /// Where an item lies on the globe; STAC wants both or neither.
  struct Place {
    /// GeoJSON.
    var geometry: JSONValue
    /// West, south, east, north in degrees; west is greater than east across the 180° meridian.
    var bbox: [Double]

    /// The place of an outline.
    init(_ outline: GeographicOutline) {
      bbox = outline.bbox
      let rings = outline.polygons.map { ring -> JSONValue in
        // RFC 7946 wants outer rings counterclockwise; ours run clockwise from the upper left corner.
        .array(ring.reversed().map { [.number($0.x), .number($0.y)] })
      }
      geometry =
        rings.count == 1
        ? ["type": "Polygon", "coordinates": [rings[0]]]
        : ["type": "MultiPolygon", "coordinates": .array(rings.map { [$0] })]
    }

    /// A place with a geometry of its own.
    init(geometry: JSONValue, bbox: [Double]) {
      self.geometry = geometry
      self.bbox = bbox
    }
  }

  /// The path of the file that the item describes.
  let path: String
  let provenance: JSONValue
  let acquisition: Acquisition?

  /// The file's name.
  var file: String { (path as NSString).lastPathComponent }

  /// What every item says of its processing and origin.
  ///
  /// - Parameter level: the processing level where it is known, for example `L2`.
  func properties(level: String?) -> [String: JSONValue] {
    var all: [String: JSONValue] = [
      "processing:software": software, "processing:lineage": .string(lineage),
      "processing:version": .string(FloeVersion.current), "processing:expression": expression,
      "floe:key": provenance[.key] ?? .null, "floe:plugins": .array(plugins),
    ]
    if let level { all["processing:level"] = .string(level) }
    // Catalogues show the title; it says whose data these are, and whether they are made up.
    let origin = [acquisition?.product, acquisition?.platform].compactMap { $0 }
    if !origin.isEmpty { all["title"] = .string("\(file) from \(origin.joined(separator: ", "))") }
    if let platform = acquisition?.platform { all["platform"] = .string(platform.lowercased()) }
    if let instrument = acquisition?.instrument { all["instruments"] = [.string(instrument.lowercased())] }
    return all
  }

  /// The asset of the file, with size and checksum; a folder has neither.
  func asset(type: String?, roles: [String]) throws -> (members: [String: JSONValue], isFile: Bool) {
    var asset: [String: JSONValue] = [
      "href": .string("./" + StacText.address(file)), "roles": .array(roles.map { .string($0) }),
      "title": .string(file),
    ]
    if let type { asset["type"] = .string(type) }
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    guard attributes[.type] as? FileAttributeType == .typeRegular else { return (asset, false) }
    asset["file:size"] = .integer(attributes[.size] as? Int ?? 0)
    // A multihash: 12 says SHA-256, 20 its length of 32 bytes.
    if let digest = try FileDigest.hexadecimal(of: path, algorithm: "SHA256") {
      asset["file:checksum"] = .string("1220" + digest)
    }
    return (asset, true)
  }

  /// An item; its identifier is the file's name without its ending, or all of it where two files may share the rest.
  func item(
    id: String, place: Place, extensions: [Extension], properties: [String: JSONValue], assets: [String: JSONValue]
  ) -> JSONValue {
    .object([
      "type": "Feature", "stac_version": "1.1.0",
      "stac_extensions": .array(extensions.map { .string($0.identifier) }), "id": .string(id),
      "bbox": .array(place.bbox.map { .number($0) }), "geometry": place.geometry,
      "properties": .object(properties), "links": [], "assets": .object(assets),
    ])
  }

  /// Classes as the classification extension has them, the code of no data among them.
  ///
  /// - Parameter noData: the code of no data; nil where every code is a class.
  static func classes(_ table: ClassTable, noData: Int?) -> JSONValue {
    var all = table.entries.map { entry -> JSONValue in
      var members: [String: JSONValue] = [
        "value": .integer(entry.code), "name": .string(StacText.name(entry.name)), "title": .string(entry.label),
        "color_hint": .string(entry.color.hex.uppercased()),
      ]
      if entry.code == noData { members["nodata"] = true }
      return .object(members)
    }
    if let noData, table[noData] == nil {
      all.append(["value": .integer(noData), "name": "no_data", "title": "No data", "nodata": true])
    }
    return .array(all)
  }

  // MARK: Processing

  private var steps: [JSONValue] { provenance[.steps]?.arrayValue ?? [] }

  private var lineage: String { steps.compactMap { $0[.use]?.stringValue }.joined(separator: " -> ") }

  /// floe and the libraries that the bytes rest on, by version.
  private var software: JSONValue {
    let all = (provenance[.software]?.objectValue ?? [:]).filter { $0.value.stringValue != nil }
    return .object(all.merging(["floe": .string(FloeVersion.current)]) { _, own in own })
  }

  /// The steps as a pipeline has them, with the parameters that took effect; files by their names.
  private var expression: JSONValue {
    var pipeline: [String: JSONValue] = ["floe": 1]
    if let seed = provenance[.seed] { pipeline["seed"] = seed }
    let entries = steps.compactMap { step in
      step[.id]?.stringValue.map { ($0, JSONValue.object((step.objectValue ?? [:]).filter(Self.isOfPipeline))) }
    }
    pipeline["steps"] = .object(Dictionary(entries) { first, _ in first })
    return ["format": "floe", "expression": .object(pipeline)]
  }

  /// Whether a member of a step's record is one that a pipeline writes; an empty one says nothing.
  private static func isOfPipeline(_ member: (key: String, value: JSONValue)) -> Bool {
    [RecordKey.use, .parameters, .connections].contains { $0.rawValue == member.key }
      && member.value.objectValue?.isEmpty != true
  }

  /// The plugins of the steps that the file rests on, each once.
  private var plugins: [JSONValue] {
    var seen: Set<JSONValue> = []
    return steps.compactMap { $0[.plugin] }.filter { seen.insert($0).inserted }
  }
}

/// Texts as STAC wants them.
enum StacText {
  /// A class's name of letters, digits, `_` and `-`.
  static func name(_ text: String) -> String {
    let plain = text.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") ? $0 : "-" }
    return plain.isEmpty ? "-" : String(plain)
  }

  /// A relative address; what is no plain letter of one is written as its bytes.
  static func address(_ name: String) -> String {
    name.utf8.map { byte in
      let plain = Character(UnicodeScalar(byte))
      return byte < 128 && (plain.isLetter || plain.isNumber || "-._~/".contains(plain))
        ? String(plain) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }.joined()
  }
}
