import FloeCore

/// Rectangles in single precision, rounded outward as SQLite's R-tree keeps them.
struct RTreeRectangle {
  var minX: Float, maxX: Float, minY: Float, maxY: Float

  /// Around nothing; `include` makes it grow.
  static let empty = RTreeRectangle(
    minX: Float.infinity, maxX: -Float.infinity, minY: Float.infinity, maxY: -Float.infinity)

  mutating func include(_ other: RTreeRectangle) {
    minX = min(minX, other.minX)
    maxX = max(maxX, other.maxX)
    minY = min(minY, other.minY)
    maxY = max(maxY, other.maxY)
  }
}

extension RTreeRectangle {
  init(minX: Double, maxX: Double, minY: Double, maxY: Double) {
    self.init(minX: Self.below(minX), maxX: Self.above(maxX), minY: Self.below(minY), maxY: Self.above(maxY))
  }

  private static func below(_ v: Double) -> Float {
    let f = Float(v)
    return Double(f) > v ? f.nextDown : f
  }
  private static func above(_ v: Double) -> Float {
    let f = Float(v)
    return Double(f) < v ? f.nextUp : f
  }
}

/// An R-tree packed at once, level by level, in the layout of SQLite's `rtree` module (its `_node`, `_parent` and
/// `_rowid` tables).
///
/// Sort-tile-recursive packing (Leutenegger, Lopez and Edgington 1997): slices by x, in each runs by y. Filling the
/// virtual table row by row splits nodes over and over instead.
struct RTreeIndex {
  /// A node: its number from 1, the root, and its children (rows of the table at level 0, else nodes).
  struct Node {
    let number: Int, level: Int
    let children: [(id: Int, box: RTreeRectangle)]
  }
  private(set) var nodes: [Node] = []
  /// The levels above the leaves.
  private(set) var height = 0

  /// - Parameters:
  ///   - entries: identifiers and rectangles; not empty, fewer than 2^32.
  ///   - capacity: the most children that a node holds.
  init(_ entries: [(id: Int, box: RTreeRectangle)], capacity: Int) {
    var level = entries
    var next = 2
    while true {
      let runs = Self.runs(level, capacity: capacity)
      if runs.count == 1 {
        nodes.append(Node(number: 1, level: height, children: runs[0].map { level[$0] }))
        return
      }
      var above: [(id: Int, box: RTreeRectangle)] = []
      for run in runs {
        let children = run.map { level[$0] }
        var box = RTreeRectangle.empty
        for child in children { box.include(child.box) }
        nodes.append(Node(number: next, level: height, children: children))
        above.append((next, box))
        next += 1
      }
      level = above
      height += 1
    }
  }

  /// The entries of each node, by place in `entries`; as even as can be, so that no node is nearly empty.
  private static func runs(_ entries: [(id: Int, box: RTreeRectangle)], capacity: Int) -> [[Int]] {
    let count = (entries.count + capacity - 1) / capacity
    if count == 1 { return [Array(entries.indices)] }
    let byX = order(entries.indices.map { $0 }) { entries[$0].box.minX + entries[$0].box.maxX }
    let slices = Int(Double(count).squareRoot().rounded(.up))
    return parts(byX, into: slices).flatMap { slice in
      parts(
        order(slice) { entries[$0].box.minY + entries[$0].box.maxY },
        into: max(1, (slice.count + capacity - 1) / capacity))
    }
  }

  private static func parts(_ list: [Int], into count: Int) -> [[Int]] {
    (0..<count).map { Array(list[list.count * $0 / count..<list.count * ($0 + 1) / count]) }.filter { !$0.isEmpty }
  }

  /// Places sorted by a key, equal ones in order.
  private static func order(_ places: [Int], by key: (Int) -> Float) -> [Int] {
    // Key and place in one number: bits of a float, turned so that they sort as it does.
    var packed = places.map { place -> UInt64 in
      let bits = key(place).bitPattern
      return UInt64(bits & 0x8000_0000 != 0 ? ~bits : bits | 0x8000_0000) << 32 | UInt64(place)
    }
    packed.sort()
    return packed.map { Int($0 & 0xffff_ffff) }
  }

  /// A node as SQLite keeps it: level of the root and number of children as 16 bits, then for each child its identifier
  /// (64 bits) and minX, maxX, minY, maxY (32 bits), all big-endian; the rest zero.
  func bytes(_ node: Node, size: Int) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(size)
    func add<T: FixedWidthInteger>(_ value: T) {
      withUnsafeBytes(of: value.bigEndian) { result.append(contentsOf: $0) }
    }
    add(UInt16(node.number == 1 ? height : 0))
    add(UInt16(node.children.count))
    for child in node.children {
      add(Int64(child.id))
      for v in [child.box.minX, child.box.maxX, child.box.minY, child.box.maxY] { add(v.bitPattern) }
    }
    result.append(contentsOf: repeatElement(0, count: max(0, size - result.count)))
    return result
  }
}
