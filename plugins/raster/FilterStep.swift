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
  mutating func plan(in context: PlanContext) throws { result = Raster(planned: image.spec) }
  mutating func run(in context: RunContext) async throws {
    // Windows overlap between tiles: what is dear to decode is decoded once.
    let source = try await context.materialize(image)
    let radius = window / 2
    let statistic = statistic
    let edge = edge
    let grid = image.spec.grid
    result = Raster(
      image.spec,
      source: ComputedSource { target, bands, block in
        let wide = PixelWindow(
          column: target.column - radius, row: target.row - radius, width: target.width + 2 * radius,
          height: target.height + 2 * radius)
        let read = try source.read(wide.intersection(grid.fullWindow) ?? target, bands: bands)
        block.reshape(window: target, bandCount: bands.count, type: source.spec.type)
        for (i, band) in bands.enumerated() {
          let kernel = WindowFilter(
            statistic: statistic, edge: edge, radius: radius, noData: source.spec.bands[band].noData ?? .nan)
          switch (read.values, block.values) {
          case (.uint8(let a), .uint8(var b)):
            kernel.run(a, read.window, &b, target, plane: i)
            block.values = .uint8(b)
          case (.int16(let a), .int16(var b)):
            kernel.run(a, read.window, &b, target, plane: i)
            block.values = .int16(b)
          case (.uint16(let a), .uint16(var b)):
            kernel.run(a, read.window, &b, target, plane: i)
            block.values = .uint16(b)
          case (.int32(let a), .int32(var b)):
            kernel.run(a, read.window, &b, target, plane: i)
            block.values = .int32(b)
          case (.uint32(let a), .uint32(var b)):
            kernel.run(a, read.window, &b, target, plane: i)
            block.values = .uint32(b)
          case (.float32(let a), .float32(var b)):
            kernel.run(a, read.window, &b, target, plane: i)
            block.values = .float32(b)
          case (.float64(let a), .float64(var b)):
            kernel.run(a, read.window, &b, target, plane: i)
            block.values = .float64(b)
          default: throw FloeError("a raster's source gave another pixel type than it announced")
          }
        }
      })
  }
}

/// Moves a window over one band.
struct WindowFilter {
  let statistic: WindowStatistic, edge: EdgeRule, radius: Int, noData: Double

  /// Fills one plane of `out` (`target`) from the same plane of `values` (`source`, which reaches as far as the raster
  /// does).
  func run<T: PixelValue>(_ values: [T], _ source: PixelWindow, _ out: inout [T], _ target: PixelWindow, plane: Int) {
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
        for y in row - radius...row + radius {
          if edge == .shrink && (y < source.row || y >= source.endRow) { continue }
          let line = from + (min(max(y, source.row), source.endRow - 1) - source.row) * source.width - source.column
          for x in column - radius...column + radius {
            if edge == .shrink && (x < source.column || x >= source.endColumn) { continue }
            let v = values[line + min(max(x, source.column), source.endColumn - 1)]
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
