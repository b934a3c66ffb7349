import FloeSDK

/// What a window filter takes from its pixels.
enum WindowStatistic: String, ChoiceParameter { case median, mode }
/// What stands for pixels beyond the raster's edge.
enum EdgeRule: String, ChoiceParameter { case shrink, nearest }

/// Median and mode filters.
struct FilterStep: ProcessingStep {
  static let name = "raster.filter"
  static let summary = "Replaces each pixel by the median or the most frequent value of the square window around it."
  static let discussion = """
    The output has the input's grid, bands, type, units and no data. Pixels without data take no part in the windows of
    others and stay without data. `median` of an even number of values is the lower of the two middle ones, so that no
    new value arises; `mode` takes the lowest of several equally frequent values and suits class rasters. Edge: `shrink`
    uses the pixels that exist, `nearest` repeats the outermost row and column (as scipy.ndimage does with
    mode='nearest'). Values are stored numbers; works tile by tile.
    """
  static let example = """
    smooth: { use: raster.filter, in: { image: ndwi.result }, with: { statistic: median, window: 3 } }
    """
  @Input("The raster") var image: Raster
  @Param("Median or mode") var statistic = WindowStatistic.median
  @Param("Side of the window in pixels, odd", unit: "pixels", in: 1...99) var window = 3
  @Param("Pixels beyond the edge") var edge = EdgeRule.shrink
  @Output("The filtered raster") var result: Raster?

  func validate() throws {
    if window % 2 == 0 { throw ParameterError("window", "must be odd, not \(window)") }
  }
  mutating func plan(in context: PlanContext) throws {
    context.needs(materialized: image)
    result = Raster(planned: image.spec)
  }
  mutating func run(in context: RunContext) async throws {
    // Windows overlap between tiles: what is slow to decode is decoded once.
    let source = try await context.materialize(image)
    let filter = WindowFilter(statistic: statistic, radius: window / 2)
    let specs = image.spec.bands
    result = Raster(
      image.spec,
      source: NeighbourhoodSource(of: source, radius: filter.radius, edge: edge == .nearest ? .nearest : .shrink) {
        near, target, bands, block in
        block = PixelBlock(
          window: target, bandCount: bands.count,
          values: near.values.withValues(
            WindowFilter.Visitor(
              filter: filter, near: near.window, target: target, noData: bands.map { specs[$0].noData ?? .nan })))
      })
  }
}

/// Moves a window over each band.
struct WindowFilter: Sendable {
  let statistic: WindowStatistic
  let radius: Int

  /// Filters all bands of a block.
  struct Visitor: PixelVisitor {
    let filter: WindowFilter
    let near, target: PixelWindow
    /// By band; NaN where there is none.
    let noData: [Double]
    func visit<T: PixelValue>(_ values: [T]) -> PixelArray {
      var out = [T](repeating: .zero, count: target.pixelCount * noData.count)
      for band in noData.indices { filter.run(values, near, &out, target, plane: band, noData: noData[band]) }
      return T.pixelArray(out)
    }
  }

  /// Fills one plane of `out` (`target`) from the same plane of `values` (`source`, the pixels that windows may see).
  private func run<T: PixelValue>(
    _ values: [T], _ source: PixelWindow, _ out: inout [T], _ target: PixelWindow, plane: Int, noData: Double
  ) {
    let from = plane * source.pixelCount
    let to = plane * target.pixelCount
    var near: [T] = []
    near.reserveCapacity((2 * radius + 1) * (2 * radius + 1))
    for row in target.row..<target.endRow {
      for column in target.column..<target.endColumn {
        let own = values[from + (row - source.row) * source.width + column - source.column]
        let place = to + (row - target.row) * target.width + column - target.column
        let d = own.asDouble
        if d == noData || d.isNaN {
          out[place] = own
          continue
        }
        near.removeAll(keepingCapacity: true)
        for y in max(row - radius, source.row)..<min(row + radius + 1, source.endRow) {
          let line = from + (y - source.row) * source.width - source.column
          for x in max(column - radius, source.column)..<min(column + radius + 1, source.endColumn) {
            let v = values[line + x]
            let e = v.asDouble
            if e != noData && !e.isNaN { near.append(v) }
          }
        }
        near.sort()
        out[place] = statistic == .median ? near[(near.count - 1) / 2] : Self.mode(near)
      }
    }
  }

  /// The most frequent of sorted values, the lowest of equally frequent ones.
  private static func mode<T: PixelValue>(_ sorted: [T]) -> T {
    var best = sorted[0]
    var bestCount = 0
    var start = 0
    for i in 1...sorted.count where i == sorted.count || sorted[i] != sorted[start] {
      if i - start > bestCount {
        bestCount = i - start
        best = sorted[start]
      }
      start = i
    }
    return best
  }
}
