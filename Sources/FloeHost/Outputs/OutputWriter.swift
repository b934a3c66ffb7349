import FloeSDK
import Foundation

/// Writes one output of a pipeline into the staging folder: the file, its style and its STAC item.
struct OutputWriter: Sendable {
  let output: Pipeline.OutputNode
  /// All outputs of the run, this one among them.
  let all: [Pipeline.OutputNode]
  let values: [String: PortData]
  let pool: WorkerPool
  let cancellation: Cancellation
  let scratch: Scratch
  let provenance: Provenance
  let share: ResourceDirectory
  let sink: RunRecorder

  func write(to path: String) async throws -> WrittenOutput {
    guard let format = OutputFormat(fileName: output.name), let first = output.layers.values.first,
      let data = values[first.text]
    else {
      throw FloeError("has nothing to write: the step did not make it")
    }
    switch (format, data) {
    case (.tif, .raster(let raster)): try await writeRaster(raster, to: path, reference: first)
    case (.gpkg, _): try writeLayers(to: path)
    case (.csv, .table(let table)): try CSVWriter.write(path, table)
    case (.nc, .table(let table)):
      try TrackNetCDFWriter.write(
        path: path, table: table, provenance: try JSONText.encode(provenance.json(for: first)))
    case (.json, .model(let model)):
      var body = model.body.objectValue ?? ["model": model.body]
      body["provenance"] = provenance.json(for: first)
      try text(try JSONText.encode(.object(body), pretty: true) + "\n", to: path)
    case (.json, .document(let document)):
      var body = document.body.objectValue ?? ["content": document.body]
      body["provenance"] = provenance.json(for: first)
      try text(try JSONText.encode(.object(body), pretty: true) + "\n", to: path)
    case (.qgz, .document(let document)):
      guard let project = document.renderings["qgs"] else {
        throw FloeError("'\(first.text)' is no QGIS project; the step qgis.project makes one")
      }
      let name = (output.name as NSString).lastPathComponent.dropLast(".qgz".count)
      try VirtualFile.write(StoredZip.archive([("\(name).qgs", Array(project.utf8))]), to: path)
    case (_, .document(let document)):
      guard let rendering = document.renderings[format.rawValue] else {
        throw FloeError(
          """
          '\(first.text)' cannot be written as .\(format.rawValue); it comes as \
          \((["json"] + document.renderings.keys.sorted()).joined(separator: ", "))
          """
        )
      }
      try text(rendering, to: path)
    default: throw FloeError("a .\(format.rawValue) cannot hold the \(data.kind.rawValue) '\(first.text)'")
    }
    if case .document(let document) = data { try attach(document.attachments, beside: path) }
    return WrittenOutput(
      name: output.name, path: path, kind: data.kind,
      sources: Dictionary(uniqueKeysWithValues: output.layers.map { ($0.key, $0.value.text) }))
  }

  private func text(_ text: String, to path: String) throws { try VirtualFile.write(text, to: path) }

