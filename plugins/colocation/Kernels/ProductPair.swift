import FloeSDK

/// A scene's outline on the globe and its time.
struct SceneOutline: Sendable {
  let name: String, path: String, time: Double
  let outline: [SIMD2<Double>]
  /// The further areas of an outline in several parts.
  let others: [[SIMD2<Double>]]
  /// All areas.
  var areas: [[SIMD2<Double>]] { [outline] + others }

  /// Nil for a product without time or outline.
  init?(_ d: ProductDescription) {
    guard let time = d.acquisition.time ?? d.start, d.footprint.count >= 3 else { return nil }
    name = d.name
    path = d.path
    self.time = time.seconds
    outline = d.footprint
    others = (d.otherAreas ?? []).filter { $0.count >= 3 }
  }
}

/// A track's line on the globe and the times at its ends.
struct TrackLine: Sendable {
  let name: String, path: String, start: Double, stop: Double
  let line: [SIMD2<Double>]

  /// Nil for a product without times or line.
  init?(_ d: ProductDescription) {
    guard let start = d.start, let stop = d.stop, d.footprint.count >= 2 else { return nil }
    name = d.name
    path = d.path
    self.start = start.seconds
    self.stop = stop.seconds
    line = d.footprint
  }
}

/// A scene and a track that crosses it.
struct ProductPair: Sendable {
  let scene: SceneOutline, track: TrackLine
  /// First entry and last exit, seconds since 1970.
  let enter: Double, exit: Double
  /// Length of the track inside in metres.
  let length: Double
  /// Length of the whole track in metres.
  let total: Double
  /// The crossing: the middle of the part inside.
  let crossing: Double
  /// Entry and exit on the globe.
  let ends: [SIMD2<Double>]
  /// The crossing's time minus the scene's, in seconds.
  var dt: Double { crossing - scene.time }

  /// Nil when the line does not cross the outline.
  init?(_ scene: SceneOutline, _ track: TrackLine) {
    let areas = scene.areas.map { $0.map(Sphere.vector) }
    let plane = LocalPlane(centre: areas.joined().reduce(SIMD3<Double>(0, 0, 0), +))
    let rings = areas.map { corners in
      Self.densified(corners + corners.prefix(1), spacing: 20_000).points.compactMap(plane.project)
    }
    let size = rings.joined().map { ($0 * $0).sum().squareRoot() }.max() ?? 0
    let line = Self.densified(track.line.map(Sphere.vector), spacing: 20_000)
    guard let total = line.distances.last, total > 0 else { return nil }
    var pieces: [(from: Double, to: Double)] = []
    for i in 1..<line.points.count {
      guard let a = plane.project(line.points[i - 1]), let b = plane.project(line.points[i]) else { continue }
      // Pieces of 20 km that start farther away than the outline reaches cannot touch it.
      if (a * a).sum().squareRoot() > size + 40_000 { continue }
      let step = line.distances[i] - line.distances[i - 1]
      for part in rings.flatMap({ Self.inside(a, b, $0) }) {
        pieces.append((line.distances[i - 1] + part.0 * step, line.distances[i - 1] + part.1 * step))
      }
    }
    if rings.count > 1 { pieces.sort { $0.from < $1.from } }
    guard let first = pieces.first, let last = pieces.last else { return nil }
    self.scene = scene
    self.track = track
    self.total = total
    length = pieces.reduce(0) { $0 + $1.to - $1.from }
    func time(_ distance: Double) -> Double { track.start + (track.stop - track.start) * distance / total }
    enter = time(first.from)
    exit = time(last.to)
    crossing = time(pieces.reduce(0) { $0 + ($1.to * $1.to - $1.from * $1.from) / 2 } / max(length, 1e-9))
    let distances = line.distances
    let points = line.points
    ends = [first.from, last.to].map { d in
      let i = max(1, distances.firstIndex { $0 >= d } ?? distances.count - 1)
      let step = distances[i] - distances[i - 1]
      let f = step > 0 ? (d - distances[i - 1]) / step : 0
      return Sphere.place(points[i - 1] * (1 - f) + points[i] * f)
    }
  }

  /// Points on great circles at most `spacing` metres apart, with their distances from the start in metres.
  private static func densified(_ points: [SIMD3<Double>], spacing: Double) -> (
    points: [SIMD3<Double>], distances: [Double]
  ) {
    guard var last = points.first else { return ([], []) }
    var result = [last]
    var distances = [0.0]
    var total = 0.0
    for next in points.dropFirst() {
      let length = Sphere.angle(last, next) * Sphere.radius
      let n = max(1, Int((length / spacing).rounded(.up)))
      for k in 1...n {
        let f = Double(k) / Double(n)
        let chord = last * (1 - f) + next * f
        result.append(chord / (chord * chord).sum().squareRoot())
        distances.append(total + length * f)
      }
      total += length
      last = next
    }
    return (result, distances)
  }

  /// The parts of a segment inside a ring, as shares of its length.
  static func inside(_ a: SIMD2<Double>, _ b: SIMD2<Double>, _ ring: [SIMD2<Double>]) -> [(Double, Double)] {
    var cuts = [0.0, 1.0]
    let d = b - a
    for i in ring.indices.dropFirst() {
      let p = ring[i - 1]
      let e = ring[i] - p
      let cross = d.x * e.y - d.y * e.x
      if cross == 0 { continue }
      let w = p - a
      let t = (w.x * e.y - w.y * e.x) / cross
      let u = (w.x * d.y - w.y * d.x) / cross
      if t > 0, t < 1, u >= 0, u <= 1 { cuts.append(t) }
    }
    cuts.sort()
    return zip(cuts, cuts.dropFirst()).filter { $1 > $0 && contains(ring, a + d * (($0 + $1) / 2)) }.map { ($0, $1) }
  }

  /// Even-odd rule.
  private static func contains(_ ring: [SIMD2<Double>], _ p: SIMD2<Double>) -> Bool {
    var inside = false
    for i in ring.indices.dropFirst() {
      let a = ring[i - 1]
      let b = ring[i]
      if (a.y > p.y) != (b.y > p.y), p.x < a.x + (b.x - a.x) * (p.y - a.y) / (b.y - a.y) { inside.toggle() }
    }
    return inside
  }
}

/// Lambert's azimuthal equal-area projection of the sphere around a place, in metres.
struct LocalPlane {
  private let centre: SIMD3<Double>, east: SIMD3<Double>, north: SIMD3<Double>

  /// The plane around the direction of a vector.
  init(centre v: SIMD3<Double>) {
    centre = v / max(1e-12, (v * v).sum().squareRoot())
    // Any direction across will do; the axis that is farthest from the centre keeps it well defined at the poles.
    let helper = abs(centre.z) < 0.9 ? SIMD3(0.0, 0, 1) : SIMD3(1.0, 0, 0)
    let c = Sphere.cross(helper, centre)
    east = c / (c * c).sum().squareRoot()
    north = Sphere.cross(centre, east)
  }

  /// A point in the plane; nil for the other side of the globe.
  func project(_ v: SIMD3<Double>) -> SIMD2<Double>? {
    let cosine = (v * centre).sum()
    guard cosine > -0.5 else { return nil }
    return SIMD2((v * east).sum(), (v * north).sum()) * (Sphere.radius * (2 / (1 + cosine)).squareRoot())
  }
}
