import Glibc

/// Footprints as catalogues write them, put back into one piece.
public enum TrackFootprint {
  /// The line of a track that a catalogue gives as areas: narrow strips, or a ring that is the line itself closed by
  /// its first point.
  public static func line(_ rings: [[SIMD2<Double>]]) -> [SIMD2<Double>] {
    chained(rings.map(middle), turning: true)
  }

  /// The pieces of a track, cut at the 180° meridian for example, as one line: in the order in which their ends meet,
  /// whatever order they are listed in.
  ///
  /// - Parameter turning: pieces may run either way, as the middles of strips do; the line then runs as most of its
  ///   points were given.
  public static func chained(_ pieces: [[SIMD2<Double>]], turning: Bool = false) -> [SIMD2<Double>] {
    var rest = pieces.filter { !$0.isEmpty }
    guard rest.count > 1 else { return rest.first ?? [] }
    var chain = rest.removeFirst()
    // Points that run as they were given, less those that were turned.
    var balance = chain.count
    while !rest.isEmpty {
      var place = 0
      var (isBefore, isTurned, gap) = (false, false, Double.infinity)
      for (i, piece) in rest.enumerated() {
        guard let first = piece.first, let last = piece.last, let start = chain.first, let end = chain.last else {
          continue
        }
        let ways = [
          (before: false, turned: false, gap: distance(end, first)),
          (before: true, turned: false, gap: distance(last, start)),
          (before: false, turned: true, gap: distance(end, last)),
          (before: true, turned: true, gap: distance(first, start)),
        ]
        for way in ways where (turning || !way.turned) && way.gap < gap {
          (place, isBefore, isTurned, gap) = (i, way.before, way.turned, way.gap)
        }
      }
      let found = rest.remove(at: place)
      let piece = isTurned ? Array(found.reversed()) : found
      balance += isTurned ? -piece.count : piece.count
      chain = isBefore ? piece + chain : chain + piece
    }
    return balance < 0 ? Array(chain.reversed()) : chain
  }

  /// The line along the middle of a strip; a ring whose sides do not run beside each other is the line itself.
  private static func middle(_ ring: [SIMD2<Double>]) -> [SIMD2<Double>] {
    let n = ring.count
    guard n >= 4, n % 2 == 0 else { return ring }
    // The strip begins at one of its corners: between two neighbours that face each other. Of several beginnings it is
    // the one whose neighbours lie nearest; those beside it are out by a point.
    var best: (line: [SIMD2<Double>], widest: Double)?
    for shift in [0, 1, n - 1] {
      let turned = (0..<n).map { ring[($0 + shift) % n] }
      let pairs = (0..<n / 2).map { (turned[$0], turned[n - 1 - $0]) }
      let length = distance(turned[0], turned[n / 2 - 1])
      guard let widest = pairs.map({ distance($0, $1) }).max(), widest < max(0.05, length / 4),
        widest < best?.widest ?? .infinity
      else { continue }
      let line = pairs.map { (pair: (SIMD2<Double>, SIMD2<Double>)) -> SIMD2<Double> in
        let (a, b) = pair
        let east = Longitude.difference(b.x - a.x)
        return SIMD2(a.x + east / 2, (a.y + b.y) / 2)
      }
      best = (line, widest)
    }
    return best?.line ?? ring
  }

  /// A distance in degrees of arc, good enough to tell narrow from long.
  private static func distance(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> Double {
    let scale = 0.5 * (cosine(a.y) + cosine(b.y))
    let east = Longitude.difference(b.x - a.x) * scale
    let north = b.y - a.y
    return (east * east + north * north).squareRoot()
  }

  private static func cosine(_ degrees: Double) -> Double { cos(degrees * .pi / 180) }

  /// Areas that were cut at the 180° meridian (RFC 7946, 3.1.9) in one piece again, where they are two that meet.
  public static func joined(_ rings: [[SIMD2<Double>]]) -> [[SIMD2<Double>]] {
    guard rings.count == 2 else { return rings }
    func side(_ ring: [SIMD2<Double>]) -> Double? {
      ring.contains { abs(abs($0.x) - 180) < 1e-6 } ? (ring.reduce(0) { $0 + $1.x } < 0 ? -1 : 1) : nil
    }
    guard let a = side(rings[0]), let b = side(rings[1]), a != b else { return rings }
    let east = (a > 0 ? rings[0] : rings[1])
    let west = (a > 0 ? rings[1] : rings[0]).map { SIMD2($0.x + 360, $0.y) }
    func isCut(_ p: SIMD2<Double>) -> Bool { abs(p.x - 180) < 1e-6 }
    /// The ring from after its last corner on the cut round to the first one on it.
    func open(_ ring: [SIMD2<Double>]) -> [SIMD2<Double>]? {
      let n = ring.count
      guard let i = (0..<n).first(where: { isCut(ring[$0]) && !isCut(ring[($0 + 1) % n]) }) else { return nil }
      let turned = (0..<n).map { ring[(i + $0) % n] }
      let inner = turned.dropFirst().prefix { !isCut($0) }
      guard inner.count < n, turned.dropFirst(1 + inner.count).allSatisfy(isCut) else { return nil }
      return [turned[0]] + inner + [turned[1 + inner.count]].filter { _ in n > inner.count + 1 }
    }
    guard var first = open(east), var second = open(west), let end = first.last, let begin = second.first else {
      return rings
    }
    // Both run the same way round, so that one ends on the cut where the other begins.
    if abs(end.y - begin.y) > abs(end.y - (second.last?.y ?? begin.y)) { second.reverse() }
    first.removeAll(where: isCut)
    second.removeAll(where: isCut)
    return [first + second]
  }
}
