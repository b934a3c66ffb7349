import FloeSDK

/// Compares which records are leads with what they see of a scene when they are shifted.
///
/// The measure of a shift is the likelihood ratio of the records' classes given the scene's (G test: twice the natural
/// logarithm), the largest over the map's limits; 0 where leads are not the likelier where the scene has more lead. It
/// counts evidence: three of three records are worth less than thirty of thirty, for which Cohen's kappa is 1 alike.
struct ShiftSearch: Sendable {
  let map: LeadMap
  /// One step eastward and northward in columns and rows of the map; northward is negative.
  let step: SIMD2<Double>
  /// Steps to each side.
  let reach: Int
  /// The cells' size in pixels.
  let cell: SIMD2<Double>
  /// One step in metres.
  let metres: Double

  /// The shifts of one line.
  var width: Int { 2 * reach + 1 }

  /// Records at places in pixels of the map's window, and whether each is a lead.
  struct Records: Sendable {
    var places: [SIMD2<Double>]
    var isLead: [Bool]
  }

  /// What a shift makes of records and scene.
  struct Counts: Sendable {
    /// Lead records and others that see the limit's share of lead.
    var hits: Int
    var misses: Int
    /// Lead records and others that see a class.
    var leads: Int
    var others: Int

    /// Cohen's kappa of both, dimensionless; 0 where nothing else is possible, NaN without a record.
    var kappa: Double {
      let n = Double(leads + others)
      let seen = Double(hits + misses)
      let observed = Double(hits + others - misses) / n
      let expected = (Double(leads) * seen + Double(others) * (n - seen)) / (n * n)
      return expected < 1 ? (observed - expected) / (1 - expected) : n > 0 ? 0 : .nan
    }
  }

  /// The best likelihood ratio over all shifts; 0 where there is none.
  func best(of records: Records, _ terms: LogTerms) -> Double {
    var best = 0.0
    var counters = ShiftCounters(levels: map.limits.count, width: width)
    for north in -reach...reach {
      count(records, north: north, &counters)
      for east in 0..<width { best = max(best, ratio(counters, east, records.places.count, terms).value) }
    }
    return best
  }

  /// The likelihood ratios of one northward shift from west to east with the place of their limit; NaN where less than
  /// half of the records see a class.
  func line(_ north: Int, of records: Records, _ terms: LogTerms) -> [(value: Double, limit: Int)] {
    var counters = ShiftCounters(levels: map.limits.count, width: width)
    count(records, north: north, &counters)
    return (0..<width).map { ratio(counters, $0, records.places.count, terms) }
  }

  /// The kappas of one northward shift at one limit from west to east; NaN where less than half of the records see a
  /// class.
  func kappas(_ north: Int, of records: Records, limit: Int) -> [Double] {
    var counters = ShiftCounters(levels: map.limits.count, width: width)
    count(records, north: north, &counters)
    return (0..<width).map { east in
      let counts = counters.counts(limit: limit, east)
      return 2 * (counts.leads + counts.others) < records.places.count ? .nan : counts.kappa
    }
  }

  private func ratio(_ counters: borrowing ShiftCounters, _ east: Int, _ count: Int, _ terms: LogTerms) -> (
    value: Double, limit: Int
  ) {
    let all = counters.counts(limit: 0, east)
    guard 2 * (all.leads + all.others) >= count, all.leads + all.others > 0 else { return (.nan, 0) }
    var best = 0.0
    var place = 0
    guard all.leads > 0, all.others > 0 else { return (best, place) }
    for limit in 0..<map.limits.count {
      let value = terms.ratio(counters.counts(limit: limit, east))
      if value > best { (best, place) = (value, limit) }
    }
    return (best, place)
  }

