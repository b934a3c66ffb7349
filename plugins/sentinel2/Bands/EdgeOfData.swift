import FloeSDK

/// A band decoded at reduced resolution, without the pixels that the absence of data has spoilt.
///
/// The wavelet's low pass mixes DN 0 with its neighbours, so that the edge of the data would be a line of dark water. A
/// pixel is 0 here where a pixel without data lies at most two columns and two rows away: farther the low pass does not
/// reach. A 0 has no data if at most five of the nine pixels about it are not 0; a single one in very dark water
/// (short-wave infrared without an offset) spoils nothing around it. What a window holds does not depend on the window.
struct EdgeOfData: RasterSource {
  let source: any RasterSource
  /// Upper left corner and size of the part of the image that `source` holds; pixels beyond are not looked at.
  let part: PixelWindow

  private static let reach = 2
  /// How far around a pixel must be looked.
  static let margin = reach + 1
  /// Rows that are worked on at once, so that what is needed beside them stays small.
  private static let rows = 128

  var isMaterialized: Bool { source.isMaterialized }

  func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws {
    let margin = Self.margin
    let n = window.pixelCount
    var result = [UInt16](repeating: 0, count: bands.count * n)
    for strip in window.strips(of: Self.rows) {
      let around = PixelWindow(
        column: strip.column - margin, row: strip.row - margin, width: strip.width + 2 * margin,
        height: strip.height + 2 * margin)
      guard let seen = around.intersection(part) else {
        throw FloeError("a window beyond the decoded part of a band was asked for")
      }
      var wide = PixelBlock(window: seen, bandCount: bands.count, type: .uint16)
      try source.read(seen.offset(columns: -part.column, rows: -part.row), bands: bands, into: &wide)
      guard case .uint16(let pixels) = wide.values else {
        throw FloeError("a band's image is no longer one of 16 bits")
      }
      for plane in bands.indices {
        let first = plane * n + (strip.row - window.row) * window.width
        pixels.withUnsafeBufferPointer { pixels in
          result.withUnsafeMutableBufferPointer { out in
            Self.clear(
              UnsafeBufferPointer(rebasing: pixels[plane * seen.pixelCount..<(plane + 1) * seen.pixelCount]), seen,
              into: UnsafeMutableBufferPointer(rebasing: out[first..<first + strip.pixelCount]), strip)
          }
        }
      }
    }
    block = PixelBlock(window: window, bandCount: bands.count, values: .uint16(result))
  }

  /// Copies a window out of a wider one, 0 where a pixel without data is near.
  private static func clear(
    _ input: UnsafeBufferPointer<UInt16>, _ seen: PixelWindow, into out: UnsafeMutableBufferPointer<UInt16>,
    _ window: PixelWindow
  ) {
    let left = window.column - seen.column
    let top = window.row - seen.row
    var zeros = 0
    for value in input { zeros &+= value == 0 ? 1 : 0 }
    let near = zeros > 0 ? nearAbsent(input, seen.width, seen.height) : []
    for row in 0..<window.height {
      let from = (top + row) * seen.width + left
      let to = row * window.width
      if zeros == 0 {
        for i in 0..<window.width { out[to + i] = input[from + i] }
      } else {
        for i in 0..<window.width { out[to + i] = near[from + i] > 0 ? 0 : input[from + i] }
      }
    }
  }

  /// Above 0 where a pixel without data is at most `reach` columns and rows away.
  private static func nearAbsent(_ input: UnsafeBufferPointer<UInt16>, _ width: Int, _ height: Int) -> [UInt8] {
    // The block is padded with 0, so that sums along a line never meet the next line.
    let line = width + 2 * reach
    let first = reach * line + reach
    var data = [UInt8](repeating: 0, count: (height + 2 * reach) * line)
    var absent = data
    for row in 0..<height { for i in 0..<width { data[first + row * line + i] = input[row * width + i] == 0 ? 0 : 1 } }
    let around = sums(sums(data, step: 1, reach: 1), step: line, reach: 1)
    for row in 0..<height {
      for i in first + row * line..<first + row * line + width { absent[i] = data[i] == 0 && around[i] <= 5 ? 1 : 0 }
    }
    let near = sums(sums(absent, step: 1, reach: reach), step: line, reach: reach)
    var result = [UInt8](repeating: 0, count: width * height)
    for row in 0..<height { for i in 0..<width { result[row * width + i] = near[first + row * line + i] } }
    return result
  }

  /// Each value with those at most `reach` steps before and after it, where so many lie within the array.
  private static func sums(_ values: [UInt8], step: Int, reach: Int) -> [UInt8] {
    var result = values
    let edge = reach * step
    values.withUnsafeBufferPointer { from in
      result.withUnsafeMutableBufferPointer { out in
        for k in 1...reach {
          for i in edge..<max(edge, from.count - edge) { out[i] &+= from[i - k * step] &+ from[i + k * step] }
        }
      }
    }
    return result
  }
}
