import FloeSDK

/// The leads of one group: the parts of its middle line between junctions and ends.
struct LeadBranches {
  /// One lead.
  struct Branch {
    /// Pixels of the middle line from end to end.
    var path: [Int]
    /// Whether the first and the last one lie at a junction.
    var joins: (first: Bool, last: Bool)
  }

  let mask: LeadMask
  /// Distances to the shore in pixels, whatever their sides: the middle line is made in steps of pixels.
  let distances: [Float]
  private(set) var branches: [Branch] = []

  init(_ mask: LeadMask) {
    self.mask = mask
    distances = mask.distances()
    let whole = mask.thinned()
    var line = whole
    branches = Self.walk(line, mask)
    // Thinning leaves short spurs where an edge is rough: those that do not come out of the width of the lead that they
    // leave. Each removal may join two others to one, hence again until none is left.
    while let spur = spur() {
      let path = branches[spur].path
      let kept = Set(branches.flatMap(\.path))
      for i in path { line[i] = false }
      Self.tidy(&line, mask, about: path, except: kept)
      branches = Self.walk(line, mask)
    }
    if branches.count == 1 {
      let path = Self.longest(whole, mask)
      if isTooShort(branches[0], beside: path) { branches = [Branch(path: path, joins: (false, false))] }
    }
  }

  /// Whether a branch is not the middle line of its group: in a small star or about a small hole every way may be a
  /// spur. Then the group has far more pixels than a lead along the branch can have, or the thinned shape reaches
  /// farther than from the branch to the shore.
  private func isTooShort(_ branch: Branch, beside longest: [Int]) -> Bool {
    let width = 2 * Double(branch.path.map { distances[$0] }.max() ?? 0)
    let length = zip(branch.path, branch.path.dropFirst()).reduce(1.0) { sum, ends in
      let step = abs(ends.1 - ends.0)
      return sum + (step == 1 || step == mask.width ? 1 : 2.0.squareRoot())
    }
    return !longest.isEmpty
      && (Double(mask.pixels.count { $0 }) > 1.3 * width * (length + width - 1)
        || Double(longest.count) > Double(branch.path.count) + width + 1)
  }

  /// The longest one of the shortest ways along a line: from the pixel that is farthest from any one to the pixel that
  /// is farthest from that.
  private static func longest(_ line: [Bool], _ mask: LeadMask) -> [Int] {
    let around = mask.around
    func wayBack(to start: Int) -> [Int] {
      var before = [start: start]
      var order = [start]
      var next = 0
      while next < order.count {
        let i = order[next]
        next += 1
        for near in around.map({ i + $0 }) where line[near] && before[near] == nil {
          before[near] = i
          order.append(near)
        }
      }
      var path = [order[order.count - 1]]
      while let last = path.last, let from = before[last], from != last { path.append(from) }
      return path
    }
    guard let start = line.firstIndex(of: true), let end = wayBack(to: start).first else { return [] }
    return wayBack(to: end)
  }

  /// Takes what a junction has left that holds no branches together any more, from removed pixels outward.
  private static func tidy(_ line: inout [Bool], _ mask: LeadMask, about path: [Int], except branches: Set<Int>) {
    let around = mask.around
    var zone: [Int] = []
    var seen = branches
    var next = path
    while let i = next.popLast() {
      for near in around.map({ i + $0 }) where line[near] && seen.insert(near).inserted {
        zone.append(near)
        next.append(near)
      }
    }
    var changed = true
    while changed {
      changed = false
      for i in zone where line[i] {
        // One way out, or a pixel beside others that hold together without it.
        let ways = (0..<8).count { !line[i + around[$0]] && line[i + around[($0 + 1) % 8]] }
        if ways == 1 {
          line[i] = false
          changed = true
        }
      }
    }
  }

  private func spur() -> Int? {
    guard branches.count > 1 else { return nil }
    return branches.indices.first { i in
      let b = branches[i]
      guard b.joins.first != b.joins.last, let first = b.path.first, let last = b.path.last else { return false }
      let root = b.joins.first ? first : last
      // The width of the lead that it leaves, as far as it is seen at its root.
      let width = mask.around.map { distances[root + $0] }.max() ?? 0
      // Into the corners of a wide end the middle line runs a little farther than its distance from the shore.
      return Float(b.path.count) <= max(2, 1.5 * width + 1)
    }
  }

  /// Takes the middle line apart: pixels with three or more ways out are junctions, what is between them is a branch.
  private static func walk(_ line: [Bool], _ mask: LeadMask) -> [Branch] {
    let around = mask.around
    func ways(_ i: Int) -> Int {
      (0..<8).count { !line[i + around[$0]] && line[i + around[($0 + 1) % 8]] }
    }
    var isJunction = [Bool](repeating: false, count: line.count)
    for i in line.indices where line[i] && ways(i) >= 3 {
      isJunction[i] = true
      // Its neighbours too: a line may pass a junction that lies one pixel beside it.
      for step in around where line[i + step] { isJunction[i + step] = true }
    }
    var seen = line.indices.map { !line[$0] || isJunction[$0] }
    func free(_ i: Int) -> [Int] {
      // Sides before corners, so that a step of the stairs is not left out.
      [0, 2, 4, 6, 1, 3, 5, 7].map { i + around[$0] }.filter { !seen[$0] }
    }
    func touches(_ i: Int) -> Bool { around.contains { isJunction[i + $0] } }
    var found: [Branch] = []
    for start in line.indices where !seen[start] {
      seen[start] = true
      var path = [start]
      while let next = free(path[path.count - 1]).first {
        seen[next] = true
        path.append(next)
      }
      var back: [Int] = []
      while let next = free(back.last ?? start).first {
        seen[next] = true
        back.append(next)
      }
      path = back.reversed() + path
      guard let first = path.first, let last = path.last else { continue }
      found.append(Branch(path: path, joins: (touches(first), path.count > 1 && touches(last))))
    }
    // A blob whose line is one junction pixel is one lead all the same.
    if found.isEmpty, let only = line.firstIndex(of: true) {
      found.append(Branch(path: [only], joins: (false, false)))
    }
    return found
  }

  /// The number of the branch, from 1, that each pixel of the group belongs to: the nearest one on ways inside of the
  /// group; the earlier one of two that are as near.
  func labels() -> [Int32] {
    var labels = [Int32](repeating: 0, count: mask.pixels.count)
    var front: [Int] = []
    for (n, branch) in branches.enumerated() {
      for i in branch.path {
        labels[i] = Int32(n + 1)
        front.append(i)
      }
    }
    let sides = [-mask.width, 1, mask.width, -1]
    let corners = [-mask.width + 1, mask.width + 1, mask.width - 1, -mask.width - 1]
    while !front.isEmpty {
      var next: [Int] = []
      for steps in [sides, corners] {
        for i in front {
          for step in steps where mask.pixels[i + step] && labels[i + step] == 0 {
            labels[i + step] = labels[i]
            next.append(i + step)
          }
        }
      }
      front = next
    }
    return labels
  }
}
