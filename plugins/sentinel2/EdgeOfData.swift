import FloeSDK

/// A band decoded at reduced resolution, without the pixels that the absence of data has spoilt.
///
/// The wavelet's low pass mixes DN 0 with its neighbours, so that the edge of the data would be a line of dark water. A pixel is 0 here
/// where a pixel without data lies at most two columns and two rows away: farther the low pass does not reach. A 0 has no data if at most five of
/// the nine pixels about it are not 0; a single one in very dark water (short-wave infrared without an offset) spoils nothing around it. What a window
/// holds does not depend on the window.
struct EdgeOfData: RasterSource {
  let source: any RasterSource
  /// Upper left corner and size of the part of the image that `source` holds; pixels beyond are not looked at.
  let part: PixelWindow

  private static let reach = 2
  /// How far around a pixel must be looked.
  static let margin = reach + 1

  var isKept: Bool { source.isKept }

  func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws {
    let margin = Self.margin
    let around = PixelWindow(
      column: window.column - margin, row: window.row - margin, width: window.width + 2 * margin, height: window.height + 2 * margin)
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

  /// Copies a window out of a wider one, 0 where a pixel without data is near.
  private static func clear(
    _ input: UnsafeBufferPointer<UInt16>, _ seen: PixelWindow, into out: UnsafeMutableBufferPointer<UInt16>, _ window: PixelWindow
  ) {
    let left = window.column - seen.column, top = window.row - seen.row
    let data = input.map { UInt8($0 == 0 ? 0 : 1) }
    let around = boxSums(data, seen.width, seen.height, reach: 1)
    let absent = data.indices.map { data[$0] == 0 && around[$0] <= 5 ? UInt8(1) : 0 }
    let near = boxSums(absent, seen.width, seen.height, reach: reach)
    for row in 0..<window.height {
      for column in 0..<window.width {
        let at = (top + row) * seen.width + left + column
        out[row * window.width + column] = near[at] > 0 ? 0 : input[at]
      }
    }
  }

  /// Sums of the values at most `reach` columns and rows away, along rows and then along columns; what lies beyond the edges counts 0.
  private static func boxSums(_ values: [UInt8], _ width: Int, _ height: Int, reach: Int) -> [UInt8] {
    func summed(_ from: [UInt8], _ step: Int, _ place: (Int) -> Int, _ length: Int) -> [UInt8] {
      var sums = from
      for k in 1...reach {
        for i in from.indices {
          let at = place(i)
          if at >= k { sums[i] += from[i - k * step] }
          if at + k < length { sums[i] += from[i + k * step] }
        }
      }
      return sums
    }
    return summed(summed(values, 1, { $0 % width }, width), width, { $0 / width }, height)
  }
}
