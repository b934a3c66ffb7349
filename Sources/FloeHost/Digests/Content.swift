import FloeIO
import FloeSDK
import Foundation

/// The files that hold what a step reads when it is given a path.
struct Content {
  /// Each file, and the name under which it counts.
  private(set) var files: [(name: String, path: String)] = []
  /// Whether the path is one file that is read alone.
  var isPlain: Bool { !isFolder && files.count == 1 }
  private var isFolder = false
  /// The manifest of a product's folder; nil where there is none, or where files are others, or of other sizes, than
  /// those that it lists with checksums.
  private(set) var manifest: ProductManifest?

  /// Looks at a path without reading more than a mosaic's text.
  init(_ path: String) throws {
    guard !path.hasPrefix("/vsi") else {
      throw FloeError("what '\(path)' holds cannot be told by its content: it is no path on the disk")
    }
    let place = ProductManifest.folder(ofFile: path) ?? path
    try add(place, named: "", depth: 0)
    if isFolder { manifest = Self.manifest(of: files, in: place) }
  }

  /// The files that the manifest lists, each with its checksum; none without a manifest.
  var listed: [(path: String, algorithm: String, value: String)] {
    guard let manifest else { return [] }
    return files.compactMap { file in
      manifest.entries[String(file.name.dropFirst())]?.checksum.map {
        (path: file.path, algorithm: $0.name, value: $0.value)
      }
    }
  }

  private static func manifest(of files: [(name: String, path: String)], in folder: String) -> ProductManifest? {
    // One that cannot be read stands for nothing; whoever reads the product reports it.
    guard let found = try? ProductManifest(folder: folder), found.gap == nil else { return nil }
    var missing = Set(found.entries.keys)
    for file in files where file.path != found.path {
      let name = String(file.name.dropFirst())
      guard let entry = found.entries[name] else {
        if ProductManifest.isForPeople(name) { continue }
        return nil
      }
      if let size = entry.size, FileState(of: file.path)?.size != size { return nil }
      missing.remove(name)
    }
    return missing.isEmpty ? found : nil
  }

  private mutating func add(_ path: String, named name: String, depth: Int) throws {
    if Folder.isFolder(path) {
      if depth == 0 { isFolder = true }
      files += try Folder.files(in: path).map { ("\(name)/\($0.name)", "\(path)/\($0.name)") }
      return
    }
    guard let state = FileState(of: path) else { throw FloeError("there is no file or folder '\(path)'") }
    files.append((name, path))
    for (suffix, beside) in Self.companions(of: path) { files.append((name + suffix, beside)) }
    guard state.size <= 16 << 20, Self.isMosaic(path) else { return }
    guard depth < 8 else { throw FloeError("mosaics in '\(path)' name each other more than eight deep") }
    for (i, part) in try Self.parts(ofMosaic: path).enumerated() {
      try add(part, named: "\(name)[\(i)]\((part as NSString).lastPathComponent)", depth: depth + 1)
    }
  }

  /// Files beside a file that are read with it: by GDAL (metadata, overviews, masks, headers, world files), OGR
  /// (Shapefile, MapInfo, CSV types) and SQLite (changes not taken over yet).
  private static func companions(of path: String) -> [(suffix: String, path: String)] {
    let stem = (path as NSString).deletingPathExtension
    let ending = (path as NSString).pathExtension.lowercased()
    var instead = [
      ".aux.xml", ".dbf", ".shx", ".prj", ".cpg", ".qix", ".tfw", ".wld", ".j2w", ".hdr", ".rpb", ".imd", ".csvt",
      ".vrt", ".aux", ".rrd", ".tab",
    ]
    // World files are called by the first and last letter of the ending, or by all of it (GDALReadWorldFile).
    if let first = ending.first, let last = ending.last {
      instead += [".\(first)\(last)w", ".\(ending)w"]
    }
    instead += partners[ending] ?? []
    var seen: Set<String> = [path]
    var found: [(suffix: String, path: String)] = []
    for suffix in behind where isFile(path + suffix) && seen.insert(path + suffix).inserted {
      found.append((suffix, path + suffix))
    }
    for suffix in instead where !stem.isEmpty {
      // GDAL and OGR look for endings in capitals where there are none in small letters.
      let place = [stem + suffix, stem + suffix.uppercased()].first(where: isFile)
      if let place, seen.insert(place).inserted { found.append(("~" + suffix, place)) }
    }
    return found
  }

  private static func isFile(_ path: String) -> Bool { FileState(of: path) != nil && !Folder.isFolder(path) }

  private static let behind = [".aux.xml", ".ovr", ".msk", "-wal", "-journal", ".aux", ".hdr", ".rsc", ".xml"]

  /// Parts of formats that lie in several files, by the ending that is opened; all but it is in the others.
  private static let partners = [
    "tab": [".dat", ".map", ".id", ".ind"], "mif": [".mid"], "shp": [".sbn"], "gml": [".gfs", ".xsd"],
    "img": [".ige"], "bil": [".clr", ".stx"], "flt": [".stx"], "rst": [".rdc", ".smp", ".ref"], "ers": [""],
    "sdat": [".sgrd", ".mgrd"], "grd": [".gri"], "gri": [".grd"], "xml": [".img"],
  ]

  private static func isMosaic(_ path: String) -> Bool {
    // Whoever reads the file reports that it cannot be read.
    guard let head = try? VirtualFile.read(path, limit: 1024) else { return false }
    return MosaicSource.isMosaic(String(decoding: head, as: UTF8.self))
  }

  /// The files that a mosaic names.
  private static func parts(ofMosaic path: String) throws -> [String] {
    let root = try XMLNode(parsing: try VirtualFile.readText(path), name: path)
    return try MosaicSource.all(in: root, of: path).map { source in
      guard FileState(of: source.file) != nil else {
        throw FloeError("the mosaic '\(path)' names '\(source.name)', which is no file on the disk")
      }
      return source.file
    }
  }
}
