import FloeIO
import FloeSDK

/// Cuts a raster to a box or polygons.
struct ClipStep: ProcessingStep {
  static let name = "raster.clip"
  static let summary = "Cuts a raster to a box, or to polygons outside of which there is no data."
  static let discussion = """
    The output keeps bands, type, units and pixel places; its grid is the part that the box touches, whole pixels only.
    `box` is in the raster's own system, or in the one of `crs`: then its outline is carried over, with points along its
    edges. With `polygons`, pixels whose centre lies in no polygon become no data (the bands' own value; where they have
    none that of the class table, else 0 for integers, NaN for floats, which is then declared). Without a box the extent
    stays. A box of longitudes across 180° has a west greater than its east, and fits whichever way the raster counts
    its meridians, from -180 or from 0; one that would be cut in two pieces by the raster's edge is refused. Source of
    the polygons: any layer that OGR reads, also one of the whole world.
    """
  static let example = """
    part: { use: raster.clip, in: { image: stack.image }, with: { box: [301000, 7897000, 305000, 7899000] } }
    """
  @Input("The raster") var image: Raster
  @Param("West, south, east, north") var box: [Double]?
  @Param("Reference system of the box; the raster's by default") var crs: String?
  @Param("Polygons to keep") var polygons: InputPath?
  @Param("Layer of the polygons; the first by default") var layer: String?
  @Output("The part") var result: Raster?

  func validate() throws {
    try checkCompanions()
    if box == nil && polygons == nil { throw ParameterError("box", "is missing: give a box, or polygons") }
    if let box, box.count != 4 {
      throw ParameterError("box", "must be west, south, east, north, not \(box.count) numbers")
    }
    if let box, box[1] >= box[3] {
      throw ParameterError("box", "must have its south (\(box[1])) below its north (\(box[3]))")
    }
  }
  /// Parameters that belong to another one say so where that is missing.
  private func checkCompanions() throws(ParameterError) {
    if let layer, polygons == nil {
      throw ParameterError("layer", "is '\(layer)', a layer of 'polygons', which is missing; name that file as well")
    }
    if let crs, box == nil {
      throw ParameterError("crs", "is '\(crs)', the system of 'box', which is missing; polygons have their own")
    }
  }

  mutating func plan(in context: PlanContext) throws { result = Raster(planned: try parts().spec) }

  mutating func run(in context: RunContext) async throws {
    let (spec, window) = try parts()
    let source = image
    let burner = try polygons.map { try PolygonRasterizer(path: $0.path, layer: layer, grid: spec.grid) }
    if let polygons, burner?.count == 0 {
      let why = burner?.miss ?? "no polygon of '\(polygons.path)' touches the part"
      context.warn("\(why): all pixels are no data")
    } else if let polygons, let burner, try !Self.keepsAny(burner, spec, context) {
      context.warn("no pixel has its centre in a polygon of '\(polygons.path)': all pixels are no data")
    }
    result = Raster(
      spec,
      source: ComputedSource { target, bands, block in
        try source.source.read(target.offset(columns: window.column, rows: window.row), bands: bands, into: &block)
        block.window = target
        guard let burner else { return }
        let mask = try burner.burn(target)
        for (i, band) in bands.enumerated() { block.clear(plane: i, where: mask, to: spec.bands[band].noData ?? 0) }
      })
  }

  /// Whether there is a pixel that the polygons keep; looks no further than to the first tile that has one.
  private static func keepsAny(_ burner: PolygonRasterizer, _ spec: RasterSpec, _ context: RunContext) throws -> Bool {
    for tile in spec.grid.tiles(spec.tile) {
      try context.checkCancelled()
      if try burner.burn(tile).contains(where: { $0 != 0 }) { return true }
    }
    return false
  }

  private func parts() throws -> (spec: RasterSpec, window: PixelWindow) {
    var spec = image.spec
    let grid = spec.grid
    let window = try window(grid)
    guard let cut = grid.cropped(to: window) else {
      throw ParameterError("box", "does not touch the raster, which covers \(grid.bounds)")
    }
    spec.grid = cut
    if polygons != nil { spec.declareNoData() }
    return (spec, window)
  }

