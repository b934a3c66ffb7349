import FloeIO
import FloeSDK
import Synchronization

/// Cluster numbers as they come, block by block in any order: a raster in scratch, or one array for all rows of a
/// table.
final class LabelStore: LabelKeeper {
  private let samples: Samples
  private let source: SampleSource
  private let raster: CachedRaster?
  private let spec: RasterSpec?
  private let rows: Mutex<[UInt8]>

  /// Room for the labels of all samples.
  init(_ samples: Samples, source: SampleSource, clusters: Int, context: RunContext) throws {
    self.samples = samples
    self.source = source
    switch samples {
    case .raster(let r):
      let spec = ClusterRasters.labelSpec(r.spec, clusters: clusters)
      raster = try context.scratch.makeRaster(spec)
      self.spec = spec
      rows = Mutex([])
    case .table(let t):
      raster = nil
      spec = nil
      rows = Mutex([UInt8](repeating: 255, count: t.rowCount))
    }
  }

  func keep(block: Int, _ labels: [UInt8]) throws {
    if let raster, let spec {
      let window = source.window(of: block, in: spec.grid)
      try raster.write(PixelBlock(window: window, bandCount: 1, values: .uint8(labels)), bands: [0])
    } else {
      let first = source.firstRow(of: block)
      rows.withLock { $0.replaceSubrange(first..<first + labels.count, with: labels) }
    }
  }

  func amend(block: Int, recoded: [UInt8]?, places: [UInt32], labels: [UInt8]) throws {
    var kept: [UInt8]
    if let raster, let spec {
      var pixels = PixelBlock(window: source.window(of: block, in: spec.grid), bandCount: 1, type: .uint8)
      try raster.read(pixels.window, bands: [0], into: &pixels)
      guard case .uint8(let values) = pixels.values else { throw FloeError("labels of another type than bytes") }
      kept = values
    } else {
      kept = rows.withLock { Array($0[source.firstRow(of: block)..<min($0.count, source.firstRow(of: block + 1))]) }
    }
    if let recoded { for i in kept.indices { kept[i] = recoded[Int(kept[i])] } }
    for (place, label) in zip(places, labels) { kept[Int(place)] = label }
    try keep(block: block, kept)
  }

  /// What was taken.
  func labels() -> Labels {
    if let raster, let spec { return .raster(Raster(spec, source: raster)) }
    return .rows(rows.withLock { $0 })
  }

  /// Cluster numbers of a table's rows; none for rasters.
  func tableRows() -> [UInt8] { rows.withLock { $0 } }

  /// Cluster numbers of all samples, 255 for those left out.
  enum Labels: Sendable {
    case raster(Raster)
    case rows([UInt8])
  }
}
