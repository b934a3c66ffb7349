import FloeIO
import FloeSDK

extension ResamplingMethod: @retroactive ChoiceParameter {}

/// Brings a raster to another reference system or grid.
struct WarpStep: ProcessingStep {
  static let name = "raster.warp"
  static let summary = "Brings a raster to another reference system or onto the grid of another raster."
  static let discussion = """
    The output has the input's bands, type, units and classes. Its grid is that of `like`, or covers the raster in `crs`
    with square pixels of `resolution` units at multiples of it (by default a size that keeps the diagonal's number of
    pixels). Pixels are made by GDAL's warper: `nearest` takes the source pixel that holds the output pixel's centre;
    `bilinear`, `cubic`, `cubicspline` and `lanczos` weigh those around it in stored numbers, and where pixels become
    larger as many more of them; `average`, `mode`, `minimum`, `maximum` and `median` are of all that an output pixel
    covers. Codes have no mean: class rasters take `nearest`, or `mode` where that is asked. Pixels without data take no
    part. Beyond the source is no data: the bands' own value; where they have none 0 for integers and NaN for floats,
    which is then declared. Places come from PROJ, along rows of 256 pixels within 0.01 source pixels. Polar
    stereographic systems (EPSG:3413, EPSG:3031) and rasters across 180° in them need nothing special. A source in
    degrees may count longitudes from -180, from 0 or across 180; one that goes round the globe runs on over its edges.
    Source: GDALWarpOperation of GDAL.
    """
  static let example = """
    polar: { use: raster.warp, in: { image: groups.classes }, with: { crs: "EPSG:3413", resolution: 20 } }
    """
  @Input("The raster") var image: Raster
  @Input("A raster whose grid the output takes") var like: Raster?
  @Param("Reference system of the output") var crs: String?
  @Param("Size of the output's pixels, in its units", in: 1e-9...1e7) var resolution: Double?
  @Param("How pixels get their values; class rasters take nearest or mode") var resampling = ResamplingMethod.nearest
  @Output("The raster on its new grid") var result: Raster?

  func validate() throws {
    if (crs == nil) == (like == nil) {
      throw ParameterError(
        "crs", crs == nil ? "is missing: give crs, or connect 'like'" : "and 'like' exclude each other")
    }
    if like != nil, let resolution {
      throw ParameterError(
        "resolution", "is \(resolution), but the grid of 'like' has its own: give it with 'crs', or leave it out")
    }
  }
  mutating func plan(in context: PlanContext) throws {
    context.needs(materialized: image)
    let spec = try spec()
    if let target = spec.grid.crs, let scale = try image.spec.grid.scale(in: target), !scale.isFair {
      context.warn(
        "\(target.label) has \(scale.summary) in the middle of the raster: it is a map of another part of the Earth")
    }
    if let remark = try remoteness(of: spec.grid) { context.warn(remark) }
    result = Raster(planned: spec)
  }

  /// That the raster lies beside the grid of `like`, as a sentence; nil where they meet.
  private func remoteness(of grid: Grid) throws -> String? {
    guard like != nil, let own = image.spec.grid.crs, let target = grid.crs else { return nil }
    let b = try WarpGrid.bounds(of: image.spec.grid, CoordinateTransform(from: own, to: target), to: target)
    // The same meridian has many names.
    let turns = target.isGeographic ? [-720.0, -360, 0, 360, 720] : [0]
    let isThere = turns.contains { turn in
      Bounds(minX: b.minX + turn, minY: b.minY, maxX: b.maxX + turn, maxY: b.maxY).intersects(grid.bounds)
    }
    guard !isThere else { return nil }
    let c = grid.bounds
    return "the raster lies beside the grid of 'like': it covers x \(b.minX)...\(b.maxX), y \(b.minY)...\(b.maxY) "
      + "there, the grid x \(c.minX)...\(c.maxX), y \(c.minY)...\(c.maxY); all pixels are no data"
  }

  mutating func run(in context: RunContext) async throws {
    let spec = try spec()
    let source = try await context.materialize(image)
    let isCodes = image.spec.classes != nil
    if isCodes, resampling != .nearest, resampling != .mode {
      context.log(.info, "classes have no \(resampling.rawValue): nearest is taken")
    }
    let warper = try RasterWarper(source, onto: spec, method: isCodes && resampling != .mode ? .nearest : resampling)
    result = Raster(
      spec, source: ComputedSource { window, bands, block in try warper.fill(window, bands: bands, into: &block) })
  }

  private func spec() throws -> RasterSpec {
    var spec = image.spec
    guard let own = spec.grid.crs else {
      throw FloeError(
        "the raster has no coordinate reference system, so that it has no place in another; \(NoReferenceSystem.way)")
    }
    spec.declareNoData()
    spec.tile = TileSize(width: 1024, height: 1024)
    if let like {
      guard like.spec.grid.crs != nil else {
        throw FloeError("'like' has no coordinate reference system; \(NoReferenceSystem.way)")
      }
      spec.grid = like.spec.grid
    } else if let crs {
      spec.grid = try WarpGrid.grid(of: spec.grid, from: own, to: try CRSFactory.make(crs), resolution: resolution)
    }
    return spec
  }
}
