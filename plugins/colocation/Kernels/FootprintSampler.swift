import FloeSDK
import Glibc

/// What one band says within footprints, record by record.
struct BandSamples: Sendable {
  var value: [Double], bilinear: [Double], mean: [Double], deviation: [Double]
  init(count: Int) {
    value = [Double](repeating: .nan, count: count)
    bilinear = value
    mean = value
    deviation = value
  }
}

/// What a class band says within footprints, record by record.
struct ClassSamples: Sendable {
  /// The code under the point and the footprint's most frequent one; the table's no data where there is none.
  var code: [Int16], majority: [Int16]
  /// Pixel centres in the whole footprint, and those that hold a class.
  var total: [Int32], valid: [Int32]
  /// Pixels by class, in the table's order: `counts[record * classes + class]`.
  var counts: [Int32]
  init(count: Int, classes: Int, noData: Int16) {
    code = [Int16](repeating: noData, count: count)
    majority = code
    total = [Int32](repeating: 0, count: count)
    valid = total
    counts = [Int32](repeating: 0, count: count * classes)
  }
}

/// Samples a block of pixels under points and within footprints. All places are columns and rows of the whole grid.
struct BlockSampler {
  let block: PixelBlock
  let grid: Grid

  /// Values of one band: nearest, on demand bilinear, and mean and standard deviation of the footprints.
  func values(
    band: Int, as spec: BandSpec, points: [SIMD2<Double>], footprints: [PixelFootprint]?, bilinear wantsBilinear: Bool
  ) -> BandSamples {
    switch block.values {
    case .uint8(let v): sample(v, band, spec, points, footprints, wantsBilinear)
    case .int16(let v): sample(v, band, spec, points, footprints, wantsBilinear)
    case .uint16(let v): sample(v, band, spec, points, footprints, wantsBilinear)
    case .int32(let v): sample(v, band, spec, points, footprints, wantsBilinear)
    case .uint32(let v): sample(v, band, spec, points, footprints, wantsBilinear)
    case .float32(let v): sample(v, band, spec, points, footprints, wantsBilinear)
    case .float64(let v): sample(v, band, spec, points, footprints, wantsBilinear)
    }
  }

  private func sample<T: PixelValue>(
    _ all: [T], _ band: Int, _ spec: BandSpec, _ points: [SIMD2<Double>], _ footprints: [PixelFootprint]?, _ wantsBilinear: Bool
  ) -> BandSamples {
    var result = BandSamples(count: points.count)
    let w = block.window, start = band * w.pixelCount
    // A comparison with NaN is never true, so that without no data nothing but NaN is left out.
    let noData = spec.noData ?? .nan, scale = spec.scale, offset = spec.offset
    all.withUnsafeBufferPointer { p in
      func stored(_ column: Int, _ row: Int) -> Double {
        guard column >= w.column, column < w.endColumn, row >= w.row, row < w.endRow else { return .nan }
        let v = p[start + (row - w.row) * w.width + column - w.column].asDouble
        return v == noData ? .nan : v
      }
      for (i, point) in points.enumerated() {
        result.value[i] = stored(Int(point.x.rounded(.down)), Int(point.y.rounded(.down))) * scale + offset
        if wantsBilinear {
          let x = point.x - 0.5, y = point.y - 0.5, c = Int(x.rounded(.down)), r = Int(y.rounded(.down))
          let fx = x - Double(c), fy = y - Double(r)
          let above = stored(c, r) * (1 - fx) + stored(c + 1, r) * fx, below = stored(c, r + 1) * (1 - fx) + stored(c + 1, r + 1) * fx
          result.bilinear[i] = (above * (1 - fy) + below * fy) * scale + offset
        }
        guard let shape = footprints?[i], let rows = shape.rows else { continue }
        var count = 0, sum = 0.0, squares = 0.0, origin = Double.nan
        for row in max(rows.lowerBound, w.row)..<max(w.row, min(rows.upperBound + 1, w.endRow), rows.lowerBound) {
          guard let columns = shape.columns(row: row) else { continue }
          let line = start + (row - w.row) * w.width - w.column
          for column in max(columns.lowerBound, w.column)..<max(w.column, min(columns.upperBound + 1, w.endColumn), columns.lowerBound) {
            let v = p[line + column].asDouble
            if v == noData || v.isNaN { continue }
            // Sums count from the first value, so that squares do not cancel.
            if count == 0 { origin = v }
            let d = v - origin
            count += 1
            sum += d
            squares += d * d
          }
        }
        guard count > 0 else { continue }
        let mean = sum / Double(count)
        result.mean[i] = (origin + mean) * scale + offset
        result.deviation[i] = max(0, squares / Double(count) - mean * mean).squareRoot() * abs(scale)
      }
    }
    return result
  }

  /// Codes under points and pixels by class within footprints.
  ///
  /// - Parameter noData: codes that stand for no data beside the table's own.
  func classes(_ table: ClassTable, noData: Set<Int>, points: [SIMD2<Double>], footprints: [PixelFootprint]?) -> ClassSamples {
    let none = Int16(clamping: table.noData), classCount = table.entries.count
    var result = ClassSamples(count: points.count, classes: classCount, noData: none)
    guard case .uint8(let codes) = block.values else { return result }
    let w = block.window
    // Place of each code in the table; those without a class come last and count as no data.
    var place = [Int](repeating: classCount, count: 256)
    for (k, entry) in table.entries.enumerated() where (0...255).contains(entry.code) && !noData.contains(entry.code) { place[entry.code] = k }
    var histogram = [Int32](repeating: 0, count: 256)
    for (i, point) in points.enumerated() {
      let c = Int(point.x.rounded(.down)), r = Int(point.y.rounded(.down))
      if c >= w.column, c < w.endColumn, r >= w.row, r < w.endRow {
        let code = Int(codes[(r - w.row) * w.width + c - w.column])
        if place[code] < classCount { result.code[i] = Int16(code) }
      }
      guard let shape = footprints?[i], let rows = shape.rows else { continue }
      for k in histogram.indices { histogram[k] = 0 }
      var total = 0
      codes.withUnsafeBufferPointer { p in
        histogram.withUnsafeMutableBufferPointer { h in
          for row in rows {
            guard let columns = shape.columns(row: row) else { continue }
            total += columns.count
            guard row >= w.row, row < w.endRow else { continue }
            let first = max(columns.lowerBound, w.column), last = min(columns.upperBound, w.endColumn - 1)
            guard first <= last else { continue }
            let line = (row - w.row) * w.width - w.column
            for column in first...last { h[Int(p[line + column])] += 1 }
          }
        }
      }
      result.total[i] = Int32(total)
      var best: Int32 = 0
      for (k, entry) in table.entries.enumerated() where (0...255).contains(entry.code) && place[entry.code] == k {
        let n = histogram[entry.code]
        result.counts[i * classCount + k] = n
        result.valid[i] += n
        if n > best {
          best = n
          result.majority[i] = Int16(entry.code)
        }
      }
    }
    return result
  }
}
