/// A source that computes each window with a function.
public struct ComputedSource: RasterSource {
  private let compute: @Sendable (PixelWindow, [Int], inout PixelBlock) throws -> Void
  /// A source over a function that obeys the contract of `RasterSource.read`: window, places of the bands wanted, the
  /// block to fill. What it throws, the reader throws.
  public init(_ compute: @escaping @Sendable (PixelWindow, [Int], inout PixelBlock) throws -> Void) {
    self.compute = compute
  }
  public func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws {
    try compute(window, bands, &block)
  }
}
