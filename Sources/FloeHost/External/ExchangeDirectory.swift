import FloeIO
import FloeSDK
import Foundation

/// The folder through which a program gets its inputs and leaves its results; it is gone when nothing reads from it any
/// more.
final class ExchangeDirectory: Sendable {
  let manifest: ExternalManifest
  private let temporary: TemporaryFolder
  var folder: String { temporary.path }

  /// Makes a folder in scratch.
  init(manifest: ExternalManifest, scratch: Scratch) throws {
    self.manifest = manifest
    temporary = try TemporaryFolder(in: URL(fileURLWithPath: scratch.directory).standardizedFileURL.path)
  }

  /// Where the program is to write an output.
  func path(of output: ExternalManifest.Output) -> String {
    "\(folder)/out-\(output.info.name).\(output.format.rawValue)"
  }

  /// Writes an input as a file and returns its path.
  func handOver(_ data: PortData, _ input: ExternalManifest.Input, number: Int, in context: RunContext) async throws
    -> String
  {
    let path = "\(folder)/in-\(input.info.name)\(number == 0 ? "" : "-\(number)").\(input.format.rawValue)"
    try await Self.write(
      data, as: input.format, name: input.info.name, to: path, scratchFolder: folder, in: context)
    return path
  }

  /// Writes a value as a plain file for a program.
  ///
  /// - Parameters:
  ///   - name: the layer's name in a GeoPackage.
  ///   - scratchFolder: where pixels wait that do not fit into memory.
  static func write(
    _ data: PortData, as format: ExternalFormat, name: String, to path: String, scratchFolder: String,
    in context: RunContext
  ) async throws {
    switch (data, format) {
    case (.raster(let raster), _): try await write(raster, to: path, scratchFolder: scratchFolder, context)
    case (.table(let table), .csv): try CSVWriter.write(path, table)
    case (.table(let table), .nc): try TrackNetCDFWriter.write(path: path, table: table)
    case (.table(let table), _):
      try GeoPackageWriter.write(path: path, layers: [(name: name, table: table, styleName: nil, qml: nil)])
    case (.document(let document), _): try VirtualFile.write(try JSONText.encode(document.body), to: path)
    case (.model(let model), _): try VirtualFile.write(try JSONText.encode(model.body), to: path)
    }
  }

  private static func write(
    _ raster: Raster, to path: String, scratchFolder: String, _ context: RunContext
  ) async throws {
    let cancellation = context.cancellation
    let spec = raster.spec
    let reservation = context.scratch.reserve(spec.byteCount * 4 / 3)
    let writer = try COGWriter(
      path: path, spec: spec,
      options: RasterWriteOptions(
        compression: "NONE", threads: context.pool.workers, scratchDirectory: reservation == nil ? scratchFolder : nil,
        isCancelled: { cancellation.isCancelled }))
    let tiles = spec.grid.tiles(spec.tile)
    _ = try await context.map(tiles.count, progress: "tiles handed over") {
      try writer.write(try raster.read(tiles[$0]))
    }
    try writer.finish()
    withExtendedLifetime(reservation) {}
  }

  // MARK: Results

  /// Reads an output back and checks that it is what was planned.
  func takeBack(_ output: ExternalManifest.Output, planned: PortData, like: PortData?) throws -> PortData {
    let path = path(of: output)
    let name = output.info.name
    guard FileManager.default.fileExists(atPath: path) else {
      throw FloeError("the program ended well but wrote no '\(name)': no file appeared at {output.\(name)}")
    }
    if let kind = LocalFile.kind(of: path) ?? (Folder.isFolder(path) ? "a folder" : nil) {
      throw FloeError("the program's '\(name)' is \(kind), not a file")
    }
    switch planned {
    case .raster(let raster):
      let file = try RasterFile.open(path)
      if let difference = Self.difference(file.spec, raster.spec) {
        throw FloeError("the program's '\(name)' is not as announced: \(difference)")
      }
      var spec = raster.spec
      spec.tile = file.spec.tile
      return .raster(Raster(spec, source: HeldSource(file: file, exchange: self)))
    case .table:
      let read = try table(path, output)
      for column in output.columns where read[column.name] == nil {
        throw FloeError(
          """
          the program's '\(name)' has no column '\(column.name)'; it has \
          \(read.columns.map(\.name).joined(separator: ", "))
          """
        )
      }
      return .table(try merged(read, output, into: like))
    case .document: return .document(Document(title: output.info.help, body: try json(path, name)))
    case .model(let model):
      let body = try json(path, name)
      let kind = body["kind"]?.stringValue
      guard kind == model.kind else {
        throw FloeError(
          """
          the program's '\(name)' has \(kind.map { "\"kind\": \"\($0)\"" } ?? "no \"kind\""), not \"kind\": \"\
          \(model.kind)\" as the manifest says
          """
        )
      }
      return .model(Model(kind: model.kind, body: body))
    }
  }