  /// Writes the files that belong to a document; none may leave its folder or take another output's place.
  private func attach(_ files: [String: [UInt8]], beside path: String) throws {
    for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
      guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
        throw FloeError("the file '\(name)' that belongs to it does not lie beside it")
      }
      let target = "\((path as NSString).deletingLastPathComponent)/\(name)"
      guard !VirtualFile.exists(target) else {
        throw FloeError(
          """
          the file '\(name)' that belongs to it is there already: another output wrote it; put one of them into \
          another folder
          """
        )
      }
      try Folder.make(Folder.parent(of: target))
      try VirtualFile.write(bytes, to: target)
    }
  }

  // MARK: Rasters

  private func writeRaster(_ raster: Raster, to path: String, reference: Pipeline.Reference) async throws {
    let spec = raster.spec
    // Small scratch stays in memory; for more a file is no slower, since the system's own cache takes it.
    let size = COGFile.scratchBytes(raster)
    let reservation = size <= Scratch.largestInMemory ? scratch.reserve(size) : nil
    let pool = pool
    let cancellation = cancellation
    let sink = sink
    let name = output.name
    let file = COGFile(
      raster, path: path,
      options: RasterWriteOptions(
        threads: pool.workers, scratchDirectory: reservation == nil ? scratch.directory : nil,
        provenance: try provenance.items(for: reference), isCancelled: { cancellation.isCancelled })
    ) { done, total in sink.progress(step: name, done: done, total: total, unit: "tiles") }
    try await file.write { count, body in _ = try await pool.map(count, cancellation: cancellation, body) }
    withExtendedLifetime(reservation) {}
    let base = String(path.dropLast(".tif".count))
    let qml = try StyleRenderer(share: share).qml(for: spec) { try Self.percentiles(path: path, band: $0) }
    try text(qml, to: base + ".qml")
    if let item = try StacItem(path: path, spec: spec, provenance: provenance.json(for: reference)).json() {
      try text(try JSONText.encode(item, pretty: true) + "\n", to: base + ".stac.json")
    } else {
      sink.log(.info, step: output.name, "no STAC item: the raster has no time or no coordinate reference system")
    }
  }

  /// The 2nd and 98th percentile of a band in physical units, from an overview of at most about a million pixels.
  private static func percentiles(path: String, band: Int) throws -> (low: Double, high: Double) {
    let full = try RasterFile.open(path)
    let enough = try RasterFile.reductions(of: path).sorted().first { full.spec.grid.pixelCount / ($0 * $0) <= 1 << 20 }
    let file = full.spec.grid.pixelCount <= 1 << 20 ? full : try RasterFile.open(path, reduction: enough ?? 1)
    let block = try file.raster.read(file.spec.grid.fullWindow, bands: [band])
    let valid = block.physical(band: 0, as: file.spec.bands[band]).filter { $0.isFinite }.sorted()
    guard let first = valid.first, let last = valid.last, first < last else { return (0, 1) }
    return (Double(valid[valid.count * 2 / 100]), Double(valid[valid.count * 98 / 100]))
  }

  // MARK: Tables

  private func writeLayers(to path: String) throws {
    var layers: [GeoPackageWriter.Layer] = []
    var descriptions: [String: String] = [:]
    for (name, reference) in output.layers {
      guard case .table(let table)? = values[reference.text] else { throw FloeError("layer '\(name)' is no table") }
      let layer = name.isEmpty ? (output.name as NSString).lastPathComponent.replacing(".gpkg", with: "") : name
      let origin = [table.acquisition?.product, table.acquisition?.platform].compactMap { $0 }
      let told = [
        origin.isEmpty ? nil : "From \(origin.joined(separator: ", "))", echoFile(of: table).map { "Echoes: \($0)" },
      ].compactMap { $0 }
      if !told.isEmpty { descriptions[layer] = told.joined(separator: ". ") }
      layers.append(
        (
          name: layer, table: table, styleName: table.style, qml: try table.style.map { try share.style($0 + ".qml") }
        ))
    }
    let told = try output.layers.values.map { try JSONText.encode(provenance.json(for: $0)) }
    try GeoPackageWriter.write(
      path: path, layers: layers, descriptions: descriptions, metadataJSON: "[\(told.joined(separator: ","))]")
  }
}

extension OutputWriter {
  /// The run's netCDF output that holds the echoes of a layer's records, which a GeoPackage cannot hold.
  private func echoFile(of table: Table) -> String? {
    all.first { other in
      guard OutputFormat(fileName: other.name) == .nc, let reference = other.layers.values.first,
        case .table(let kept)? = values[reference.text]
      else { return false }
      return kept.rowCount == table.rowCount && kept.acquisition?.product == table.acquisition?.product
        && kept.columns.contains { if case .array = $0.values { true } else { false } }
    }?.name
  }
}
