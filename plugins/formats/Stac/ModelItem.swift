import FloeIO
import FloeSDK
import Foundation

/// Describes a written model as a STAC item (1.1.0) with machine learning model (MLM), processing and file extensions.
///
/// The item lies where and when the run's own data do: a model is fitted to scenes and holds for such.
struct ModelItem {
  let path: String
  let model: Model
  let provenance: JSONValue
  /// The other outputs of the run, which say where and when.
  let others: [OtherOutput]

  /// The item; nil when the model names no features, or nothing else that the run writes has a place and a time.
  func json() throws -> JSONValue? {
    guard let features = model.body["features"]?.arrayValue, !features.isEmpty, let found = try surroundings()
    else { return nil }
    let parts = StacParts(path: path, provenance: provenance, acquisition: found.acquisition)
    let names = features.enumerated().map { i, f in f["name"]?.stringValue ?? f.stringValue ?? "feature \(i + 1)" }
    var properties = parts.properties(level: nil)
    properties["datetime"] = .string(found.time.iso8601)
    properties["mlm:name"] = .string(mlmName)
    properties["mlm:architecture"] = .string(architecture)
    properties["mlm:tasks"] = [.string(found.isRaster ? "semantic-segmentation" : "classification")]
    properties["mlm:framework"] = "floe"
    properties["mlm:framework_version"] = .string(FloeVersion.current)
    properties["mlm:pretrained"] = true
    properties["mlm:accelerator"] = .null
    if let hyper = hyperparameters { properties["mlm:hyperparameters"] = hyper }
    let axes: [JSONValue] = found.isRaster ? ["bands", "height", "width"] : ["batch", "feature"]
    let shape: [JSONValue] = found.isRaster ? [.integer(names.count), -1, -1] : [-1, .integer(names.count)]
    properties["mlm:input"] = [
      [
        "name": .string(found.isRaster ? "bands" : "features"),
        // STAC 1.1 has bands at the asset, where the extension (1.4.0) does not look for those that are named here.
        "bands": [],
        "input": ["shape": .array(shape), "dim_order": .array(axes), "data_type": "float32"],
        "description": .string("In this order: \(names.joined(separator: ", "))"),
      ]
    ]
    var output: [String: JSONValue] = [
      "name": "classes", "tasks": properties["mlm:tasks"] ?? [],
      "result": [
        "shape": found.isRaster ? [-1, -1] : [-1], "dim_order": found.isRaster ? ["height", "width"] : ["batch"],
        "data_type": "uint8",
      ],
    ]
    var extensions: [StacParts.Extension] = [.mlm, .processing]
    if let classes, case .array(let all) = classes, !all.isEmpty {
      extensions.append(.classification)
      output["classification:classes"] = classes
    }
    properties["mlm:output"] = [.object(output)]
    var (asset, isFile) = try parts.asset(type: "application/json", roles: ["mlm:model", "data"])
    // How the file is to be read: parameters in JSON, not a program.
    asset["mlm:artifact_type"] = "floe.model.json"
    if found.isRaster { asset["bands"] = .array(zip(names, features).map(Self.band)) }
    if isFile { extensions.append(.file) }
    return parts.item(
      id: parts.file, place: found.place, extensions: extensions, properties: properties,
      assets: ["model": .object(asset)])
  }

  /// Writes the item, or says why there is none.
  func write(to file: String, in context: WriteContext) throws {
    guard let item = try json() else {
      return context.log(.info, "no STAC item: nothing beside the model has both a time and a place")
    }
    try VirtualFile.write(try JSONText.encode(item, pretty: true) + "\n", to: file)
  }

  private struct Surroundings {
    let place: StacParts.Place, time: UTCTime, acquisition: Acquisition, isRaster: Bool
  }

  /// Where and when the first of the run's rasters, or else tables, lies.
  private func surroundings() throws -> Surroundings? {
    for case .raster(let raster) in others.flatMap(\.values) {
      guard let acquisition = raster.spec.acquisition, let time = acquisition.time, raster.spec.grid.crs != nil
      else { continue }
      return Surroundings(
        place: .init(try GeographicOutline(of: raster.spec.grid)), time: time, acquisition: acquisition, isRaster: true)
    }
    for case .table(let table) in others.flatMap(\.values) {
      let times = table.columns.first(where: \.isTime)?.numbers
      let first = table.acquisition?.time ?? times?.filter(\.isFinite).min().map { UTCTime(seconds: $0) }
      guard let first, let outline = try TableOutline(table, times: times) else { continue }
      return Surroundings(
        place: outline.place, time: first, acquisition: table.acquisition ?? Acquisition(), isRaster: false)
    }
    return nil
  }

  private static func band(_ name: String, _ feature: JSONValue) -> JSONValue {
    var members: [String: JSONValue] = ["name": .string(name)]
    if let quantity = feature["quantity"]?.stringValue { members["description"] = .string(quantity) }
    if let unit = feature["unit"]?.stringValue { members["unit"] = .string(unit) }
    return .object(members)
  }

  /// The step that fitted the model.
  private var fitting: JSONValue? {
    let id = provenance[.output]?.stringValue?.split(separator: ".").first.map(String.init)
    return provenance[.steps]?.arrayValue?.first { $0[.id]?.stringValue == id }
  }

  /// The name begins with a letter, ends with a letter or digit and has no spaces.
  private var mlmName: String {
    let stem = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
    let plain = String(stem.map { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) ? $0 : "-" })
    return "floe-\(model.kind)-\(plain)-\(FloeVersion.current)"
  }

  private var architecture: String {
    switch model.kind {
    case "gmm": "Gaussian mixture"
    case "kmeans": "k-means"
    case "kmedoids": "k-medoids"
    default: model.kind
    }
  }

  /// The step's parameters that are plain values.
  private var hyperparameters: JSONValue? {
    let plain = (fitting?[.parameters]?.objectValue ?? [:]).filter { member in
      switch member.value {
      case .null, .object: false
      default: member.key.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) }
      }
    }
    return plain.isEmpty ? nil : .object(plain)
  }

  /// The classes of the clusters, each once, in the order of their codes; nil for a model without names.
  private var classes: JSONValue? {
    var found: [Int: String] = [:]
    for cluster in model.body["clusters"]?.arrayValue ?? [] {
      guard let code = cluster["class"]?.intValue, let name = cluster["class_name"]?.stringValue else { continue }
      found[code] = name
    }
    guard !found.isEmpty else { return nil }
    return .array(
      found.sorted { $0.key < $1.key }.map {
        ["value": .integer($0.key), "name": .string(StacText.name($0.value)), "description": .string($0.value)]
      })
  }
}
