import FloeIO
import FloeSDK
import Foundation

/// Tables as layers of a GeoPackage, each with its style.
struct GeoPackageOutput: OutputWriter {
  static let name = "geopackage"
  static let summary =
    "Tables as layers of a GeoPackage, styled for QGIS, with a STAC item; columns of arrays are left to other formats."
  static let suffixes = ["gpkg"]
  static let kinds: [PortKind] = [.table]
  static let hasLayers = true

  func sidecars(of file: String) -> [String] { [file + ".stac.json"] }
  func leftovers(of file: String) -> [String] {
    [file + "-wal", file + "-shm", file + "-journal", file + ".aux.xml"]
  }

  func refusal(of data: PortData) -> String? {
    if case .table(let table) = data { GeoPackageWriter.refusal(of: table) } else { nil }
  }

  /// SQLite keeps changes beside the file until they are taken over; it would put those of the old file into the new
  /// one.
  func refusal(toReplace path: String) -> String? {
    for remains in [path + "-wal", path + "-journal"] {
      var info = stat()
      guard stat(remains, &info) == 0, info.st_size > 0 else { continue }
      // A journal whose first byte is zero has been taken over (SQLite's mode PERSIST). One that cannot be read may be
      // alive.
      if remains.hasSuffix("-journal"), (try? FileHandle(forReadingAtPath: remains)?.read(upToCount: 1))?.first == 0 {
        continue
      }
      return
        """
        \(remains) holds changes of the GeoPackage that is there: close it in the program that has it open (or \
        remove both files), or name another output
        """
    }
    return nil
  }

  func write(_ layers: [OutputLayer], to path: String, in context: WriteContext) async throws {
    var made: [GeoPackageWriter.Layer] = []
    var descriptions: [String: String] = [:]
    for layer in layers {
      guard case .table(let table) = layer.data else { throw layer.unfit(for: Self.name) }
      let name =
        layer.name.isEmpty
        ? (context.output as NSString).lastPathComponent.replacing(".gpkg", with: "") : layer.name
      let origin = [table.acquisition?.product, table.acquisition?.platform].compactMap { $0 }
      let sentences = [
        origin.isEmpty ? nil : "From \(origin.joined(separator: ", "))",
        Self.echoFile(of: table, among: context.others).map { "Echoes: \($0)" },
      ].compactMap { $0 }
      if !sentences.isEmpty { descriptions[name] = sentences.joined(separator: ". ") }
      let (style, qml) = try StyleRenderer(style: context.style).qml(for: table)
      made.append((name: name, table: table, styleName: style, qml: qml))
    }
    let provenance = try layers.map { try JSONText.encode($0.provenance) }
    try GeoPackageWriter.write(
      path: path, layers: made, descriptions: descriptions, metadataJSON: "[\(provenance.joined(separator: ","))]",
      provJSON: try JSONText.encode(ProvDocument.make(layers.map(\.provenance))))
    try TableItem(
      path: path, tables: made.map { ($0.name, $0.table) }, provenance: layers.first?.provenance ?? .null,
      mediaType: "application/geopackage+sqlite3"
    ).write(to: path + ".stac.json", in: context)
  }

  /// The run's output that holds the echoes of a layer's records, which a GeoPackage cannot hold.
  private static func echoFile(of table: Table, among others: [OtherOutput]) -> String? {
    others.first { other in
      guard other.format.holdsArrays, case .table(let kept)? = other.values.first else { return false }
      return kept.rowCount == table.rowCount && kept.acquisition?.product == table.acquisition?.product
        && kept.columns.contains { if case .array = $0.values { true } else { false } }
    }?.name
  }
}
