import Glibc

/// Where a threshold retracker finds the surface in an echo without noise: so that made ranges are those of the made
/// surface, whatever the echo's shape.
///
/// The echo is looked at through a box of 1.1 bins, as the threshold first-maximum retracker does (Helm et al. 2014);
/// the surface is where its leading edge reaches half of its first maximum.
enum LeadingEdge {
  private static let step = 0.1, box = 5, margin = 0.15

  /// The place of the edge of a continuous shape whose rise is near 0, in bins; 0 where it has none.
  ///
  /// Samples a bin apart with straight lines between them are, on average over where they lie, the shape under a
  /// triangle two bins wide.
  static func of(_ shape: (Double) -> Double) -> Double {
    let start = -10.0
    let points = (0..<260).map { shape(start + Double($0) * step) }
    let weights = (-9...9).map { 1 - abs(Double($0)) / 10 }
    let fine = (9..<points.count - 9).map { i in
      weights.indices.reduce(0) { $0 + weights[$1] * points[i - 9 + $1] }
    }
    return crossing(fine).map { start + ($0 + 9) * step } ?? 0
  }

  /// The place of the edge of a sampled echo without noise, in bins from the first; nil where it has none.
  static func of(samples echo: [Double]) -> Double? {
    guard echo.count > 1 else { return nil }
    let fine = (0..<(echo.count - 1) * 10).map { k -> Double in
      let part = Double(k % 10) / 10
      return echo[k / 10] * (1 - part) + echo[k / 10 + 1] * part
    }
    return crossing(fine).map { $0 * step }
  }

  /// The place, in samples of a tenth of a bin.
  private static func crossing(_ fine: [Double]) -> Double? {
    guard fine.count > 4 * box else { return nil }
    // smooth[i] belongs to fine[i + box].
    var sum = fine[..<(2 * box + 1)].reduce(0, +)
    var smooth = [sum]
    for i in (2 * box + 1)..<fine.count {
      sum += fine[i] - fine[i - 2 * box - 1]
      smooth.append(sum)
    }
    guard let top = smooth.max(), top > 0 else { return nil }
    var first = smooth.firstIndex(of: top) ?? 0
    for i in 1..<max(1, first)
    where smooth[i] >= margin * top && smooth[i] >= smooth[i - 1] && smooth[i] > smooth[i + 1] * (1 + 1e-9) {
      first = i
      break
    }
    let half = smooth[first] / 2
    guard let i = (1...max(1, first)).first(where: { smooth[$0] > half && smooth[$0 - 1] <= half }) else { return nil }
    return Double(box + i - 1) + (half - smooth[i - 1]) / (smooth[i] - smooth[i - 1])
  }
}
