import FloeCore

/// Rings traced along pixel edges, made into valid polygons.
///
/// A ring that touches itself at a corner is invalid as a polygon (OGC Simple Features, 6.1.11); split there it is two
/// rings. Regions whose pixels touch at corners alone are several polygons of one feature, which may touch at points.
enum RegionRings {
  /// The simple loops of a closed ring, cut where it comes to a corner again.
  static func loops(_ ring: [SIMD2<Double>]) -> [[SIMD2<Double>]] {
    var loops: [[SIMD2<Double>]] = []
    var path: [SIMD2<Double>] = []
    var places: [SIMD2<Double>: Int] = [:]
    for p in ring.first == ring.last ? ring.dropLast() : ring[...] {
      if let place = places[p] {
        loops.append(Array(path[place...]))
        for q in path[(place + 1)...] { places[q] = nil }
        path.removeSubrange((place + 1)...)
      } else {
        places[p] = path.count
        path.append(p)
      }
    }
    loops.append(path)
    return loops.filter { $0.count > 2 }.map { $0 + $0.prefix(1) }
  }

  /// A polygon whose rings touch neither themselves.
  static func simple(_ rings: [[SIMD2<Double>]]) -> [[SIMD2<Double>]] {
    guard let outer = rings.first else { return [] }
    let parts = loops(outer)
    // The loop with the largest extent is the outer one: a loop of the other side lies within it.
    let largest = parts.indices.max { abs(area(parts[$0])) < abs(area(parts[$1])) } ?? 0
    let holes = parts.indices.filter { $0 != largest }.map { parts[$0] }
    return parts.isEmpty ? [] : [parts[largest]] + holes + rings.dropFirst().flatMap(loops)
  }

  /// Groups of polygons of one code that share a corner, in the order of their first members.
  static func touching(_ polygons: [[[SIMD2<Double>]]], codes: [Int]) -> [[Int]] {
    struct Corner: Hashable {
      let point: SIMD2<Double>
      let code: Int
    }
    var parent = Array(polygons.indices)
    func root(_ i: Int) -> Int {
      var i = i
      while parent[i] != i {
        parent[i] = parent[parent[i]]
        i = parent[i]
      }
      return i
    }
    var seen: [Corner: Int] = [:]
    for (i, rings) in polygons.enumerated() {
      for ring in rings {
        for p in ring.dropLast() {
          let corner = Corner(point: p, code: codes[i])
          guard let other = seen[corner] else {
            seen[corner] = i
            continue
          }
          let a = root(other)
          let b = root(i)
          if a != b { parent[max(a, b)] = min(a, b) }
        }
      }
    }
    var groups: [Int: [Int]] = [:]
    for i in polygons.indices { groups[root(i), default: []].append(i) }
    return groups.sorted { $0.key < $1.key }.map(\.value)
  }

  private static func area(_ ring: [SIMD2<Double>]) -> Double {
    guard let origin = ring.first else { return 0 }
    return zip(ring, ring.dropFirst()).reduce(0) { sum, edge in
      let a = edge.0 - origin
      let b = edge.1 - origin
      return sum + (a.x * b.y - a.y * b.x) / 2
    }
  }
}