  private func window(_ grid: Grid) throws -> PixelWindow {
    guard let box else { return grid.fullWindow }
    let own = try crs.map(CRSFactory.make)
    let isGeographic = grid.crs?.isGeographic == true
    var b = Bounds(minX: box[0], minY: box[1], maxX: box[2], maxY: box[3])
    if b.maxX < b.minX, own?.isGeographic ?? isGeographic { b.maxX += 360 }
    guard b.minX < b.maxX else {
      throw ParameterError("box", "must have its west (\(b.minX)) below its east (\(b.maxX))")
    }
    if let own {
      guard let target = grid.crs else {
        throw FloeError(
          "the raster has no coordinate reference system, so that a box in \(own.label) has no place on it; "
            + NoReferenceSystem.way)
      }
      if !own.isSame(as: target) { b = try Self.carried(b, from: own, to: target) }
    }
    // The same meridian has many names.
    let turns = isGeographic ? [-720.0, -360, 0, 360, 720] : [0]
    let pieces = turns.map { Bounds(minX: b.minX + $0, minY: b.minY, maxX: b.maxX + $0, maxY: b.maxY) }
      .filter { $0.intersects(grid.bounds) }.map { Self.pixels($0, of: grid) }.filter { $0.width > 0 && $0.height > 0 }
    guard var whole = pieces.first else {
      throw ParameterError(
        "box",
        """
        does not touch the raster, which covers x \(grid.bounds.minX)...\(grid.bounds.maxX), y \
        \(grid.bounds.minY)...\(grid.bounds.maxY)
        """
      )
    }
    // They follow each other from west to east.
    for piece in pieces.dropFirst() {
      guard piece.column <= whole.endColumn else {
        let longitudes = [whole, piece].compactMap(grid.cropped).map { "\($0.bounds.minX)...\($0.bounds.maxX)" }
        throw ParameterError(
          "box",
          """
          holds two pieces of the raster, longitudes \(longitudes.joined(separator: " and ")): the raster covers \
          \(grid.bounds.minX)...\(grid.bounds.maxX); clip the pieces one by one, or bring the raster to a projected \
          system first (raster.warp)
          """)
      }
      whole.width = max(whole.endColumn, piece.endColumn) - whole.column
    }
    return whole
  }

  /// The extent of a box's outline in another system; in degrees longitudes run on from the box's middle.
  private static func carried(_ b: Bounds, from own: CRS, to target: CRS) throws -> Bounds {
    var x = [(b.minX + b.maxX) / 2]
    var y = [(b.minY + b.maxY) / 2]
    for i in 0...40 {
      let f = Double(i) / 40
      let px = b.minX + (b.maxX - b.minX) * f
      let py = b.minY + (b.maxY - b.minY) * f
      x += [px, px, b.minX, b.maxX]
      y += [b.minY, b.maxY, py, py]
    }
    let given = x
    try CoordinateTransform(from: own, to: target).transform(x: &x, y: &y)
    if target.isGeographic {
      for i in x.indices where x[i].isFinite {
        let near = own.isGeographic ? given[i] : x[0]
        if near.isFinite { x[i] -= 360 * ((x[i] - near) / 360).rounded() }
      }
    }
    let xs = x.filter(\.isFinite)
    let ys = y.filter(\.isFinite)
    guard let x0 = xs.min(), let x1 = xs.max(), let y0 = ys.min(), let y1 = ys.max() else {
      throw ParameterError("box", "has no place in \(target.label)")
    }
    return Bounds(minX: x0, minY: y0, maxX: x1, maxY: y1)
  }

  /// The pixels that a box touches.
  private static func pixels(_ b: Bounds, of grid: Grid) -> PixelWindow {
    // A box drawn along pixel edges must not gain a pixel by rounding.
    func index(_ v: Double, _ rule: FloatingPointRoundingRule, _ count: Int) -> Int {
      let near = v.rounded()
      let whole = abs(v - near) < 1e-6 ? near : v.rounded(rule)
      return Int(min(Double(count), max(0, whole)))
    }
    let c0 = index((b.minX - grid.originX) / grid.pixelWidth, .down, grid.width)
    let c1 = index((b.maxX - grid.originX) / grid.pixelWidth, .up, grid.width)
    let r0 = index((grid.originY - b.maxY) / grid.pixelHeight, .down, grid.height)
    let r1 = index((grid.originY - b.minY) / grid.pixelHeight, .up, grid.height)
    return PixelWindow(column: c0, row: r0, width: c1 - c0, height: r1 - r0)
  }
}

extension PixelBlock {
  /// Puts a value, which the pixels' type holds, where a mask is 0, in one plane.
  mutating func clear(plane: Int, where mask: [UInt8], to value: Double) {
    values.edit(Clearing(start: plane * window.pixelCount, mask: mask, value: value))
  }

  private struct Clearing: PixelEditor {
    let start: Int
    let mask: [UInt8]
    let value: Double
    func edit<T: PixelValue>(_ values: UnsafeMutableBufferPointer<T>) {
      guard let value = T(stored: value) else { return }
      for i in mask.indices where mask[i] == 0 { values[start + i] = value }
    }
  }
}
