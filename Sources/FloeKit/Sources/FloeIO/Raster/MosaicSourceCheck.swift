import FloeCore

/// Looks at what a virtual raster or layer (`<VRTDataset>`, `<OGRVRTDataSource>`) names before GDAL opens it.
///
/// GDAL takes `MEM:::DATAPOINTER=...` there for a place in this process's memory, and reads it; and it waits for ever
/// for a pipe that nobody writes to.
struct MosaicSourceCheck {
  private var seen: Set<String> = []
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
      guard !source.file.hasPrefix("/vsi"), !RemotePath.isRemote(source.file) else { continue }
      try LocalFile.checkInput(source.file)
      try look(at: source.file, depth: depth + 1)
    }
  }
}
