/// What a virtual raster or layer of GDAL (`<VRTDataset>`, `<OGRVRTDataSource>`) names as the place of its pixels or
/// records.
public struct MosaicSource: Sendable {
  /// The element that names it: `SourceFilename`, `SourceDataset` or `SrcDataSource`.
  public let element: String
  /// As it is written: a file, a part of one, or the text of a mosaic.
  public let text: String
  /// The file in that text, as it is written.
  public let name: String
  /// The file, from where the program runs: a relative name may count from the mosaic's own folder.
  public let file: String

  /// Whether a text, or its beginning, is a mosaic.
  public static func isMosaic(_ text: String) -> Bool {
    text.contains("<VRTDataset") || text.contains("<OGRVRTDataSource")
  }

  /// The sources of a mosaic, those of each kind of element together, in order of the document.
  ///
  /// - Parameters:
  ///   - root: the mosaic's text, parsed.
  ///   - path: the mosaic's file.
  public static func all(in root: XMLNode, of path: String) -> [MosaicSource] {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    return ["SourceFilename", "SourceDataset", "SrcDataSource"].flatMap { element in
      root.descendants(element).map { node in
        let name = DatasetName(node.text)?.file ?? node.text
        let isRelative = ["1", "true", "yes"].contains(node.attributes["relativeToVRT"]?.lowercased() ?? "")
        return MosaicSource(
          element: element, text: node.text, name: name,
          file: isRelative && !name.hasPrefix("/") ? folder + name : name)
      }
    }
  }
}
