/// One connected group of lead pixels in a box with an empty margin of one pixel.
struct LeadMask {
  let width: Int, height: Int
  /// The place of the box's first pixel in the raster, which may lie outside by the margin.
  let column: Int, row: Int
  /// `pixels[row * width + column]`.
  var pixels: [Bool]

  /// Groups of pixels that touch at sides or corners, in the order of their first pixel from the north-west.
  static func groups(_ isLead: [Bool], width: Int, height: Int) -> [LeadMask] {
    var seen = isLead.map { !$0 }
    var found: [LeadMask] = []
    for start in seen.indices where !seen[start] {
      var members = [start]
      seen[start] = true
      var next = 0
      while next < members.count {
        let (r, c) = members[next].quotientAndRemainder(dividingBy: width)
        next += 1
        for y in max(0, r - 1)...min(height - 1, r + 1) {
          for x in max(0, c - 1)...min(width - 1, c + 1) where !seen[y * width + x] {
            seen[y * width + x] = true
            members.append(y * width + x)
          }
        }
      }
      let columns = members.map { $0 % width }
      let rows = members.map { $0 / width }
      guard let left = columns.min(), let right = columns.max(), let top = rows.min(), let bottom = rows.max() else {
        continue
      }
      let w = right - left + 3
      let h = bottom - top + 3
      var pixels = [Bool](repeating: false, count: w * h)
      for (x, y) in zip(columns, rows) { pixels[(y - top + 1) * w + x - left + 1] = true }
      found.append(LeadMask(width: w, height: h, column: left - 1, row: top - 1, pixels: pixels))
    }
    return found
  }

  /// The eight neighbours' offsets, clockwise from the north.
  var around: [Int] { [-width, -width + 1, 1, width + 1, width, width - 1, -1, -width - 1] }

  /// Distances of each pixel to the nearest one outside, after Felzenszwalb and Huttenlocher (2012, Theory of Computing
  /// 8, 415): exact, column by column and then row by row.
  ///
  /// - Parameter sides: width and height of a pixel; 1 and 1 give the distances in pixels.
  func distances(sides: SIMD2<Float> = SIMD2(1, 1)) -> [Float] {
    let far = Float(width + height) * Float(width + height) * (sides * sides).max()
    var squared = pixels.map { $0 ? far : Float(0) }
    var line = [Float](repeating: 0, count: max(width, height))
    for x in 0..<width {
      for y in 0..<height { line[y] = squared[y * width + x] }
      let done = Self.lowest(line, height, side: sides.y)
      for y in 0..<height { squared[y * width + x] = done[y] }
    }
    for y in 0..<height {
      for x in 0..<width { line[x] = squared[y * width + x] }
      let done = Self.lowest(line, width, side: sides.x)
      for x in 0..<width { squared[y * width + x] = done[x] }
    }
    return squared.map { $0.squareRoot() }
  }

  /// The lower envelope of parabolas that stand on the values, `side` apart.
  private static func lowest(_ f: [Float], _ n: Int, side: Float) -> [Float] {
    let square = side * side
    /// Where two parabolas meet, in steps. In double precision, for a raster's columns squared are more than singles
    /// hold.
    func meeting(_ q: Int, _ v: Int) -> Double {
      (Double(f[q]) - Double(f[v])) / (2 * Double(square) * Double(q - v)) + Double(q + v) / 2
    }
    var places = [0]
    var borders = [-Double.infinity]
    for q in 1..<max(1, n) {
      var s = meeting(q, places[places.count - 1])
      while s <= borders[borders.count - 1], places.count > 1 {
        places.removeLast()
        borders.removeLast()
        s = meeting(q, places[places.count - 1])
      }
      places.append(q)
      borders.append(s)
    }
    var out = [Float](repeating: 0, count: n)
    var k = 0
    for q in 0..<n {
      while k + 1 < places.count, borders[k + 1] < Double(q) { k += 1 }
      let d = Float(q - places[k])
      out[q] = d * d * square + f[places[k]]
    }
    return out
  }

  /// The middle line, one pixel wide and connected as the group is: thinning after Guo and Hall (1989, Communications
  /// of the ACM 32, 359), which keeps diagonal lines of two pixels, of which Zhang and Suen's leaves next to nothing.
  func thinned() -> [Bool] {
    var line = pixels
    let around = self.around
    var candidates = line.indices.filter { line[$0] }
    var changed = true
    while changed {
      changed = false
      for pass in 0...1 {
        var taken: [Int] = []
        for i in candidates where line[i] {
          // North, north-east, east and so on clockwise.
          let n = around.map { line[i + $0] }
          let ways =
            (!n[0] && (n[1] || n[2]) ? 1 : 0) + (!n[2] && (n[3] || n[4]) ? 1 : 0)
            + (!n[4] && (n[5] || n[6]) ? 1 : 0) + (!n[6] && (n[7] || n[0]) ? 1 : 0)
          guard ways == 1 else { continue }
          let first = [n[7] || n[0], n[1] || n[2], n[3] || n[4], n[5] || n[6]].count { $0 }
          let second = [n[0] || n[1], n[2] || n[3], n[4] || n[5], n[6] || n[7]].count { $0 }
          guard (2...3).contains(min(first, second)) else { continue }
          let isKept = pass == 0 ? (n[4] || n[5] || !n[7]) && n[6] : (n[0] || n[1] || !n[3]) && n[2]
          if !isKept { taken.append(i) }
        }
        for i in taken { line[i] = false }
        if !taken.isEmpty { changed = true }
      }
      candidates.removeAll { !line[$0] }
    }
    return line
  }
}
