/// Length and width of the leads of one group in metres of the map.
///
/// Middle lines are made in steps of pixels, which need not be square: lengths are those of the steps in metres, widths
/// come from distances to the shore in metres.
struct LeadMeasure {
  private let mask: LeadMask
  /// Width and height of a pixel in metres.
  private let pixel: SIMD2<Double>
  /// Distances to the shore, in pixels and in shorter sides of a pixel.
  private let steps: [Float], distances: [Float]

  /// - Parameter pixel: width and height of a pixel in metres.
  init(_ group: LeadBranches, pixel: SIMD2<Double>) {
    mask = group.mask
    self.pixel = pixel
    steps = group.distances
    distances =
      pixel.x == pixel.y ? group.distances : group.mask.distances(sides: SIMD2<Float>(pixel / pixel.min()))
  }

  /// The length of a branch in metres: its middle line, straightened over five pixels against the stairs of the grid,
  /// to the shore at free ends and to the junction at others.
  func length(_ branch: LeadBranches.Branch) -> Double {
    let first = end(of: branch.path.reversed(), isJoined: branch.joins.first)
    let last = end(of: branch.path, isJoined: branch.joins.last)
    return length(along: branch.path[first.cut..<(branch.path.count - last.cut)]) + first.reach + last.reach
  }

  /// The widest place of a branch in metres.
  ///
  /// A lead of n pixels, n odd, has its middle (n + 1) / 2 from outside; of an even number two pixels are n / 2 from
  /// it, one of them beside the middle line.
  func greatestWidth(_ branch: LeadBranches.Branch) -> Double {
    guard let far = branch.path.map({ distances[$0] }).max() else { return 0 }
    // In the middle of those: after the end of a line lie pixels as far from the shore where pixels are long.
    let places = branch.path.filter { distances[$0] == far }
    let widest = places[places.count / 2]
    let line = Set(branch.path)
    let isEven = mask.around.contains { step in
      let beside = widest + step
      return distances.indices.contains(beside) && distances[beside] == far && !line.contains(beside)
    }
    let width = 2 * Double(far) * pixel.min()
    return isEven ? width : width - step(toShoreFrom: widest)
  }

  /// The way from one pixel to another in pixels.
  private func way(_ from: Int, _ to: Int) -> SIMD2<Double> {
    SIMD2(Double(to % mask.width - from % mask.width), Double(to / mask.width - from / mask.width))
  }

  private func metres(_ way: SIMD2<Double>) -> Double { Self.norm(way * pixel) }
  private static func norm(_ v: SIMD2<Double>) -> Double { (v * v).sum().squareRoot() }

  /// A line's length, straightened over five of the longer sides of a pixel.
  private func length(along path: ArraySlice<Int>) -> Double {
    guard var corner = path.first, let last = path.last else { return 0 }
    var sum = 0.0
    var since = 0.0
    for (a, b) in zip(path, path.dropFirst()) {
      let step = way(a, b) * pixel / pixel.max()
      since += max(abs(step.x), abs(step.y))
      // Thirds of a side do not add up to whole ones.
      guard since >= 5 - 1e-6 else { continue }
      sum += metres(way(corner, b))
      corner = b
      since = 0
    }
    return sum + metres(way(corner, last))
  }

  /// The length of a branch's end.
  ///
  /// Beside a square end the middle line turns into a corner. So the last pixels, about as many as the lead is wide,
  /// are cut and replaced by the way straight on to the shore: not beyond what the pixels and the end's distance to the
  /// shore make together, and not short of the end.
  ///
  /// - Parameter path: pixels of the middle line; the end is the last one.
  /// - Returns: pixels that do not count otherwise, and metres.
  private func end(of path: [Int], isJoined: Bool) -> (cut: Int, reach: Double) {
    guard let end = path.last else { return (0, 0) }
    let count = path.count
    var widest = Double(steps[end])
    let near = way(path[max(0, count - 1 - Int(5 + 2 * widest))], end)
    // A lead of one pixel goes along its longer side.
    let step = near == .zero ? pixel.max() : metres(near) / Self.norm(near)
    guard !isJoined else { return (0, 2 * step) }
    let plain = (widest - 0.5) * step
    var cut = 0
    while Double(cut) < 2 * widest + 2, cut < count - 1 {
      cut += 1
      widest = max(widest, Double(steps[path[count - 1 - cut]]))
    }
    let far = cut + Int(2 * widest) + 5
    guard far < count else { return (0, plain) }
    let from = path[count - 1 - cut]
    let ahead = way(path[count - 1 - far], from)
    guard ahead != .zero else { return (0, plain) }
    let unit = ahead / Self.norm(ahead)
    let scale = metres(unit)
    let short = (way(from, end) * pixel * unit * pixel).sum() / scale
    let most = length(along: path[(count - 1 - cut)...]) + plain
    return (cut, min(max(pixelsToShore(from: from, along: unit) * scale, short), most))
  }

  /// Pixels from the middle of one to the shore.
  private func pixelsToShore(from start: Int, along unit: SIMD2<Double>) -> Double {
    let middle = SIMD2(Double(start % mask.width), Double(start / mask.width)) + 0.5
    func isLead(_ gone: Double) -> Bool {
      let place = middle + unit * gone
      let i = Int(place.y) * mask.width + Int(place.x)
      return mask.pixels.indices.contains(i) && mask.pixels[i]
    }
    var inside = 0.0
    // The margin of the box is shore, and a quarter of a pixel does not leap over it.
    while isLead(inside + 0.25) { inside += 0.25 }
    var outside = inside + 0.25
    for _ in 0..<20 {
      let half = (inside + outside) / 2
      if isLead(half) { inside = half } else { outside = half }
    }
    return outside
  }

  /// The length of one pixel towards the nearest shore, in metres.
  private func step(toShoreFrom start: Int) -> Double {
    guard pixel.x != pixel.y else { return pixel.x }
    let reach = Double(distances[start]) * pixel.min()
    let (row, column) = start.quotientAndRemainder(dividingBy: mask.width)
    let (down, across) = (Int((reach / pixel.y).rounded(.up)), Int((reach / pixel.x).rounded(.up)))
    var nearest: SIMD2<Double>?
    for y in max(0, row - down)...min(mask.height - 1, row + down) {
      for x in max(0, column - across)...min(mask.width - 1, column + across) where !mask.pixels[y * mask.width + x] {
        let way = way(start, y * mask.width + x)
        if metres(way) < nearest.map(metres) ?? .infinity { nearest = way }
      }
    }
    return nearest.map { metres($0) / Self.norm($0) } ?? pixel.min()
  }
}
