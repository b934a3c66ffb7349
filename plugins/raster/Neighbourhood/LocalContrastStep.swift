import FloeSDK

/// Brightness against the median of a wide surrounding.
struct LocalContrastStep: ProcessingStep {
  static let name = "raster.local_contrast"
  static let summary =
    "Divides each pixel by the median of the kilometres around it, so that faint and narrow leads stand out."
  static let discussion = """
    `result` holds for each band value / median as 32-bit numbers (dimensionless), NaN where the input has no data.
    Leads lie below 1 wherever they are, while the slow change of light, haze and ice over a scene drops out. Values are
    physical (scale and offset applied). A median that is not above zero gives no data.

    **Median.** The grid is cut into cells of a third of `size`, square on the map, whole pixels. Each cell keeps up to
    256 of its valid values, evenly spread; the median at a cell's centre is the lower middle one of the values of the
    3 x 3 cells around it, between centres it is interpolated bilinearly, beyond the outermost ones it stays the same.
    Cells without a valid value take no part.

    **Size.** 2 to 5 km suits leads: a lead of a tenth of the size hardly moves the median, and light and snow are much
    the same across it. Metres are those of the map, whatever its unit; a grid in degrees is refused.
    """
  static let example = """
    contrast: { use: raster.local_contrast, in: { image: stack.image }, with: { size: 3000 } }
    """
  @Input("The raster") var image: Raster
  @Param("Side of the surrounding", unit: .metre, in: 10...100_000) var size = 3000.0
  @Output("Value over local median, one band each") var result: Raster?

  mutating func plan(in context: PlanContext) throws {
    _ = try cell()
    if image.spec.grid.crs == nil { context.warn("the raster has no reference system: its units are taken for metres") }
    context.needs(materialized: image)
    result = Raster(planned: spec())
  }

  /// Columns and rows of a cell, which is square on the map.
  private func cell() throws -> (width: Int, height: Int) {
    let grid = image.spec.grid
    if let crs = grid.crs, crs.isGeographic {
      throw ParameterError(
        "size",
        """
        is in metres, but the raster is in degrees (\(crs.label)); bring it to a projected system first, for example \
        with \
        raster.warp
        """)
    }
    let metres = grid.pixelMetres ?? SIMD2(grid.pixelWidth, grid.pixelHeight)
    let larger = max(metres.x, metres.y)
    guard size / larger >= 3 else {
      throw ParameterError("size", "is \(size) m, less than 3 pixels of \(larger) m; give at least \(3 * larger) m")
    }
    // Cells larger than the raster are one cell.
    func side(_ pixel: Double) -> Int {
      max(1, Int(min(size / pixel / 3, Double(max(grid.width, grid.height)))))
    }
    return (side(metres.x), side(metres.y))
  }

  private func spec() -> RasterSpec {
    var spec = image.spec
    spec.type = .float32
    spec.bands = image.spec.bands.map { band in
      BandSpec(
        name: band.name, summary: "\(band.name) over the median of \(Int(size)) m around it", quantity: "contrast",
        noData: .nan, wavelength: band.wavelength)
    }
    spec.classes = nil
    spec.style = .ramp(band: spec.bands[0].name, low: 0.5, high: 1.1)
    return spec
  }

