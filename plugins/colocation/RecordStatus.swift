import FloeSDK

/// Why records take no part.
struct RecordStatus {
  /// The largest time difference in seconds.
  let maximum: Double?

  /// The records whose point lies on the grid.
  static func inside(_ pixels: [SIMD2<Double>], _ grid: Grid) -> [Int] {
    let w = Double(grid.width)
    let h = Double(grid.height)
    return [Int](unsafeUninitializedCapacity: pixels.count) { result, count in
      for (i, p) in pixels.enumerated() where p.x >= 0 && p.x < w && p.y >= 0 && p.y < h {
        result[count] = i
        count += 1
      }
    }
  }

  /// Marks the records that take no part and counts those that did before.
  func mark(_ table: inout Table, inside: [Int], places: [SIMD2<Double>], dt: [Double]?, hasData: [Bool]) -> [String:
    Int]
  {
    let before = table.status.counts
    var isInside = [Bool](repeating: false, count: places.count)
    for row in inside { isInside[row] = true }
    for row in places.indices {
      if !places[row].x.isFinite || !places[row].y.isFinite {
        table.status.drop(row, because: "no position")
      } else if !isInside[row] {
        table.status.drop(row, because: "outside the scene")
      } else if let maximum, let dt, !(abs(dt[row]) <= maximum) {
        table.status.drop(
          row, because: dt[row].isNaN ? "no time" : "time difference above \((maximum / 6).rounded() / 10) min")
      } else if !hasData[row] {
        table.status.drop(row, because: "no data in the scene")
      }
    }
    return table.status.counts.merging(before) { $0 - $1 }.filter {
      $0.value > 0 && (before[$0.key] ?? 0) < (table.status.counts[$0.key] ?? 0)
    }
  }
}
