import FloeCore

/// Looks at what a virtual raster or layer (`<VRTDataset>`, `<OGRVRTDataSource>`) names before GDAL opens it.
///
/// GDAL takes `MEM:::DATAPOINTER=...` there for a place in this process's memory, and reads it; and it waits for ever
/// for a pipe that nobody writes to.
struct MosaicSourceCheck {
  private var seen: Set<String> = []
  /// The files that were named, mosaics among them.
  private var files: Set<String> = []
  /// Files of bare pixels, with the bytes that a mosaic describes.
  private var raw: [(file: String, bytes: Int)] = []
  /// Mosaics of mosaics go no deeper.
  private static let deepest = 16

  /// - Throws: a sentence for a source that is no file.
  static func check(_ path: String) throws {
    guard !RemotePath.isRemote(path) else { return }
    // Only by name inside of archives: looking into each of their files would unpack its beginning once more.
    guard !path.hasPrefix("/vsi") || path.lowercased().hasSuffix(".vrt") else { return }
    var check = MosaicSourceCheck()
    try check.look(at: path, depth: 0)
  }

  /// What a mosaic of the disk names, and the mosaics in it: files without repeats in the order of their names, and
  /// files of bare pixels with the bytes that they must have.
  ///
  /// - Throws: a sentence for a source that is no file.
  static func parts(of path: String) throws -> (files: [String], raw: [(file: String, bytes: Int)]) {
    guard !RemotePath.isRemote(path) else { return ([], []) }
    var check = MosaicSourceCheck()
    try check.look(at: path, depth: 0)
    return (check.files.sorted(), check.raw)
  }

  private mutating func look(at path: String, depth: Int) throws {
    // Whoever opens the file tells that it cannot be read, or that it is no text.
    guard depth < Self.deepest, seen.insert(path).inserted, !VirtualFile.isDirectory(path),
      let head = try? VirtualFile.read(path, limit: 1024), MosaicSource.isMosaic(String(decoding: head, as: UTF8.self))
    else { return }
    guard let text = try? VirtualFile.readText(path) else { return }
    try look(into: text, of: path, depth: depth)
  }

  private mutating func look(into text: String, of path: String, depth: Int) throws {
    // What is no XML has no sources; GDAL, which reads it next, says what is wrong.
    guard let root = try? XMLNode(parsing: text, name: path) else { return }
    for band in root.descendants("VRTRasterBand") { note(band, in: root, of: path) }
    for source in MosaicSource.all(in: root, of: path) where !source.text.isEmpty {
      if source.text.uppercased().contains("MEM:::") {
        throw FloeError(
          "'\(path)' names '\(TextEscape.oneLine(String(source.text.prefix(80))))' in \(source.element), a place in "
            + "memory; a mosaic may name files alone")
      }
      // A mosaic may stand in the place of its name.
      if MosaicSource.isMosaic(source.text) {
        if depth < Self.deepest { try look(into: source.text, of: path, depth: depth + 1) }
        continue
      }
      guard !RemotePath.isRemote(source.file) else { continue }
      files.insert(source.file)
      guard !source.file.hasPrefix("/vsi") else { continue }
      try LocalFile.checkInput(source.file)
      try look(at: source.file, depth: depth + 1)
    }
  }

  /// Notes how far the pixels reach that a band describes in a file of bare pixels.
  ///
  /// Source: GDAL, VRT driver, "VRT Descriptions for Raw Files", with the offsets that it takes where none stand there.
  private mutating func note(_ band: XMLNode, in root: XMLNode, of path: String) {
    guard band.attributes["subClass"] == "VRTRawRasterBand", let source = MosaicSource.all(in: band, of: path).first,
      let width = root.attributes["rasterXSize"].flatMap({ Int($0) }), width > 0,
      let height = root.attributes["rasterYSize"].flatMap({ Int($0) }), height > 0,
      let bytes = Self.bytes[band.attributes["dataType"] ?? "Byte"]
    else { return }
    func number(_ name: String) -> Int? { band.first(name).flatMap { Int($0.text) } }
    let step = number("PixelOffset") ?? bytes
    let (line, isBeyond) = step.multipliedReportingOverflow(by: width)
    guard !isBeyond else { return }
    var end = max(0, number("ImageOffset") ?? 0)
    // Lines and pixels may run backwards: then the first one is the last in the file.
    for (offset, count) in [(step, width - 1), (number("LineOffset") ?? line, height - 1)] where offset > 0 {
      let (way, isTooFar) = offset.multipliedReportingOverflow(by: count)
      let (sum, isTooLarge) = end.addingReportingOverflow(way)
      if isTooFar || isTooLarge { return }
      end = sum
    }
    if !RemotePath.isRemote(source.file), end < Int.max - bytes { raw.append((source.file, end + bytes)) }
  }

  /// The bytes of a pixel of each of GDAL's types.
  private static let bytes = [
    "Byte": 1, "Int8": 1, "UInt16": 2, "Int16": 2, "UInt32": 4, "Int32": 4, "UInt64": 8, "Int64": 8, "Float32": 4,
    "Float64": 8, "CInt16": 4, "CInt32": 8, "CFloat32": 8, "CFloat64": 16,
  ]
}
