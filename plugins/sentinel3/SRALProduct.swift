import FloeIO
import FloeSDK

/// Where the parts of a Sentinel-3 SRAL product lie: a SEN3 folder, its zip, or a bare measurement file.
public struct SRALProduct: Sendable {
  /// The path as given.
  public let path: String
  /// The product's name without folder and ending; of a bare file its own name.
  public let name: String
  /// The measurement file; inside of a zip a path that only GDAL reads.
  public let measurement: String
  /// The manifest, where there is one.
  public let manifest: String?
  /// Whether the parts lie in a zip archive.
  public let isArchive: Bool

  /// Measurement files, the fullest first.
  static let measurements = ["enhanced_measurement.nc", "standard_measurement.nc", "reduced_measurement.nc"]

  /// Finds the parts.
  ///
  /// - Throws: a sentence when the path is no product.
  public init(_ path: String) throws {
    self.path = path
    guard VirtualFile.exists(path) else {
      throw FloeError(
        "there is no file or folder '\(path)'; a SEN3 folder, its zip or enhanced_measurement.nc is needed")
    }
    let isFolder = VirtualFile.isDirectory(path)
    isArchive = !isFolder && path.lowercased().hasSuffix(".zip")
    if !isFolder && !isArchive {
      let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
      let beside = "\(folder)/xfdumanifest.xml"
      let isMeasurement = Self.measurements.contains(Self.last(path))
      let isPart = isMeasurement && VirtualFile.exists(beside)
      if isMeasurement, !isPart { Self.tellRefusal(of: beside) }
      measurement = path
      manifest = isPart ? beside : nil
      name = Self.stem(isPart ? Self.last(folder) : Self.last(path))
      return
    }
    let root = isArchive ? VirtualFile.zip(path) : path
    let files = try VirtualFile.list(root, recursive: true)
    try Self.refuseSeveral(files, in: path)
    guard
      let found = Self.measurements.lazy.compactMap({ wanted in
        files.filter { Self.last($0) == wanted }.min { $0.count < $1.count }
      }).first
    else {
      throw FloeError(
        "'\(path)' holds none of \(Self.measurements.joined(separator: ", ")); it is no Sentinel-3 SRAL level 2 product"
      )
    }
    measurement = "\(root)/\(found)"
    let folder = found.lastIndex(of: "/").map { String(found[..<$0]) }
    let beside = (folder.map { "\($0)/" } ?? "") + "xfdumanifest.xml"
    let hasManifest = files.contains(beside)
    if !hasManifest { Self.tellRefusal(of: "\(root)/\(beside)") }
    manifest = hasManifest ? "\(root)/\(beside)" : nil
    name = Self.stem(folder.map(Self.last) ?? Self.last(path))
  }

  /// Tells of a manifest that may be there, of which a server does not say so.
  private static func tellRefusal(of manifest: String) {
    guard case .refused(let refusal) = VirtualFile.presence(manifest) else { return }
    LibraryNotices.add("\(refusal); the product's platform, cycle, orbit and track are not taken from its manifest")
  }

  /// Opens the measurement file; one in an archive is first extracted and then deleted while it stays open.
  public func open() throws -> NetCDFFile {
    guard isArchive else {
      try checkDistant()
      return try NetCDFFile.open(measurement)
    }
    let local = try TemporaryFiles.make("sral.nc")
    defer { VirtualFile.remove(local) }
    try VirtualFile.extract(measurement, to: local)
    do {
      return try NetCDFFile.open(local)
    } catch let error as FloeError {
      throw FloeError(error.message.replacing(local, with: measurement))
    }
  }

  /// Refuses a remote measurement file that is other than the manifest says: the run knows the product by it.
  private func checkDistant() throws {
    guard let manifest, RemotePath.isRemote(measurement) else { return }
    let told = try ProductManifest(file: manifest)
    guard told.gap == nil else { return }
    let file = Self.last(measurement)
    guard let sum = told.entries[file]?.checksum else {
      throw FloeError(
        """
        '\(measurement)' is not listed in '\(manifest)', by which a remote product is known; fetch the product, \
        and name its copy
        """)
    }
    let found = try FileDigest.hexadecimal(of: try RemoteCopy.local(measurement), algorithm: sum.name)
    guard found != sum.value, let found else { return }
    throw FloeError(
      """
      '\(measurement)' has the \(sum.name) checksum \(found), \(Self.last(manifest)) says \(sum.value): the file was \
      damaged or changed on the server
      """)
  }

  /// Measurement files in two folders are two products; which one is meant only the user knows.
  private static func refuseSeveral(_ files: [String], in path: String) throws {
    let folders = Set(files.filter { measurements.contains(last($0)) }.map(folder)).sorted()
    guard folders.count > 1 else { return }
    throw FloeError(
      """
      '\(path)' holds \(folders.count) products: \
      \(folders.prefix(4).map { $0.isEmpty ? "." : $0 }.joined(separator: ", ")); name one of \
      them
      """)
  }

  private static func folder(_ file: String) -> String { file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "" }

  static func last(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }

  private static func stem(_ file: String) -> String {
    var s = Substring(file)
    for ending in [".zip", ".ZIP", ".SEN3", ".nc"] where s.hasSuffix(ending) { s = s.dropLast(ending.count) }
    return String(s)
  }
}