  mutating func run(in context: RunContext) async throws {
    let cell = try cell()
    let source = try await context.materialize(image)
    let grid = image.spec.grid
    let bands = image.spec.bands
    let across = (grid.width + cell.width - 1) / cell.width
    let down = (grid.height + cell.height - 1) / cell.height
    // A row of cells is one piece of work; cells are anchored at the grid, whatever the tiles.
    let rows = try await context.map(down, progress: "rows of cells") { r -> [[Float]] in
      let window = PixelWindow(
        column: 0, row: r * cell.height, width: grid.width, height: min(cell.height, grid.height - r * cell.height))
      let pixels = try source.read(window, bands: Array(bands.indices))
      return bands.indices.flatMap { b -> [[Float]] in
        let plane = pixels.physical(band: b, as: bands[b])
        return (0..<across).map { c in
          CellValues.few(plane, window, columns: c * cell.width..<min(grid.width, (c + 1) * cell.width))
        }
      }
    }
    let cells = LocalMedians(
      across: across, down: down, cell: cell,
      planes: bands.indices.map { b in
        LocalMedians.plane(across: across, down: down) { r, c in rows[r][b * across + c] }
      })
    result = Raster(
      spec(),
      source: ComputedSource { window, wanted, block in
        let pixels = try source.read(window, bands: wanted)
        var values = [Float](repeating: .nan, count: window.pixelCount * wanted.count)
        for (place, band) in wanted.enumerated() {
          let own = pixels.physical(band: place, as: bands[band])
          let from = place * window.pixelCount
          for row in 0..<window.height {
            let line = cells.line(band, row: window.row + row, columns: window.column..<window.endColumn)
            for column in 0..<window.width {
              let i = row * window.width + column
              // NaN stays NaN, and a median of NaN is not above zero.
              if line[column] > 0 { values[from + i] = own[i] / line[column] }
            }
          }
        }
        block = PixelBlock(window: window, bandCount: wanted.count, values: .float32(values))
      })
  }
}

/// Some values of a cell.
enum CellValues {
  /// Up to 256 values of some columns of a window that are not NaN, evenly spread over its pixels.
  static func few(_ plane: [Float], _ window: PixelWindow, columns: Range<Int>) -> [Float] {
    let total = columns.count * window.height
    let wanted = min(256, total)
    var found: [Float] = []
    found.reserveCapacity(wanted)
    for k in 0..<wanted {
      let place = k * total / wanted
      let value = plane[place / columns.count * window.width + columns.lowerBound + place % columns.count]
      if !value.isNaN { found.append(value) }
    }
    return found
  }
}

/// Medians at the centres of cells, and between them.
struct LocalMedians: Sendable {
  let across, down: Int
  /// Columns and rows of a cell.
  let cell: (width: Int, height: Int)
  /// `planes[band][row * across + column]`; NaN where no cell near has a value.
  let planes: [[Float]]

  /// The medians of 3 x 3 cells.
  static func plane(across: Int, down: Int, _ values: (Int, Int) -> [Float]) -> [Float] {
    var plane = [Float](repeating: .nan, count: across * down)
    for r in 0..<down {
      for c in 0..<across {
        var near: [Float] = []
        for y in max(0, r - 1)...min(down - 1, r + 1) {
          for x in max(0, c - 1)...min(across - 1, c + 1) { near += values(y, x) }
        }
        if near.isEmpty { continue }
        near.sort()
        plane[r * across + c] = near[(near.count - 1) / 2]
      }
    }
    return plane
  }

  /// Medians along a row of pixels; NaN where the cells around have none.
  func line(_ band: Int, row: Int, columns: Range<Int>) -> [Float] {
    let plane = planes[band]
    let (top, bottom, v) = Self.between(row, side: cell.height, count: down)
    return columns.map { column in
      let (left, right, u) = Self.between(column, side: cell.width, count: across)
      let corners = [
        (plane[top * across + left], (1 - u) * (1 - v)), (plane[top * across + right], u * (1 - v)),
        (plane[bottom * across + left], (1 - u) * v), (plane[bottom * across + right], u * v),
      ]
      var sum: Float = 0
      var weight: Float = 0
      for (value, share) in corners where !value.isNaN && share > 0 {
        sum += value * share
        weight += share
      }
      return weight > 0 ? sum / weight : .nan
    }
  }

  /// The cells before and after a pixel's centre and how far it is from the first to the second.
  private static func between(_ pixel: Int, side: Int, count: Int) -> (Int, Int, Float) {
    let x = (Float(pixel) + 0.5) / Float(side) - 0.5
    let low = min(max(0, Int(x.rounded(.down))), count - 1)
    let high = min(low + 1, count - 1)
    return (low, high, min(max(0, x - Float(low)), 1))
  }
}
