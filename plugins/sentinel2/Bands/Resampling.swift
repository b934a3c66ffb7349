import FloeSDK

/// How a coarser band is brought to a finer grid.
enum Upsampling: String, ChoiceParameter { case nearest, bilinear }
/// How a finer band is brought to a coarser grid.
enum Downsampling: String, ChoiceParameter { case average, nearest }

/// How one axis of a source image lies under one axis of the target; both begin at the same edge.
///
/// All positions are exact: they are computed in whole numbers of half source pixels.
struct AxisMap: Sendable {
  /// Metres a pixel of the source and of the target.
  let source, target: Int
  /// Pixels of the source.
  let count: Int

  /// The source pixel under the centre of a target pixel.
  func nearest(_ i: Int) -> Int { min(count - 1, (2 * i + 1) * target / (2 * source)) }

  /// The source pixels whose centres lie in a target pixel; at least one.
  func covered(_ i: Int) -> Range<Int> {
    let start = min(count - 1, (2 * i * target - source + 2 * source - 1) / (2 * source))
    let end = min(count, (2 * (i + 1) * target - source + 2 * source - 1) / (2 * source))
    return max(0, start)..<max(max(0, start) + 1, end)
  }

  /// The two source pixels about the centre of a target pixel, and the weight of the second in 0...1.
  func between(_ i: Int) -> (first: Int, second: Int, weight: Float) {
    let position = Float((2 * i + 1) * target - source) / Float(2 * source)
    let floor = Int(position.rounded(.down))
    return (min(max(0, floor), count - 1), min(max(0, floor + 1), count - 1), position - Float(floor))
  }

  /// The source pixels that target pixels need, with `margin` more on each side: a pixel too many decodes a whole tile
  /// too many.
  func needed(_ range: Range<Int>, margin: Int) -> Range<Int> {
    let low = max(0, min(count - 1, range.lowerBound * target / source - margin))
    let high = min(count, (range.upperBound * target + source - 1) / source + margin)
    return low..<max(low + 1, high)
  }
}

/// Brings a window of one band from its own grid to the target's; DN 0 is no data and takes no part in means.
struct Resampler: Sendable {
  enum Method: String, Sendable { case none, average, nearest, bilinear }

  let method: Method
  let columns, rows: AxisMap

  /// The window of the source that a window of the target needs.
  func sourceWindow(_ window: PixelWindow) -> PixelWindow {
    if method == .none { return window }
    let margin = method == .bilinear ? 1 : 0
    let c = columns.needed(window.column..<window.endColumn, margin: margin)
    let r = rows.needed(window.row..<window.endRow, margin: margin)
    return PixelWindow(column: c.lowerBound, row: r.lowerBound, width: c.count, height: r.count)
  }

  /// Fills `out` (row by row of `window`) from pixels of `source`, a window that `sourceWindow` gave.
  func resample(
    _ input: UnsafeBufferPointer<UInt16>, _ source: PixelWindow, into out: UnsafeMutableBufferPointer<UInt16>,
    _ window: PixelWindow
  ) {
    switch method {
    case .none:
      for i in 0..<window.pixelCount { out[i] = input[i] }
    case .nearest:
      let places = (0..<window.width).map { columns.nearest(window.column + $0) - source.column }
      for row in 0..<window.height {
        let from = (rows.nearest(window.row + row) - source.row) * source.width
        let to = row * window.width
        for column in 0..<window.width { out[to + column] = input[from + places[column]] }
      }
    case .average: average(input, source, into: out, window)
    case .bilinear: bilinear(input, source, into: out, window)
    }
  }

  /// The mean of the valid pixels, rounded half up; 0 where there is none.
  private func average(
    _ input: UnsafeBufferPointer<UInt16>, _ source: PixelWindow, into out: UnsafeMutableBufferPointer<UInt16>,
    _ window: PixelWindow
  ) {
    let starts = (0..<window.width).map { columns.covered(window.column + $0).lowerBound - source.column }
    let ends = (0..<window.width).map { columns.covered(window.column + $0).upperBound - source.column }
    var sums = [UInt32](repeating: 0, count: window.width)
    var counts = sums
    for row in 0..<window.height {
      for column in 0..<window.width {
        sums[column] = 0
        counts[column] = 0
      }
      for line in rows.covered(window.row + row) {
        let from = (line - source.row) * source.width
        for column in 0..<window.width {
          var sum: UInt32 = 0
          var count: UInt32 = 0
          for place in starts[column]..<ends[column] {
            let value = UInt32(input[from + place])
            sum &+= value
            count &+= value == 0 ? 0 : 1
          }
          sums[column] &+= sum
          counts[column] &+= count
        }
      }
      let to = row * window.width
      for column in 0..<window.width {
        let n = counts[column]
        out[to + column] = n == 0 ? 0 : UInt16(truncatingIfNeeded: (sums[column] &+ n / 2) / n)
      }
    }
  }

  /// Between the four pixels about the centre, without those that have no data; 0 where the nearest has none.
  private func bilinear(
    _ input: UnsafeBufferPointer<UInt16>, _ source: PixelWindow, into out: UnsafeMutableBufferPointer<UInt16>,
    _ window: PixelWindow
  ) {
    let across = (0..<window.width).map { columns.between(window.column + $0) }
    let nearest = (0..<window.width).map { columns.nearest(window.column + $0) - source.column }
    for row in 0..<window.height {
      let down = rows.between(window.row + row)
      let upper = (down.first - source.row) * source.width
      let lower = (down.second - source.row) * source.width
      let own = (rows.nearest(window.row + row) - source.row) * source.width
      let to = row * window.width
      for column in 0..<window.width {
        guard input[own + nearest[column]] != 0 else {
          out[to + column] = 0
          continue
        }
        let (first, second, weight) = across[column]
        let a = first - source.column
        let b = second - source.column
        var sum: Float = 0
        var total: Float = 0
        func add(_ value: UInt16, _ w: Float) {
          if value != 0 {
            sum += Float(value) * w
            total += w
          }
        }
        add(input[upper + a], (1 - weight) * (1 - down.weight))
        add(input[upper + b], weight * (1 - down.weight))
        add(input[lower + a], (1 - weight) * down.weight)
        add(input[lower + b], weight * down.weight)
        out[to + column] = UInt16(max(1, (sum / total).rounded()))
      }
    }
  }
}
