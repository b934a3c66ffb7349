/// A raster: its description and a source that reads any window. Nothing is read until asked for.
public struct Raster: Sendable {
  /// What the raster is, without its pixels.
  public var spec: RasterSpec
  /// Where its pixels come from.
  public let source: any RasterSource

  /// A raster over a source.
  public init(_ spec: RasterSpec, source: any RasterSource) {
    self.spec = spec
    self.source = source
  }

  /// A raster of which only the description is known: what a step's `plan` passes on.
  ///
  /// - Parameter isKept: whether its pixels will lie in memory or scratch, so that a step that reads them often
  ///   need not keep them.
  public init(planned spec: RasterSpec, isKept: Bool = false) {
    self.init(spec, source: PlannedSource(isMaterialized: isKept))
  }

  /// Reads some bands of a window.
  ///
  /// - Parameters:
  ///   - window: inside of the raster's grid.
  ///   - bands: places in `spec.bands`, in the order wanted; nil for all.
  /// - Returns: stored values in the raster's type, among them the bands' no-data values; `PixelBlock.physical` applies
  ///   scale and offset.
  /// - Throws: a sentence that names the file whose pixels cannot be had; while a step is planned, always.
  public func read(_ window: PixelWindow, bands: [Int]? = nil) throws -> PixelBlock {
    let wanted = bands ?? Array(spec.bands.indices)
    var block = PixelBlock(window: window, bandCount: wanted.count, type: spec.type)
    try source.read(window, bands: wanted, into: &block)
    return block
  }
}

extension Raster {
  /// The windows in which all pixels are read with the least decoding: between the source's seams, or along tiles.
  ///
  /// - Parameter tile: the tiles where the source has no seams; those of the raster by default.
  public func readingWindows(_ tile: TileSize? = nil) -> [PixelWindow] {
    source.seams.map { spec.grid.windows(cutAt: $0) } ?? spec.grid.tiles(tile ?? spec.tile)
  }
}

/// The source of a raster that is only planned; reading it is a mistake of the step that does.
private struct PlannedSource: RasterSource {
  let isMaterialized: Bool
  func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws {
    throw FloeError("a planned raster was read: only `run` may read pixels")
  }
}
