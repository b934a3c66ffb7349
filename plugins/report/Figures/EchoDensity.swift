import FloeSDK

/// Echoes drawn over each other: how many run through each cell of bin and power.
struct EchoDensity {
  /// Bins of an echo.
  let width: Int
  /// Steps of power, from 0 to the top.
  let levels: Int
  private var counts: [Float]

  /// A picture without echoes.
  init(width: Int, levels: Int) {
    self.width = width
    self.levels = levels
    counts = [Float](repeating: 0, count: width * levels)
  }

  /// Draws an echo as a line from sample to sample; missing samples interrupt it.
  ///
  /// - Parameters:
  ///   - echo: `power[bin]`, in the unit of `top`.
  ///   - top: the power of the highest level; what is above lies on it.
  mutating func add(_ echo: some Sequence<Float>, top: Float) {
    var last: Int?
    for (bin, v) in echo.enumerated() {
      guard v.isFinite else {
        last = nil
        continue
      }
      let at = Int(min(1, max(0, v / top)) * Float(levels - 1))
      let from = last ?? at
      for level in min(at, from)...max(at, from) { counts[level * width + bin] += 1 }
      last = at
    }
  }

  /// Colours by the logarithm of the count on white, four pixels a cell, the highest power at the top.
  func picture() -> Picture {
    let most = Double(counts.max() ?? 1)
    var picture = Picture(width: width * 2, height: levels * 2, isHatched: false)
    for level in 0..<levels {
      for bin in 0..<width where counts[level * width + bin] > 0 {
        let n = Double(counts[level * width + bin])
        let (r, g, b) = Colours.onRamp(most > 1 ? naturalLog(1 + n) / naturalLog(1 + most) * 0.95 : 0)
        for d in [(0, 0), (1, 0), (0, 1), (1, 1)] {
          picture.set(((levels - 1 - level) * 2 + d.1) * width * 2 + bin * 2 + d.0, r, g, b)
        }
      }
    }
    return picture
  }
}
