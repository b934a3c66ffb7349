import FloeSDK

/// What the sampling of one raster gives, one entry a record of the track.
struct RasterSamples: Sendable {
  var bands: [BandSamples] = []
  var classes: ClassSamples?
}

extension SampledRaster {
  /// Values, class codes and footprint figures of the records `inside`; the others stay missing.
  ///
  /// Only the windows that records touch are read, each piece once, on all workers.
  func sample(
    _ pixels: [SIMD2<Double>], inside: [Int], footprints: [PixelFootprint]?, statistics: Bool, bilinear: Bool,
    in context: RunContext
  ) async throws -> RasterSamples {
    let pieces = pieces(pixels, inside: inside)
    let scene = self
    let spec = raster.spec
    let count = pixels.count
    var whole = RasterSamples()
    if let classes {
      whole.classes = ClassSamples(
        count: count, classes: classes.table.entries.count, noData: Int16(clamping: classes.table.noData))
    } else {
      whole.bands = spec.bands.map { _ in
        BandSamples(count: count, bilinear: bilinear, statistics: statistics && footprints != nil)
      }
    }
    let target = whole
    let shapes = classes != nil || statistics ? footprints : nil
    let bilinear = bilinear && classes == nil
    _ = try await context.map(pieces.ranges.count, progress: "pieces of the scene") { i in
      let rows = pieces.rows[pieces.ranges[i]]
      let window = scene.window(rows, pixels, footprints: shapes, bilinear: bilinear)
      if let classes = scene.classes, let found = target.classes {
        let sampler = BlockSampler(block: try scene.raster.read(window, bands: [classes.band]))
        sampler.classes(
          classes.table, noData: classes.noData, rows: rows, points: pixels, footprints: shapes, into: found)
      } else {
        let sampler = BlockSampler(block: try scene.raster.read(window))
        for (band, samples) in target.bands.enumerated() {
          sampler.values(
            band: band, as: spec.bands[band], rows: rows, points: pixels, footprints: shapes, into: samples)
        }
      }
    }
    return whole
  }

  /// The lead pixels within `reach` columns and rows of the records `inside`, for distances.
  func marks(
    of code: Int, _ pixels: [SIMD2<Double>], inside: [Int], reach: (Int) -> SIMD2<Double>, in context: RunContext
  ) async throws -> NearestPixelIndex {
    var marks = NearestPixelIndex(width: grid.width, height: grid.height)
    guard let classes, let code = UInt8(exactly: code) else { return marks }
    let side = 512
    let across = (grid.width + side - 1) / side
    let down = (grid.height + side - 1) / side
    var touched = [Bool](repeating: false, count: across * down)
    func place(_ v: Double, _ count: Int) -> Int {
      Int(min(Double(count - 1), max(0, (v / Double(side)).rounded(.down))))
    }
    var last = SIMD4<Int>(repeating: -1)
    for row in inside {
      let reach = reach(row)
      let low = pixels[row] - reach
      let high = pixels[row] + reach
      let box = SIMD4(place(low.x, across), place(low.y, down), place(high.x, across), place(high.y, down))
      if box == last { continue }
      last = box
      for y in box.y...box.w { for x in box.x...box.z { touched[y * across + x] = true } }
    }
    let windows = touched.indices.filter { touched[$0] }.compactMap {
      PixelWindow(column: $0 % across * side, row: $0 / across * side, width: side, height: side).intersection(
        grid.fullWindow)
    }
    let raster = raster
    for start in stride(from: 0, to: windows.count, by: 64) {
      let batch = Array(windows[start..<min(windows.count, start + 64)])
      let blocks = try await context.map(batch.count) { try raster.read(batch[$0], bands: [classes.band]) }
      for block in blocks {
        if case .uint8(let codes) = block.values { marks.mark(codes, window: block.window, code: code) }
      }
    }
    return marks
  }
}
