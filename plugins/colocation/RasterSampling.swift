import FloeSDK

/// What the sampling of one raster gives, one entry a record of the track.
struct RasterSamples: Sendable {
  var bands: [BandSamples] = []
  var classes: ClassSamples?
}

extension SceneRaster {
  /// Values, class codes and footprint figures of the records `inside`; the others stay missing.
  ///
  /// Only the windows that records touch are read, each piece once, on all workers.
  func sample(
    _ pixels: [SIMD2<Double>], inside: [Int], footprints: [PixelFootprint?]?, statistics: Bool, bilinear: Bool, in context: RunContext
  ) async throws -> RasterSamples {
    let pieces = pieces(pixels, inside: inside, footprints: footprints), raster = raster, grid = grid, classes = classes
    let parts = try await context.map(pieces.count, progress: "pieces of the scene") { i -> RasterSamples in
      let piece = pieces[i], points = piece.rows.map { pixels[$0] }
      let empty = PixelFootprint(centre: SIMD2(0, 0), along: SIMD2(0, 0), across: SIMD2(0, 0))
      let shapes = footprints.map { all in piece.rows.map { all[$0] ?? empty } }
      var result = RasterSamples()
      if let classes {
        let sampler = BlockSampler(block: try raster.read(piece.window, bands: [classes.band]), grid: grid)
        result.classes = sampler.classes(classes.table, noData: classes.noData, points: points, footprints: shapes)
      } else {
        let sampler = BlockSampler(block: try raster.read(piece.window), grid: grid)
        result.bands = raster.spec.bands.indices.map {
          sampler.values(band: $0, as: raster.spec.bands[$0], points: points, footprints: statistics ? shapes : nil, bilinear: bilinear)
        }
      }
      return result
    }
    var whole = RasterSamples()
    if let classes {
      whole.classes = ClassSamples(count: pixels.count, classes: classes.table.entries.count, noData: Int16(clamping: classes.table.noData))
    } else {
      whole.bands = raster.spec.bands.map { _ in BandSamples(count: pixels.count) }
    }
    for (piece, part) in zip(pieces, parts) { whole.scatter(part, to: piece.rows) }
    return whole
  }

  /// The lead pixels within `reach` columns and rows of the records `inside`, for distances.
  func marks(
    of code: Int, _ pixels: [SIMD2<Double>], inside: [Int], reach: (Int) -> SIMD2<Double>, in context: RunContext
  ) async throws -> NearestMark {
    var marks = NearestMark(width: grid.width, height: grid.height)
    guard let classes, let code = UInt8(exactly: code) else { return marks }
    let side = 512, across = (grid.width + side - 1) / side, down = (grid.height + side - 1) / side
    var touched = [Bool](repeating: false, count: across * down)
    func place(_ v: Double, _ count: Int) -> Int { Int(min(Double(count - 1), max(0, (v / Double(side)).rounded(.down)))) }
    var last = SIMD4<Int>(repeating: -1)
    for row in inside {
      let reach = reach(row), low = pixels[row] - reach, high = pixels[row] + reach
      let box = SIMD4(place(low.x, across), place(low.y, down), place(high.x, across), place(high.y, down))
      if box == last { continue }
      last = box
      for y in box.y...box.w { for x in box.x...box.z { touched[y * across + x] = true } }
    }
    let windows = touched.indices.filter { touched[$0] }.compactMap {
      PixelWindow(column: $0 % across * side, row: $0 / across * side, width: side, height: side).intersection(grid.fullWindow)
    }
    let raster = raster
    for start in stride(from: 0, to: windows.count, by: 64) {
      let batch = Array(windows[start..<min(windows.count, start + 64)])
      let blocks = try await context.map(batch.count) { try raster.read(batch[$0], bands: [classes.band]) }
      for block in blocks { if case .uint8(let codes) = block.values { marks.mark(codes, window: block.window, code: code) } }
    }
    return marks
  }
}

extension RasterSamples {
  fileprivate mutating func scatter(_ part: RasterSamples, to rows: [Int]) {
    for (b, band) in part.bands.enumerated() {
      for (i, row) in rows.enumerated() {
        bands[b].value[row] = band.value[i]
        bands[b].bilinear[row] = band.bilinear[i]
        bands[b].mean[row] = band.mean[i]
        bands[b].deviation[row] = band.deviation[i]
      }
    }
    guard let part = part.classes, classes != nil else { return }
    let width = rows.isEmpty ? 0 : part.counts.count / rows.count
    for (i, row) in rows.enumerated() {
      classes?.code[row] = part.code[i]
      classes?.majority[row] = part.majority[i]
      classes?.total[row] = part.total[i]
      classes?.valid[row] = part.valid[i]
      for k in 0..<width { classes?.counts[row * width + k] = part.counts[i * width + k] }
    }
  }
}
