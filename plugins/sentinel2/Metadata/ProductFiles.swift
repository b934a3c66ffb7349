import FloeIO
import FloeSDK

/// The image files of a product: those that the metadata lists, else those whose names fit.
struct ImageFiles: Sendable {
  /// Paths by `B04` or `SCL`, then by resolution in metres; 0 where the name states none (L1C).
  private let files: [String: [Int: String]]

  init(_ files: [String: [Int: String]]) { self.files = files }

  init(listed: [String], root: String, granule: String) {
    var found: [String: [Int: String]] = [:]
    for file in listed where !file.hasPrefix("/") && !file.split(separator: "/").contains("..") {
      guard let key = Self.key(SafeLocation.lastComponent(file)) else { continue }
      let bare = root + "/" + file
      let path = ["", ".jp2", ".tif"].map { bare + $0 }.first { VirtualFile.exists($0) }
      // A listed file that is missing is kept: the sentence should name it.
      found[key.name, default: [:]][key.resolution] = path ?? bare + ".jp2"
    }
    if found.keys.allSatisfy({ SpectralBand($0) == nil }) { found = Self.search(granule + "/IMG_DATA") }
    files = found
  }

  /// The files of a band or of `SCL` by their resolution in metres.
  func files(_ name: String, native: Int) -> [Int: String] {
    var result: [Int: String] = [:]
    for (resolution, path) in files[name] ?? [:] { result[resolution == 0 ? native : resolution] = path }
    return result
  }

  private static func search(_ folder: String) -> [String: [Int: String]] {
    var found: [String: [Int: String]] = [:]
    // Safe because a folder that cannot be listed has no files; a missing file is reported when it is read.
    for file in (try? VirtualFile.list(folder, recursive: true)) ?? [] {
      let name = SafeLocation.lastComponent(file)
      guard let ending = [".jp2", ".tif"].first(where: { name.lowercased().hasSuffix($0) }) else { continue }
      guard let key = key(String(name.dropLast(ending.count))) else { continue }
      found[key.name, default: [:]][key.resolution] = folder + "/" + file
    }
    return found
  }

  /// Band and resolution of `T01WCU_20190301T235611_B04` or `..._B04_10m`, with or without ending.
  private static func key(_ file: String) -> (name: String, resolution: Int)? {
    let bare = [".jp2", ".tif"].contains { file.lowercased().hasSuffix($0) } ? String(file.dropLast(4)) : file
    var parts = bare.split(separator: "_").map(String.init)
    var resolution = 0
    if let last = parts.last, last.hasSuffix("m"), let metres = Int(last.dropLast()) {
      resolution = metres
      parts.removeLast()
    }
    guard let name = parts.last, name == "SCL" || (name.count == 3 && SpectralBand(name) != nil) else { return nil }
    return (name, resolution)
  }
}

/// One mask file that the tile metadata lists.
struct MaskFile: Sendable {
  /// For example `MSK_QUALIT`.
  let type: String
  /// The band that it is about; nil for the whole tile.
  let band: Int?
  let path: String

  static func all(_ tile: XMLNode, root: String, granule: String) -> [MaskFile] {
    tile.descendants("MASK_FILENAME").compactMap { node in
      guard let type = node.attributes["type"], !node.text.isEmpty, !node.text.split(separator: "/").contains("..")
      else { return nil }
      let inQuality = granule + "/QI_DATA/" + SafeLocation.lastComponent(node.text)
      let places = [root + "/" + node.text, inQuality, inQuality + ".gml", inQuality + ".jp2"]
      let path = places.first { VirtualFile.exists($0) && !VirtualFile.isDirectory($0) } ?? places[0]
      return MaskFile(type: type, band: node.attributes["bandId"].flatMap { Int($0) }, path: path)
    }
  }
}
