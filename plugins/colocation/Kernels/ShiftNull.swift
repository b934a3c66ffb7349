import FloeSDK

/// Positions of a track that has nothing to do with the scene, for the distribution of best shifts found by chance.
///
/// Every other track is shifted on the scene as on a torus (what leaves on one side comes in on the other: Lotwick and
/// Silverman 1982), farther than two searches reach, so that the true place is in none; the others are turned by 180°
/// about their middle, too, and may lie anywhere. Distances between records and the runs of leads stay what they are.
struct ShiftNull: Sendable {
  /// The size of the scene in pixels.
  let size: SIMD2<Double>
  /// How far the search reaches in columns and rows.
  let reach: SIMD2<Double>

  /// One place of the null.
  struct Placement: Sendable {
    var shift: SIMD2<Double>
    var isTurned: Bool
  }

  /// Half the scene's size in searches: no shift on it is longer.
  var room: Double { (size / (2 * reach)).max() }

  /// Whether the scene is large enough for shifts beyond the search.
  var isLargeEnough: Bool { room >= 1.1 }

  /// Up to `count` placements from a seed; fewer where the track finds too little of the scene with a class.
  ///
  /// - Parameter seen: how many of the records at places see a class.
  func placements(
    _ count: Int, of records: ShiftSearch.Records, seed: UInt64, seen: ([SIMD2<Double>]) -> Int
  ) -> [Placement] {
    guard isLargeEnough else { return [] }
    let least = room >= 2.2 ? 2.0 : 1.0
    let wanted = 0.9 * Double(seen(records.places))
    var random = SeededGenerator(seed: seed)
    var result: [Placement] = []
    var tries = 0
    while result.count < count, tries < 50 * count {
      tries += 1
      let shift = SIMD2(random.uniform(0, size.x), random.uniform(0, size.y))
      let isTurned = result.count % 2 == 1
      let distance = pointwiseMin(shift, size - shift) / reach
      guard isTurned || distance.max() >= least else { continue }
      let placement = Placement(shift: shift, isTurned: isTurned)
      if Double(seen(moved(records, placement).places)) >= wanted { result.append(placement) }
    }
    return result
  }

  /// The records at a placement.
  func moved(_ records: ShiftSearch.Records, _ placement: Placement) -> ShiftSearch.Records {
    ShiftSearch.Records(
      places: records.places.map { place in
        let p = place + placement.shift
        return SIMD2(p.x < size.x ? p.x : p.x - size.x, p.y < size.y ? p.y : p.y - size.y)
      },
      isLead: placement.isTurned ? records.isLead.reversed() : records.isLead)
  }
}
