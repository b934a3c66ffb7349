import FloeSDK
import Glibc

/// What one band says of records and their footprints, one entry a record of the track, filled by many workers.
struct BandSamples: Sendable {
  let value: SharedBuffer<Double>
  /// Nil where not asked for.
  let bilinear: SharedBuffer<Double>?, mean: SharedBuffer<Double>?, deviation: SharedBuffer<Double>?

  init(count: Int, bilinear: Bool, statistics: Bool) {
    value = SharedBuffer(count, repeating: .nan)
    self.bilinear = bilinear ? SharedBuffer(count, repeating: .nan) : nil
    mean = statistics ? SharedBuffer(count, repeating: .nan) : nil
    deviation = statistics ? SharedBuffer(count, repeating: .nan) : nil
  }
}

/// What a class band says of records and their footprints, one entry a record of the track, filled by many workers.
struct ClassSamples: Sendable {
  /// The code under the point and the footprint's most frequent one; the table's no data where there is none.
  let code: SharedBuffer<Int16>, majority: SharedBuffer<Int16>
  /// Pixel centres in the whole footprint, and those that hold a class.
  let total: SharedBuffer<Int>, valid: SharedBuffer<Int>
  /// Pixels by class, in the table's order: `counts[record * classes + class]`.
  let counts: SharedBuffer<Int>

  init(count: Int, classes: Int, noData: Int16) {
    code = SharedBuffer(count, repeating: noData)
    majority = SharedBuffer(count, repeating: noData)
    total = SharedBuffer(count, repeating: 0)
    valid = SharedBuffer(count, repeating: 0)
    counts = SharedBuffer(count * classes, repeating: 0)
  }
}

/// Samples a block of pixels under points and within footprints. All places are columns and rows of the whole grid;
/// `rows` are the records to look at, places in `points`, `footprints` and the target.
struct BlockSampler {
  let block: PixelBlock

  /// Values of one band: nearest, and what else the target has room for.
  func values(
    band: Int, as spec: BandSpec, rows: ArraySlice<Int>, points: [SIMD2<Double>], footprints: [PixelFootprint]?,
    into target: BandSamples
  ) {
    block.values.withValues(
      Sampling(
        sampler: self, band: band, spec: spec, rows: rows, points: points, footprints: footprints, target: target))
  }

  private struct Sampling: PixelVisitor {
    let sampler: BlockSampler
    let band: Int
    let spec: BandSpec
    let rows: ArraySlice<Int>
    let points: [SIMD2<Double>]
    let footprints: [PixelFootprint]?
    let target: BandSamples
    func visit<T: PixelValue>(_ values: [T]) {
      sampler.sample(values, band, spec, rows, points, footprints, target)
    }
  }

  private func sample<T: PixelValue>(
    _ all: [T], _ band: Int, _ spec: BandSpec, _ records: ArraySlice<Int>, _ points: [SIMD2<Double>],
    _ footprints: [PixelFootprint]?, _ target: BandSamples
  ) {
    let w = block.window
    let start = band * w.pixelCount
    // A comparison with NaN is never true, so that without no data nothing but NaN is left out.
    let noData = spec.noData ?? .nan
    let scale = spec.scale
    let offset = spec.offset
    let value = target.value.all
    all.withUnsafeBufferPointer { p in
      func stored(_ column: Int, _ row: Int) -> Double {
        guard column >= w.column, column < w.endColumn, row >= w.row, row < w.endRow else { return .nan }
        let v = p[start + (row - w.row) * w.width + column - w.column].asDouble
        return v == noData ? .nan : v
      }
      // Records lie on the grid, where cutting a place off is rounding it down.
      for i in records { value[i] = stored(Int(points[i].x), Int(points[i].y)) * scale + offset }
      if let bilinear = target.bilinear?.all {
        for i in records {
          let x = points[i].x - 0.5
          let y = points[i].y - 0.5
          let c = Int(x.rounded(.down))
          let r = Int(y.rounded(.down))
          let fx = x - Double(c)
          let fy = y - Double(r)
          let above = stored(c, r) * (1 - fx) + stored(c + 1, r) * fx
          let below = stored(c, r + 1) * (1 - fx) + stored(c + 1, r + 1) * fx
          bilinear[i] = (above * (1 - fy) + below * fy) * scale + offset
        }
      }
      guard let footprints, let means = target.mean?.all, let deviations = target.deviation?.all else { return }
      for i in records {
        let shape = footprints[i]
        guard let rows = shape.rows else { continue }
        let spans = FootprintSpans(shape)
        var sums = FootprintSums(noData: noData)
        for row in max(rows.lowerBound, w.row)..<max(w.row, min(rows.upperBound + 1, w.endRow), rows.lowerBound) {
          let (first, last) = spans.columns(row: row)
          let from = max(first, w.column)
          let to = min(last, w.endColumn - 1)
          guard from <= to else { continue }
          let line = start + (row - w.row) * w.width - w.column
          sums.add(UnsafeBufferPointer(rebasing: p[line + from...line + to]))
        }
        guard let (mean, deviation) = sums.moments else { continue }
        means[i] = mean * scale + offset
        deviations[i] = deviation * abs(scale)
      }
    }
  }

