import FloeIO
import FloeSDK
import Foundation

/// The STAC catalogue of a run: writers describe their files as items, this links them to each other, to the run's
/// record and to items of the products that the run read.
///
/// All links are relative, so that the folder can be moved as a whole, and none leads out of it: equal runs give equal
/// items, wherever their inputs lie. Sources: STAC 1.1.0 (links of items and catalogues), its best practices for
/// self-contained catalogues, and the processing extension 1.2.0 (`processing-execution`).
struct RunCatalog {
  /// The catalogue's name in the output folder.
  static let name = "catalog.json"
  /// The end of the names of items.
  static let suffix = ".stac.json"
  /// The folder of the items of products that the run read.
  static let sources = "sources"

  let plan: Plan
  /// Name, path and digest of each input.
  let inputs: [(name: String, path: String, digest: String?)]
  /// The name of the run's record.
  let record: String
  let products: any ProductCatalogue

  /// Whether a plan makes a catalogue: it may make several items, and no file of that name. One item stands for itself.
  static func isExpected(_ plan: Plan) -> Bool {
    let files = plan.outputs.flatMap { [$0.name] + plan.sidecars(of: $0.name) }
    return files.count { $0.hasSuffix(suffix) } > 1 && !files.contains(name)
  }

  /// Links the items that were made and writes the catalogue; does nothing without items.
  ///
  /// - Returns: products that have no item because they cannot be described, by their names, and why.
  func write(in staging: Staging) throws -> [(name: String, reason: String)] {
    var items: [(name: String, item: [String: JSONValue])] = []
    for name in try staging.made().sorted() where name.hasSuffix(Self.suffix) {
      let path = "\(staging.folder)/out/\(name)"
      guard let item = try JSONText.decode(try VirtualFile.readText(path), name: path).objectValue,
        item["type"] == "Feature"
      else { continue }
      items.append((name, item))
    }
    guard !items.isEmpty else { return [] }
    // A single step in a pipeline's folder has a record of its own, but the folder's catalogue is the pipeline's.
    let isPipelines = record == OutputNames.record
    let hasCatalog = isPipelines && Self.isExpected(plan)
    let (origins, undescribed) = try writeSources(in: staging, hasItems: isPipelines)
    for (name, item) in items {
      var linked = item
      linked["links"] = .array(links(of: name, hasCatalog: hasCatalog, origins) + (item["links"]?.arrayValue ?? []))
      try Self.put(.object(linked), to: staging.path(of: name))
    }
    if hasCatalog { try Self.put(try catalog(items), to: staging.path(of: Self.name)) }
    return undescribed
  }

  private static func put(_ value: JSONValue, to path: String) throws {
    try VirtualFile.write(try JSONText.encode(value, pretty: true) + "\n", to: path)
  }

  // MARK: Links

  private static let itemType = "application/geo+json"

  private func links(of name: String, hasCatalog: Bool, _ origins: [Origin]) -> [JSONValue] {
    let depth = name.split(separator: "/").count - 1
    let up = depth == 0 ? "./" : String(repeating: "../", count: depth)
    var links = [
      StacLink.make("self", "./" + RelativeAddress.of((name as NSString).lastPathComponent), type: Self.itemType)
    ]
    if hasCatalog {
      links.append(StacLink.make("root", up + Self.name, title: title))
      links.append(StacLink.make("parent", up + Self.name, title: title))
    }
    links.append(StacLink.make("processing-execution", up + RelativeAddress.of(record), title: "Record of the run"))
    for origin in origins {
      if let item = origin.item {
        links.append(
          StacLink.make("derived_from", up + RelativeAddress.of(item), type: Self.itemType, title: origin.name))
      } else {
        links.append(
          StacLink.make("via", "\(up)\(RelativeAddress.of(record))#/inputs/\(origin.place)", title: origin.name))
      }
    }
    return links
  }

  private var title: String {
    plan.pipeline.title.isEmpty ? (plan.pipeline.file as NSString).lastPathComponent : plan.pipeline.title
  }

  private func catalog(_ items: [(name: String, item: [String: JSONValue])]) throws -> JSONValue {
    let stem = ((plan.pipeline.file as NSString).lastPathComponent as NSString).deletingPathExtension
    let described = try JSONText.encode(.array(items.map { .object($0.item) }))
    let digest = try SHA256.hexadecimal(of: Array(described.utf8)).prefix(12)
    return [
      "type": "Catalog", "stac_version": "1.1.0", "id": .string("\(stem)-\(digest)"), "title": .string(title),
      "description": .string("\(title): what one run of floe wrote, \(items.count) items"),
      "links": .array(
        [StacLink.make("root", "./" + Self.name, title: title)]
          + items.map { name, item in
            StacLink.make("item", "./" + RelativeAddress.of(name), type: Self.itemType, title: item["id"]?.stringValue)
          }),
    ]
  }

  // MARK: Products that were read

  /// An input, and the name of its item where it is a product that a reader knows.
  private struct Origin {
    let place: Int, name: String, item: String?
  }

  private func writeSources(in staging: Staging, hasItems: Bool) throws
    -> (origins: [Origin], undescribed: [(name: String, reason: String)])
  {
    var seen: Set<String> = []
    var origins: [Origin] = []
    var undescribed: [(name: String, reason: String)] = []
    for (place, input) in inputs.enumerated() where seen.insert(input.path).inserted {
      let file = "\(Self.sources)/\(input.name)\(Self.suffix)"
      var item: String?
      // What the readers do not know, or cannot place, has no item; the record lists it all the same.
      if hasItems, products.recognises(input.path) {
        do {
          let source = SourceItem(product: try products.describe(input.path), digest: input.digest)
          if let described = source.json(record: "../\(RelativeAddress.of(record))#/inputs/\(place)") {
            try Self.put(described, to: staging.path(of: file))
            item = file
          }
        } catch let error as FloeError {
          undescribed.append((input.name, "\(error.message); the product has no STAC item under '\(Self.sources)'"))
        }
      }
      origins.append(Origin(place: place, name: input.name, item: item))
    }
    return (origins, undescribed)
  }
}

/// Relative addresses of files.
enum RelativeAddress {
  /// The address of a path; what is no plain letter of an address is written as its bytes.
  static func of(_ path: String) -> String {
    path.utf8.map { byte in
      let plain = Character(UnicodeScalar(byte))
      return byte < 128 && (plain.isLetter || plain.isNumber || "-._~/".contains(plain))
        ? String(plain) : String(format: "%%%02X", byte)
    }.joined()
  }
}
