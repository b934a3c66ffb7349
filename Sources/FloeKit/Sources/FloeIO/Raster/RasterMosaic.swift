internal import CGDAL
import FloeCore

/// Finds the seams of a mosaic: a VRT whose parts keep their pixels and have tiles of their own.
struct RasterMosaic {
  let path: String
  let dataset: GDALDataset
  /// Opening more parts than this costs more than it saves.
  private static let mostParts = 64

  /// The seams between the parts and along their tiles; nil for other files, for parts that are resampled, filtered or
  /// cannot be opened, and where cutting would leave more pieces than it saves.
  func find(width: Int, height: Int) throws -> RasterSeams? {
    guard dataset.driverName == "VRT", let document = strings(GDALGetMetadata(dataset.handle, "xml:VRT")).first else {
      return nil
    }
    let bands = try XMLNode(parsing: document, name: "'\(path)'").all("VRTRasterBand")
    let parts = bands.flatMap(\.children).filter { $0.name.hasSuffix("Source") }
    guard !parts.isEmpty, parts.count <= Self.mostParts, bands.allSatisfy({ $0.attributes["subClass"] == nil }) else {
      return nil
    }
    var columns: Set<Int> = []
    var rows: Set<Int> = []
    var known: [String: TileSize] = [:]
    for part in parts {
      guard ["SimpleSource", "ComplexSource"].contains(part.name), let file = file(of: part),
        let tile = known[file] ?? Self.tile(of: file),
        let x = Self.cuts(part, "xOff", "xSize", every: tile.width),
        let y = Self.cuts(part, "yOff", "ySize", every: tile.height)
      else { return nil }
      known[file] = tile
      columns.formUnion(x)
      rows.formUnion(y)
    }
    let seams = RasterSeams(columns: columns, rows: rows, width: width, height: height)
    let pieces = (seams.columns.count + 1) * (seams.rows.count + 1)
    let tiles = (width / 1024 + 1) * (height / 1024 + 1)
    return pieces > 4 * tiles + 16 ? nil : seams
  }

  private func file(of part: XMLNode) -> String? {
    guard let name = part.first("SourceFilename") else { return nil }
    guard name.attributes["relativeToVRT"] == "1" else { return name.text }
    return path.lastIndex(of: "/").map { "\(path[...$0])\(name.text)" } ?? name.text
  }

  /// The tiles in which a part is read.
  private static func tile(of file: String) -> TileSize? {
    // Safe because what cannot be opened is reported when it is read; until then it only has no seams.
    guard let part = try? GDALDataset.open(file, flags: GDAL_OF_RASTER) else { return nil }
    return (try? RasterSpecReader(path: file, dataset: part, reduction: 1).spec())?.spec.tile
  }

  /// Where a part begins and ends along one axis, and its tiles between; nil where its pixels are not copied one by
  /// one.
  private static func cuts(_ part: XMLNode, _ offset: String, _ size: String, every tile: Int) -> [Int]? {
    guard let from = part.first("SrcRect"), let to = part.first("DstRect"),
      let source = from.attributes[offset].flatMap(Double.init),
      let length = from.attributes[size].flatMap(Double.init),
      let place = to.attributes[offset].flatMap(Double.init), to.attributes[size].flatMap(Double.init) == length,
      let first = Int(exactly: place), let origin = Int(exactly: place - source), let count = Int(exactly: length),
      count > 0
    else { return nil }
    return [first, first + count] + stride(from: origin, to: first + count, by: tile).filter { $0 > first }
  }
}