  /// Codes under points and pixels by class within footprints.
  ///
  /// - Parameter noData: codes that stand for no data beside the table's own.
  func classes(
    _ table: ClassTable, noData: Set<Int>, rows records: ArraySlice<Int>, points: [SIMD2<Double>],
    footprints: [PixelFootprint]?, into target: ClassSamples
  ) {
    let classCount = table.entries.count
    guard case .uint8(let codes) = block.values else { return }
    let w = block.window
    // Place of each code in the table; those without a class come last and count as no data.
    var place = [Int](repeating: classCount, count: 256)
    for (k, entry) in table.entries.enumerated() where (0...255).contains(entry.code) && !noData.contains(entry.code) {
      place[entry.code] = k
    }
    for i in records {
      let c = Int(points[i].x)
      let r = Int(points[i].y)
      guard c >= w.column, c < w.endColumn, r >= w.row, r < w.endRow else { continue }
      let code = Int(codes[(r - w.row) * w.width + c - w.column])
      if place[code] < classCount { target.code.all[i] = Int16(code) }
    }
    guard let footprints else { return }
    let used = table.entries.indices.filter {
      (0...255).contains(table.entries[$0].code) && place[table.entries[$0].code] == $0
    }.map { (place: $0, code: Int16(table.entries[$0].code)) }
    let counter = CodeCounter(place: place, classes: classCount)
    var counts = [Int](repeating: 0, count: classCount)
    codes.withUnsafeBufferPointer { codes in
      for i in records {
        let shape = footprints[i]
        guard let rows = shape.rows else { continue }
        target.total.all[i] = Int(counter.count(codes, w, rows: rows, FootprintSpans(shape), into: &counts))
        var best: Int = 0
        var valid: Int = 0
        for (k, code) in used {
          let n = counts[k]
          target.counts.all[i * classCount + k] = n
          valid += n
          if n > best {
            best = n
            target.majority.all[i] = code
          }
        }
        target.valid.all[i] = valid
      }
    }
  }
}

/// Counts codes along spans of pixels, eight classes at a time.
struct CodeCounter: ~Copyable {
  private let groups: Int, classes: Int
  /// For each group of eight classes and each code a one in the lane of its class; codes without a class have none.
  private let ones: UnsafeMutablePointer<SIMD8<UInt16>>

  /// - Parameter place: the class of each of the 256 codes; `classes` for none.
  init(place: [Int], classes: Int) {
    self.classes = classes
    groups = (classes + 7) / 8
    ones = .allocate(capacity: max(1, groups) * 256)
    ones.initialize(repeating: SIMD8(repeating: 0), count: max(1, groups) * 256)
    for (code, k) in place.enumerated() where k < classes { ones[k / 8 * 256 + code][k % 8] = 1 }
  }

  deinit { ones.deallocate() }

  /// Replaces `counts`, one entry a class, by those of a footprint; returns the number of its pixels, those beyond the
  /// window too.
  func count(
    _ codes: UnsafeBufferPointer<UInt8>, _ w: PixelWindow, rows: ClosedRange<Int>, _ spans: FootprintSpans,
    into counts: inout [Int]
  ) -> Int {
    var total = 0
    for k in counts.indices { counts[k] = 0 }
    for group in 0..<groups {
      let ones = ones + group * 256
      var sum = SIMD8<UInt16>(repeating: 0)
      var room = Int(UInt16.max)
      func flush() {
        for lane in 0..<min(8, classes - group * 8) { counts[group * 8 + lane] += Int(sum[lane]) }
        sum = SIMD8(repeating: 0)
        room = Int(UInt16.max)
      }
      for row in rows {
        let (first, last) = spans.columns(row: row)
        if group == 0 { total += max(0, last - first + 1) }
        guard row >= w.row, row < w.endRow else { continue }
        var from = max(first, w.column)
        let to = min(last, w.endColumn - 1)
        let line = (row - w.row) * w.width - w.column
        while from <= to {
          let end = min(to + 1, from + room)
          for column in from..<end { sum &+= ones[Int(codes[line + column])] }
          room -= end - from
          from = end
          if room == 0 { flush() }
        }
      }
      flush()
    }
    return total
  }
}

/// Sums of the valid values of a footprint in four lanes, added in an order that depends on its spans alone.
struct FootprintSums {
  private let noData: Double
  /// Sums count from the first value, so that squares do not cancel.
  private var origin = Double.nan
  private var sum = SIMD4(repeating: 0.0), squares = SIMD4(repeating: 0.0), count = SIMD4(repeating: 0.0)

  /// - Parameter noData: the value left out beside NaN; NaN for none.
  init(noData: Double) { self.noData = noData }

  /// Adds a span of stored values.
  @inline(__always) mutating func add<T: PixelValue>(_ span: UnsafeBufferPointer<T>) {
    if origin.isNaN { origin = span.lazy.map(\.asDouble).first { $0 != noData && !$0.isNaN } ?? .nan }
    if origin.isNaN { return }
    var i = 0
    while i + 4 <= span.count {
      add(SIMD4(span[i].asDouble, span[i + 1].asDouble, span[i + 2].asDouble, span[i + 3].asDouble))
      i += 4
    }
    if i < span.count {
      var rest = SIMD4(repeating: Double.nan)
      for lane in 0..<span.count - i { rest[lane] = span[i + lane].asDouble }
      add(rest)
    }
  }

  @inline(__always) private mutating func add(_ v: SIMD4<Double>) {
    // NaN differs from itself.
    let isValid = (v .== v) .& (v .!= noData)
    let d = (v - origin).replacing(with: 0, where: .!isValid)
    sum += d
    squares += d * d
    count += SIMD4(repeating: 0).replacing(with: 1, where: isValid)
  }

  /// Mean and population standard deviation; nil without a valid value.
  var moments: (mean: Double, deviation: Double)? {
    let n = count.sum()
    guard n > 0 else { return nil }
    let mean = sum.sum() / n
    return (origin + mean, max(0, squares.sum() / n - mean * mean).squareRoot())
  }
}
