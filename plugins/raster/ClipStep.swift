import FloeSDK

/// Cuts a raster to a box or polygons.
struct ClipStep: ProcessingStep {
  static let name = "raster.clip"
  static let summary = "Cuts a raster to a box, or to polygons outside of which there is no data."
  static let discussion = """
    The output keeps bands, type, units and pixel places; its grid is the part that the box touches, whole pixels only. `box` is in the raster's
    own system, or in the one of `crs`: then its outline is carried over, with points along its edges. With `polygons`, pixels whose centre
    lies in no polygon become no data (the bands' own value; where they have none 0 for integers, NaN for floats, which is then declared). Without a
    box the extent stays. A box across 180° has a west greater than its east. Source of the polygons: any layer that OGR reads.
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
    if box == nil && polygons == nil { throw ParameterError("box", "is missing: give a box, or polygons") }
    if let box, box.count != 4 { throw ParameterError("box", "must be west, south, east, north, not \(box.count) numbers") }
    if let box, box[1] >= box[3] { throw ParameterError("box", "must have its south (\(box[1])) below its north (\(box[3]))") }
  }
  mutating func plan(in context: PlanContext) throws { result = Raster(planned: try parts().spec) }

  mutating func run(in context: RunContext) async throws {
    let (spec, window) = try parts(), source = image
    let burner = try polygons.map { try PolygonBurner(path: $0.path, layer: layer, grid: spec.grid) }
    result = Raster(spec, source: ComputedSource { target, bands, block in
      try source.source.read(target.offset(columns: window.column, rows: window.row), bands: bands, into: &block)
      block.window = target
      guard let burner else { return }
      let mask = try burner.burn(target)
      for (i, band) in bands.enumerated() { block.clear(plane: i, where: mask, to: spec.bands[band].noData ?? 0) }
    })
  }

  private func parts() throws -> (spec: RasterSpec, window: PixelWindow) {
    var spec = image.spec
    let grid = spec.grid, window = try window(grid)
    guard let cut = grid.cropped(to: window) else { throw ParameterError("box", "does not touch the raster, which covers \(grid.bounds)") }
    spec.grid = cut
    if polygons != nil {
      for i in spec.bands.indices where spec.bands[i].noData == nil { spec.bands[i].noData = spec.type.isInteger ? 0 : .nan }
    }
    return (spec, window)
  }

  private func window(_ grid: Grid) throws -> PixelWindow {
    guard let box else { return grid.fullWindow }
    var b = Bounds(minX: box[0], minY: box[1], maxX: box[2], maxY: box[3])
    if let crs {
      let own = try CRSFactory.make(crs)
      guard let target = grid.crs else { throw FloeError("the raster has no coordinate reference system, so that a box in \(crs) has no place on it") }
      if b.maxX <= b.minX, own.wkt.hasPrefix("GEOG") { b.maxX += 360 }
      var x: [Double] = [], y: [Double] = []
      for i in 0...40 {
        let f = Double(i) / 40, px = b.minX + (b.maxX - b.minX) * f, py = b.minY + (b.maxY - b.minY) * f
        x += [px, px, b.minX, b.maxX]
        y += [b.minY, b.maxY, py, py]
      }
      try CoordinateTransform(from: own, to: target).transform(x: &x, y: &y)
      let xs = x.filter(\.isFinite), ys = y.filter(\.isFinite)
      guard let x0 = xs.min(), let x1 = xs.max(), let y0 = ys.min(), let y1 = ys.max() else { throw ParameterError("box", "has no place in \(target.label)") }
      b = Bounds(minX: x0, minY: y0, maxX: x1, maxY: y1)
    }
    guard b.minX < b.maxX else { throw ParameterError("box", "must have its west (\(b.minX)) below its east (\(b.maxX))") }
    guard b.intersects(grid.bounds) else { throw ParameterError("box", "does not touch the raster, which covers x \(grid.bounds.minX)...\(grid.bounds.maxX), y \(grid.bounds.minY)...\(grid.bounds.maxY)") }
    // A box drawn along pixel edges must not gain a pixel by rounding.
    func index(_ v: Double, _ rule: FloatingPointRoundingRule, _ count: Int) -> Int {
      let near = v.rounded(), whole = abs(v - near) < 1e-6 ? near : v.rounded(rule)
      return Int(min(Double(count), max(0, whole)))
    }
    let c0 = index((b.minX - grid.originX) / grid.pixelWidth, .down, grid.width), c1 = index((b.maxX - grid.originX) / grid.pixelWidth, .up, grid.width)
    let r0 = index((grid.originY - b.maxY) / grid.pixelHeight, .down, grid.height), r1 = index((grid.originY - b.minY) / grid.pixelHeight, .up, grid.height)
    return PixelWindow(column: c0, row: r0, width: c1 - c0, height: r1 - r0)
  }
}

extension PixelBlock {
  /// Puts a value where a mask is 0, in one plane.
  mutating func clear(plane: Int, where mask: [UInt8], to value: Double) {
    let start = plane * window.pixelCount
    func whole<T: FixedWidthInteger>(_: T.Type) -> T { value.isFinite ? T(clamping: Int(max(-9e15, min(9e15, value)))) : 0 }
    func fill<T: PixelValue>(_ a: inout [T], _ v: T) { for i in mask.indices where mask[i] == 0 { a[start + i] = v } }
    switch values {
    case .uint8(var a): fill(&a, whole(UInt8.self)); values = .uint8(a)
    case .int16(var a): fill(&a, whole(Int16.self)); values = .int16(a)
    case .uint16(var a): fill(&a, whole(UInt16.self)); values = .uint16(a)
    case .int32(var a): fill(&a, whole(Int32.self)); values = .int32(a)
    case .uint32(var a): fill(&a, whole(UInt32.self)); values = .uint32(a)
    case .float32(var a): fill(&a, Float(value)); values = .float32(a)
    case .float64(var a): fill(&a, value); values = .float64(a)
    }
  }
}
