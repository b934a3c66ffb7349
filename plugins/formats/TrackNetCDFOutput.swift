import FloeIO
import FloeSDK

/// A track of records as netCDF, echoes included.
struct TrackNetCDFOutput: OutputWriter {
  static let name = "netcdf"
  static let summary =
    """
    A table as netCDF by the conventions CF-1.13 and ACDD-1.3, columns of arrays such as echoes included, and a STAC \
    item.
    """
  static let suffixes = ["nc"]
  static let kinds: [PortKind] = [.table]
  static let holdsArrays = true

  func sidecars(of file: String) -> [String] { [file + ".stac.json"] }
  func leftovers(of file: String) -> [String] { [file + ".aux.xml"] }

  func refusal(of data: PortData) -> String? {
    if case .table(let table) = data { TrackNetCDFWriter.refusal(of: table) } else { nil }
  }

  func write(_ layers: [OutputLayer], to path: String, in context: WriteContext) async throws {
    let layer = try layers.only(of: .table)
    guard case .table(let table) = layer.data else { throw layer.unfit(for: Self.name) }
    try TrackNetCDFWriter.write(
      path: path, table: table, title: layer.provenance[.title]?.stringValue,
      provenance: try JSONText.encode(layer.provenance))
    try TableItem(path: path, tables: [("", table)], provenance: layer.provenance, mediaType: "application/netcdf")
      .write(to: path + ".stac.json", in: context)
  }
}