  /// Counts levels for all shifts of a line.
  private func count(_ records: Records, north: Int, _ counters: inout ShiftCounters) {
    counters.clear()
    let width = self.width
    let isWhole = step.x == 1
    map.levels.withUnsafeBufferPointer { levels in
      for (place, isLead) in zip(records.places, records.isLead) {
        let at = place / cell
        let row = (at.y + Double(north) * step.y).rounded(.down)
        guard row >= 0, row < Double(map.height) else { continue }
        let line = Int(row) * map.width
        if isWhole {
          // Neighbouring shifts see neighbouring cells: no copy.
          let start = Int(at.x.rounded(.down)) - reach
          let from = max(0, -start)
          let to = min(width, map.width - start)
          guard from < to else { continue }
          let cells = UnsafeBufferPointer(rebasing: levels[line + start + from..<line + start + to])
          counters.add(cells, at: from, isLead)
        } else {
          for east in 0..<width {
            let column = (at.x + Double(east - reach) * step.x).rounded(.down)
            let isInside = column >= 0 && column < Double(map.width)
            counters.row[east] = isInside ? levels[line + Int(column)] : 0
          }
          counters.addRow(isLead)
        }
      }
    }
    counters.flush()
  }
}

/// Counts by kind of record, level and shift, eight bits at a time.
struct ShiftCounters: ~Copyable {
  let levels: Int
  let width: Int
  /// `sums[kind * (levels + 1) + level][east]`, flat: lead records (kind 0) and others (1) that see at least the level.
  private var sums: [Int32]
  /// One record's cells, for shifts that are no whole cells.
  var row: [UInt8]
  private var bytes: [UInt8]
  private var pending = 0

  init(levels: Int, width: Int) {
    self.levels = levels
    self.width = width
    sums = [Int32](repeating: 0, count: 2 * (levels + 1) * width)
    row = [UInt8](repeating: 0, count: width)
    bytes = [UInt8](repeating: 0, count: sums.count)
  }

  mutating func clear() {
    for i in sums.indices { sums[i] = 0 }
  }

  func counts(limit: Int, _ east: Int) -> ShiftSearch.Counts {
    let others = (levels + 1) * width + east
    let level = (limit + 1) * width
    return ShiftSearch.Counts(
      hits: Int(sums[level + east]), misses: Int(sums[level + others]), leads: Int(sums[east]),
      others: Int(sums[others]))
  }

  mutating func addRow(_ isLead: Bool) {
    let row = self.row
    row.withUnsafeBufferPointer { add($0, at: 0, isLead) }
  }

  /// Adds one record, whose cells begin at a shift.
  mutating func add(_ cells: UnsafeBufferPointer<UInt8>, at from: Int, _ isLead: Bool) {
    let levels = levels
    let width = width
    bytes.withUnsafeMutableBufferPointer { bytes in
      for level in 0...levels {
        let start = ((isLead ? 0 : levels + 1) + level) * width + from
        let least = UInt8(level + 1)
        for i in 0..<cells.count { bytes[start + i] &+= cells[i] >= least ? 1 : 0 }
      }
    }
    pending += 1
    if pending == 255 { flush() }
  }

  /// Empties the bytes into the sums.
  mutating func flush() {
    guard pending > 0 else { return }
    for i in sums.indices {
      sums[i] += Int32(bytes[i])
      bytes[i] = 0
    }
    pending = 0
  }
}

/// `n ln n` for whole numbers.
struct LogTerms: Sendable {
  private let values: [Double]

  /// Up to a number of records.
  init(count: Int) { values = (0...count).map { $0 == 0 ? 0 : Double($0) * naturalLog(Double($0)) } }

  /// Twice the logarithm of the likelihood ratio of a two by two table; 0 where leads are not the likelier.
  func ratio(_ c: ShiftSearch.Counts) -> Double {
    let seen = c.hits + c.misses
    let n = c.leads + c.others
    guard seen > 0, seen < n, c.hits * c.others > c.misses * c.leads else { return 0 }
    let cells = values[c.hits] + values[c.misses] + values[c.leads - c.hits] + values[c.others - c.misses]
    return 2 * (cells + values[n] - values[c.leads] - values[c.others] - values[seen] - values[n - seen])
  }
}
