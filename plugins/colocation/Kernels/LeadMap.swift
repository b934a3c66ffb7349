import FloeSDK

/// What shifted records see of a scene: one byte a cell, `levels[row * width + column]`, row 0 the northernmost.
///
/// 0 is no class, 1 a class that is no lead, 1 + k a lead share of at least `limits[k - 1]`.
struct LeadMap: Sendable {
  let width: Int
  let height: Int
  let levels: [UInt8]
  /// The least shares of lead that raise the level, ascending, dimensionless.
  let limits: [Double]

  /// The shares of a footprint that count: any lead at all, and from a hundredth to a half of it.
  static let shares = [1e-9, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5]

  /// The pixels of a class raster in a window.
  ///
  /// - Parameter level: the level of each of the 256 codes.
  static func pixels(of raster: Raster, band: Int, window: PixelWindow, level: [UInt8], in context: RunContext)
    async throws -> LeadMap
  {
    let strip = 512
    let target = SharedBuffer(window.pixelCount, repeating: UInt8(0))
    _ = try await context.map((window.height + strip - 1) / strip) { i in
      let rows = min(strip, window.height - i * strip)
      let part = PixelWindow(column: window.column, row: window.row + i * strip, width: window.width, height: rows)
      guard case .uint8(let codes) = try raster.read(part, bands: [band]).values else { return }
      let start = i * strip * window.width
      for (k, code) in codes.enumerated() { target.all[start + k] = level[Int(code)] }
    }
    return LeadMap(width: window.width, height: window.height, levels: target.array, limits: [0.5])
  }

  /// The lead shares of footprints around the middles of cells of `stride` columns and rows; no class where less than
  /// half of the footprint has one.
  ///
  /// - Parameter shape: the footprint, of which only the sides count.
  func footprints(_ shape: PixelFootprint, stride: SIMD2<Int>, in context: RunContext) async throws -> LeadMap {
    let columns = width / stride.x
    let rows = height / stride.y
    let limits = Self.shares
    // All cells have the same footprint, moved by whole pixels.
    let first = PixelFootprint(
      centre: SIMD2(Double(stride.x), Double(stride.y)) / 2, along: shape.along, across: shape.across)
    let lines = first.rows.map { Array($0) } ?? []
    let spans = lines.compactMap { row in first.columns(row: row).map { (row: row, columns: $0) } }
    let total = spans.reduce(0) { $0 + $1.columns.count }
    guard total > 0, columns > 0, rows > 0, let top = spans.first?.row, let bottom = spans.last?.row else {
      return LeadMap(width: 0, height: 0, levels: [], limits: limits)
    }
    let target = SharedBuffer(columns * rows, repeating: UInt8(0))
    let block = 16
    _ = try await context.map((rows + block - 1) / block) { b in
      let cells = b * block..<min(rows, (b + 1) * block)
      let low = max(0, cells.lowerBound * stride.y + top)
      let high = min(height - 1, (cells.upperBound - 1) * stride.y + bottom)
      guard low <= high else { return }
      let sums = RowSums(self, rows: low...high)
      for j in cells {
        for i in 0..<columns {
          var lead = 0
          var valid = 0
          for span in spans {
            let row = span.row + j * stride.y
            let from = max(0, span.columns.lowerBound + i * stride.x)
            let to = min(width, span.columns.upperBound + 1 + i * stride.x)
            guard row >= low, row <= high, from < to else { continue }
            let counts = sums.counts(row: row, from: from, to: to)
            lead += counts.lead
            valid += counts.valid
          }
          guard valid * 2 >= total else { continue }
          let share = Double(lead) / Double(valid)
          target.all[j * columns + i] = 1 + UInt8(limits.count { share >= $0 })
        }
      }
    }
    return LeadMap(width: columns, height: rows, levels: target.array, limits: limits)
  }
}

/// Running sums along rows of a map, for the number of lead and class pixels in a span.
private struct RowSums {
  private let first: Int
  private let width: Int
  private let lead: [Int32]
  private let valid: [Int32]

  init(_ map: LeadMap, rows: ClosedRange<Int>) {
    first = rows.lowerBound
    width = map.width + 1
    var lead = [Int32](repeating: 0, count: rows.count * width)
    var valid = lead
    for (r, row) in rows.enumerated() {
      for c in 0..<map.width {
        let level = map.levels[row * map.width + c]
        let at = r * width + c
        lead[at + 1] = lead[at] + (level > 1 ? 1 : 0)
        valid[at + 1] = valid[at] + (level > 0 ? 1 : 0)
      }
    }
    self.lead = lead
    self.valid = valid
  }

  func counts(row: Int, from: Int, to: Int) -> (lead: Int, valid: Int) {
    let at = (row - first) * width
    return (Int(lead[at + to] - lead[at + from]), Int(valid[at + to] - valid[at + from]))
  }
}