  private func json(_ path: String, _ name: String) throws -> JSONValue {
    try JSONText.decode(try VirtualFile.readText(path), name: "the program's '\(name)'")
  }

  private func table(_ path: String, _ output: ExternalManifest.Output) throws -> Table {
    if output.format == .csv, let header = try VirtualFile.readText(path).split(whereSeparator: \.isNewline).first,
      !header.contains(",")
    {
      throw FloeError(
        """
        the program's '\(output.info.name)' has the one column '\(header)'; GDAL takes a CSV only from two columns \
        on, so write the key beside it or use 'format: gpkg'
        """
      )
    }
    return try VectorLayer.readTable(path)
  }

  /// The columns that the manifest names, put into the table that the output is like; the program's table where there
  /// is none.
  private func merged(_ read: Table, _ output: ExternalManifest.Output, into like: PortData?) throws -> Table {
    var result = read
    if case .table(let table)? = like {
      guard table.rowCount == read.rowCount else {
        throw FloeError(
          """
          the program's '\(output.info.name)' has \(read.rowCount) rows, but \(table.rowCount) were handed over: \
          rows are marked, never removed
          """
        )
      }
      result = table
      for row in 0..<read.rowCount {
        if let reason = read.status.reason(row) { result.status.drop(row, because: reason) }
      }
    }
    for column in output.columns {
      guard let values = read[column.name]?.values else { continue }
      var made = column
      made.values = try Self.converted(values, like: column.values, column.name)
      result.set(made)
    }
    return result
  }

  private static func converted(_ values: ColumnValues, like wanted: ColumnValues, _ name: String) throws
    -> ColumnValues
  {
    switch (wanted, values) {
    case (.text, .text): return values
    case (.text, .number(let v)): return .text(v.map { $0.isNaN ? nil : String($0) })
    case (.text, .integer(let v)): return .text(v.map { $0.map { String($0) } })
    case (.integer, .integer): return values
    case (.integer, .number(let v)) where v.allSatisfy({ $0.isNaN || Int(exactly: $0) != nil }):
      return .integer(v.map { Int(exactly: $0) })
    case (.number, .number): return values
    case (.number, .integer(let v)): return .number(v.map { $0.map(Double.init) ?? .nan })
    // A column without any value comes back as text.
    case (.integer, .text(let v)) where v.allSatisfy({ $0 == nil }):
      return .integer([Int?](repeating: nil, count: v.count))
    case (.number, .text(let v)) where v.allSatisfy({ $0 == nil }):
      return .number([Double](repeating: .nan, count: v.count))
    default:
      throw FloeError(
        "the program's column '\(name)' came back as \(values.kind), not as the \(wanted.kind) that the manifest says")
    }
  }

  private static func difference(_ found: RasterSpec, _ planned: RasterSpec) -> String? {
    if let d = found.grid.difference(from: planned.grid) { return "its \(d.quantity) is \(d.own), not \(d.other)" }
    if found.bands.count != planned.bands.count {
      return "it has \(found.bands.count) bands, not \(planned.bands.count)"
    }
    if found.type != planned.type { return "its pixels are \(found.type.rawValue), not \(planned.type.rawValue)" }
    for (own, wanted) in zip(found.bands, planned.bands) {
      if let noData = own.noData, noData != wanted.noData, !(noData.isNaN) {
        return "its no-data value is \(noData.formatted()), the manifest says \(wanted.noData?.formatted() ?? "none")"
      }
    }
    return nil
  }
}

/// A file of an exchange folder; the folder stays as long as somebody may read from it.
private struct HeldSource: RasterSource {
  let file: RasterFile
  let exchange: ExchangeDirectory
  func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws {
    try file.read(window, bands: bands, into: &block)
  }
}
