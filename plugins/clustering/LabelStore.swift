import FloeSDK
import Synchronization

/// Cluster numbers as they come, block by block in any order: a raster in scratch, or one array for all rows of a table.
final class LabelStore: Sendable {
  private let samples: Samples
  private let source: SampleSource
  private let raster: KeptRaster?
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

  /// Takes the labels of one of the source's blocks.
  func write(block: Int, _ labels: [UInt8]) throws {
    if let raster, let spec {
      let window = source.window(of: block, in: spec.grid)
      try raster.write(PixelBlock(window: window, bandCount: 1, values: .uint8(labels)), bands: [0])
    } else {
      let first = source.firstRow(of: block)
      rows.withLock { $0.replaceSubrange(first..<first + labels.count, with: labels) }
    }
  }

  /// What was taken.
  func labels() -> Labels {
    if let raster, let spec { return .raster(Raster(spec, source: raster)) }
    return .rows(rows.withLock { $0 })
  }

  /// Cluster numbers of all samples, 255 for those left out.
  enum Labels: Sendable {
    case raster(Raster)
    case rows([UInt8])
  }
}
