import FloeSDK

/// For each pixel of a lead the number of pixels to the nearest one above or below that is none; 0 outside of leads.
struct VerticalDistances: Sendable {
  let width: Int
  /// `strips[strip][row][column]`, all but the last 512 columns wide.
  let strips: [[UInt16]]

  /// The distances of one row with a column of 0 before the first and after the last.
  func padded(row: Int) -> [Int] {
    var out = [Int](repeating: 0, count: width + 2)
    for (s, strip) in strips.enumerated() {
      let first = s * 512
      let count = min(512, width - first)
      for c in 0..<count { out[first + c + 1] = Int(strip[row * count + c]) }
    }
    return out
  }
}

/// Squared distances in pixels at centrelines, counted.
struct WidthCounts: Sendable {
  /// How often each squared distance occurs on a centreline.
  var bySquare: [Int: Int] = [:]
  /// Pixels of leads.
  var area = 0
  /// Pixels on centrelines.
  var centreline: Int { bySquare.values.reduce(0, +) }

  mutating func merge(_ other: WidthCounts) {
    bySquare.merge(other.bySquare, uniquingKeysWith: +)
    area += other.area
  }
}

/// The exact Euclidean distance transform in two passes (Meijster, Roerdink and Hesselink, 2000), in whole numbers.
enum LeadDistance {
  /// First pass: a full-height window of class codes.
  static func vertical(_ block: PixelBlock, code: UInt8) -> [UInt16] {
    guard case .uint8(let codes) = block.values else { return [] }
    let width = block.window.width
    let height = block.window.height
    var distance = [UInt16](repeating: 0, count: codes.count)
    for row in 0..<height {
      for column in 0..<width where codes[row * width + column] == code {
        let above = row == 0 ? 0 : distance[(row - 1) * width + column]
        distance[row * width + column] = above == .max ? .max : above + 1
      }
    }
    for row in stride(from: height - 1, through: 0, by: -1) {
      for column in 0..<width where distance[row * width + column] > 0 {
        let below = row == height - 1 ? 0 : distance[(row + 1) * width + column]
        if below < distance[row * width + column] { distance[row * width + column] = below + 1 }
      }
    }
    return distance
  }

  /// Second pass: the distances of some rows, and of their neighbours, and which pixels stand out.
  static func centreline(_ vertical: VerticalDistances, rows: Range<Int>, height: Int) -> WidthCounts {
    let width = vertical.width
    func squares(_ row: Int) -> [Int] {
      (0..<height).contains(row) ? Self.squares(vertical.padded(row: row)) : [Int](repeating: 0, count: width + 2)
    }
    var above = squares(rows.lowerBound - 1)
    var here = squares(rows.lowerBound)
    var counts = WidthCounts()
    for row in rows {
      let below = squares(row + 1)
      for c in 1...width where here[c] > 0 {
        counts.area += 1
        let own = here[c]
        let highest = max(
          above[c - 1], above[c], above[c + 1], here[c - 1], here[c + 1], max(below[c - 1], below[c], below[c + 1]))
        if own >= highest { counts.bySquare[own, default: 0] += 1 }
      }
      above = here
      here = below
    }
    return counts
  }

  /// The squared distance of each pixel of a row; looks to both sides as far as something nearer may be.
  private static func squares(_ vertical: [Int]) -> [Int] {
    var out = [Int](repeating: 0, count: vertical.count)
    for c in vertical.indices where vertical[c] > 0 {
      var best = vertical[c] * vertical[c]
      var step = 1
      while step * step < best {
        for other in [c - step, c + step] where vertical.indices.contains(other) {
          best = min(best, vertical[other] * vertical[other] + step * step)
        }
        step += 1
      }
      out[c] = best
    }
    return out
  }
}
