import FloeSDK

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
      BandSampling(
        window: block.window, band: band, spec: spec, records: rows, points: points, footprints: footprints,
        target: target))
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

/// Samples one band of a block, whatever the type of its pixels.
private struct BandSampling: PixelVisitor {
  let window: PixelWindow
  let band: Int
  let spec: BandSpec
  let records: ArraySlice<Int>
  let points: [SIMD2<Double>]
  let footprints: [PixelFootprint]?
  let target: BandSamples

  func visit<T: PixelValue>(_ all: [T]) {
    let w = window
    let records = records
    let points = points
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
}
