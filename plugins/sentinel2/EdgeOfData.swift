import FloeSDK

/// A band decoded at reduced resolution, without the pixels that the absence of data has spoilt.
///
/// The wavelet's low pass mixes DN 0 with its neighbours, so that the edge of the data would be a line of dark water. A pixel is 0 here
/// where any pixel of the decoded image at most two columns and two rows away is: farther the low pass does not reach. What a window holds
/// does not depend on the window.
struct EdgeOfData: RasterSource {
  let source: any RasterSource
  /// Upper left corner and size of the part of the image that `source` holds; pixels beyond are not looked at.
  let part: PixelWindow

  static let reach = 2

  var isKept: Bool { source.isKept }

  func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws {
    let reach = Self.reach
    let around = PixelWindow(
      column: window.column - reach, row: window.row - reach, width: window.width + 2 * reach, height: window.height + 2 * reach)
    guard let seen = around.intersection(part) else { throw FloeError("a window beyond the decoded part of a band was asked for") }
    var wide = PixelBlock(window: seen, bandCount: bands.count, type: .uint16)
    try source.read(seen.offset(columns: -part.column, rows: -part.row), bands: bands, into: &wide)
    guard case .uint16(let pixels) = wide.values else { throw FloeError("a band's image is no longer one of 16 bits") }
    var result = [UInt16](repeating: 0, count: bands.count * window.pixelCount)
    for plane in bands.indices {
      pixels.withUnsafeBufferPointer { pixels in
        result.withUnsafeMutableBufferPointer { out in
          Self.clear(
            UnsafeBufferPointer(rebasing: pixels[plane * seen.pixelCount..<(plane + 1) * seen.pixelCount]), seen,
            into: UnsafeMutableBufferPointer(rebasing: out[plane * window.pixelCount..<(plane + 1) * window.pixelCount]), window)
        }
      }
    }
    block = PixelBlock(window: window, bandCount: bands.count, values: .uint16(result))
  }

  /// Copies a window out of a wider one, 0 where one of the 5 x 5 pixels about a pixel is: least values along rows, then along columns.
  private static func clear(
    _ input: UnsafeBufferPointer<UInt16>, _ seen: PixelWindow, into out: UnsafeMutableBufferPointer<UInt16>, _ window: PixelWindow
  ) {
    let left = window.column - seen.column, top = window.row - seen.row
    var least = [UInt16](repeating: 0, count: seen.height * window.width)
    for row in 0..<seen.height {
      for column in 0..<window.width {
        var low = UInt16.max
        for c in max(0, left + column - reach)...min(seen.width - 1, left + column + reach) { low = min(low, input[row * seen.width + c]) }
        least[row * window.width + column] = low
      }
    }
    for row in 0..<window.height {
      for column in 0..<window.width {
        var low = UInt16.max
        for r in max(0, top + row - reach)...min(seen.height - 1, top + row + reach) { low = min(low, least[r * window.width + column]) }
        out[row * window.width + column] = low == 0 ? 0 : input[(top + row) * seen.width + left + column]
      }
    }
  }
}
