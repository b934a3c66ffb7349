import FloeIO
import FloeSDK

/// A table as comma-separated values.
struct CSVOutput: OutputWriter {
  static let name = "csv"
  static let summary = "A table as comma-separated values with a line of names, and a STAC item."
  static let suffixes = ["csv"]
  static let kinds: [PortKind] = [.table]

  func sidecars(of file: String) -> [String] { [file + ".stac.json"] }

  @Param("Polygons as the columns x and y of their centroids (centre), or as a column of WKT (wkt)")
  var polygons = Shape.centre

  enum Shape: String, ChoiceParameter { case centre, wkt }

  func write(_ layers: [OutputLayer], to path: String, in context: WriteContext) async throws {
    let layer = try layers.only(of: .table)
    guard case .table(let table) = layer.data else { throw layer.unfit(for: Self.name) }
    try CSVWriter.write(path, table, shape: polygons == .wkt ? .wkt : .centre)
    try TableItem(path: path, tables: [("", table)], provenance: layer.provenance, mediaType: "text/csv")
      .write(to: path + ".stac.json", in: context)
  }
}
