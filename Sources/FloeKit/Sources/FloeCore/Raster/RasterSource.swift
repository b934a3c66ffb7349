/// Where pixels come from: a file, scratch, or the computation of a step.
///
/// Contract: `read` may be called from several threads at once; the same window and bands give the same pixels each
/// time; the window lies inside the grid and the bands exist (the caller's duty).
public protocol RasterSource: Sendable {
  /// Fills `block` with `bands` (places in the raster's list, in the order asked for) of `window`, in the raster's
  /// type.
  ///
  /// - Throws: when the pixels cannot be had; the message names the file.
  func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws
  /// Whether reading any window again costs no more than a copy (memory or uncompressed scratch).
  var isMaterialized: Bool { get }
  /// Whether one band costs nothing of another's work, so that bands are better read one by one.
  var readsBandsApart: Bool { get }
  /// Where reading is best cut; nil where the raster's tiles are as good as any.
  var seams: RasterSeams? { get }
}

extension RasterSource {
  public var isMaterialized: Bool { false }
  public var seams: RasterSeams? { nil }
  public var readsBandsApart: Bool { false }
}
