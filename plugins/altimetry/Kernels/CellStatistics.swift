import FloeSDK

/// Statistics of values that fall into the cells of a grid; memory goes with the occupied cells, not with the grid.
public struct CellStatistics: Sendable {
  /// The statistics of each cell, in the order of a raster's bands.
  public enum Measure: Int, Sendable, CaseIterable { case mean, median, count, spread }

  /// One occupied cell.
  public struct Cell: Sendable, Equatable {
    /// Row and column in the grid.
    public var row: Int, column: Int
    /// One value for each of `Measure`.
    public var values: SIMD4<Float>
  }

  /// Occupied cells by row, then column.
  public let cells: [Cell]
  /// Where each row's cells begin in `cells`; one more entry than rows.
  let starts: [Int]

  /// - Parameters:
  ///   - values: numbers without NaN.
  ///   - cells: the cell of each value, row * width + column.
  public init(_ values: [Double], in cells: [Int], grid: Grid) {
    // Sorted by cell and then by the order of the records: sums do not depend on how the work is shared.
    let order = values.indices.sorted { cells[$0] != cells[$1] ? cells[$0] < cells[$1] : $0 < $1 }
    var result: [Cell] = []
    var at = 0
    while at < order.count {
      let cell = cells[order[at]]
      var end = at
      while end < order.count, cells[order[end]] == cell { end += 1 }
      let part = order[at..<end].map { values[$0] }
      let mean = part.reduce(0, +) / Double(part.count)
      let variance = part.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(part.count)
      result.append(
        Cell(
          row: cell / grid.width, column: cell % grid.width,
          values: SIMD4(
            Float(mean), Float(FloeSDK.median(of: part)), Float(part.count), Float(variance.squareRoot()))))
      at = end
    }
    var starts = [Int](repeating: 0, count: grid.height + 1)
    for cell in result { starts[cell.row + 1] += 1 }
    for row in 0..<grid.height { starts[row + 1] += starts[row] }
    self.cells = result
    self.starts = starts
  }
}

/// A raster of cell statistics: NaN where no value fell.
struct CellSource: RasterSource {
  let statistics: CellStatistics

  func read(_ window: PixelWindow, bands: [Int], into target: inout PixelBlock) throws {
    var pixels = [Float](repeating: .nan, count: window.width * window.height * bands.count)
    for row in 0..<window.height {
      let line = window.row + row
      for cell in statistics.cells[statistics.starts[line]..<statistics.starts[line + 1]] {
        let column = cell.column - window.column
        guard (0..<window.width).contains(column) else { continue }
        for (i, band) in bands.enumerated() {
          pixels[(i * window.height + row) * window.width + column] = cell.values[band]
        }
      }
    }
    target.reshape(window: window, bandCount: bands.count, type: .float32)
    target.values = .float32(pixels)
  }
}
