import FloeIO
import FloeSDK

/// `.zmetadata` of a Zarr store: copies of the descriptions and attributes of all its arrays and groups.
///
/// Some readers take the copies, others the originals. Where they differ one was changed or damaged, and what the
/// pixels are would hang on the reader.
struct ConsolidatedMetadata: Sendable {
  private let root: String
  /// By the path inside of the store; empty where the store has no such file.
  private let members: [String: JSONValue]

  init(_ root: String) throws {
    self.root = root
    let file = root + "/.zmetadata"
    guard VirtualFile.exists(file) else {
      self.members = [:]
      return
    }
    let json = try JSONText.decode(try VirtualFile.readText(file), name: "'\(file)'")
    guard let found = json["metadata"]?.objectValue else {
      throw FloeError("'\(file)' has no member 'metadata' with the store's arrays; fetch the product anew")
    }
    members = found
  }

  /// The paths of all files that are copied, sorted.
  var paths: [String] { members.keys.sorted() }

  /// The attributes of the store's root.
  var attributes: JSONValue? { members[".zattrs"] }

  /// Refuses an array whose description, or what makes reflectance of its pixels, differs from its copy.
  func check(_ array: ZarrArray) throws {
    try check(description: array.description, of: array.path)
    guard let copy = members[inside(array.path) + "/.zattrs"] else { return }
    for key in ["scale_factor", "add_offset", "_ARRAY_DIMENSIONS"] {
      try compare(key, array[key], copy[key] ?? copy["_eopf_attrs"]?[key], array.path + "/.zattrs")
    }
  }

  /// Refuses coordinates, an array of one axis, whose description differs from its copy.
  func check(coordinates path: String) throws {
    let file = path + "/.zarray"
    guard VirtualFile.exists(file) else { return }
    try check(description: try JSONText.decode(try VirtualFile.readText(file), name: "'\(file)'"), of: path)
  }

  /// Refuses attributes of the root that differ from their copy where results hang on them.
  func check(root attributes: JSONValue) throws {
    guard let copy = self.attributes else { return }
    let other = ["mean_sensing_time", "horizontal_crs_code", "horizontal_CRS_code"]
    let properties = [
      "processing:version", "datetime", "start_datetime", "end_datetime", "platform", "proj:code", "proj:epsg",
    ]
    try compare(other, attributes["other_metadata"], copy["other_metadata"])
    try compare(properties, attributes["stac_discovery"]?["properties"], copy["stac_discovery"]?["properties"])
  }

  /// A fact that is in one of the two alone has had another name.
  private func compare(_ keys: [String], _ own: JSONValue?, _ copy: JSONValue?) throws {
    for key in keys {
      guard let first = own?[key], let second = copy?[key] else { continue }
      try compare(key, first, second, root + "/.zattrs")
    }
  }

  private func check(description: JSONValue, of path: String) throws {
    guard let copy = members[inside(path) + "/.zarray"] else { return }
    for key in ["shape", "chunks", "dtype", "order", "filters", "dimension_separator"] {
      try compare(key, description[key], copy[key], path + "/.zarray")
    }
  }

  private func inside(_ path: String) -> String { String(path.dropFirst(root.count + 1)) }

  private func compare(_ key: String, _ own: JSONValue?, _ copy: JSONValue?, _ file: String) throws {
    let (first, second) = (Self.plain(own, key), Self.plain(copy, key))
    guard first != second else { return }
    throw FloeError(
      """
      '\(file)' says \(try JSONText.encode(first)) for \(key), its copy in '\(root)/.zmetadata' \
      \(try JSONText.encode(second)); they must agree, since pixels depend on it: fetch the product anew
      """)
  }

  /// A value with the meaning that it has when it is left out.
  private static func plain(_ value: JSONValue?, _ key: String) -> JSONValue {
    if let number = value?.doubleValue { return .number(number) }
    guard let value, value != .null else { return key == "dimension_separator" ? "." : .null }
    return value
  }
}
