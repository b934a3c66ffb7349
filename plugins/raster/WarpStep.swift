import FloeIO
import FloeSDK

/// How pixels between source pixels get their value.
enum Resampling: String, ChoiceParameter { case nearest, bilinear }

/// Brings a raster to another reference system or grid.
struct WarpStep: ProcessingStep {
  static let name = "raster.warp"
  static let summary = "Brings a raster to another reference system or onto the grid of another raster."
  static let discussion = """
    The output has the input's bands, type, units and classes. Its grid is that of `like`, or covers the raster in `crs`
    with square pixels of `resolution` units at multiples of it (by default a size that keeps the diagonal's number of
    pixels). `nearest` takes the source pixel that holds the output pixel's centre and is used for class rasters
    whatever is asked; `bilinear` weighs the four around it in stored numbers and has no data where one of them has
    none. Beyond the source is no data: the bands' own value; where they have none 0 for integers and NaN for floats,
    which is then declared. Places come from PROJ at the corners and the middle of cells of 16 x 16 pixels; where the
    middle shows that straight lines between the corners are wrong by more than 0.01 source pixels every pixel of the
    cell is transformed. Polar stereographic systems (EPSG:3413, EPSG:3031) and rasters across 180° in them need
    nothing special. A source in degrees may count longitudes from -180, from 0 or across 180; `bilinear` runs on over
    the edges of one that goes round the globe.
    """
  static let example = """
    polar: { use: raster.warp, in: { image: groups.classes }, with: { crs: "EPSG:3413", resolution: 20 } }
    """
  @Input("The raster") var image: Raster
  @Input("A raster whose grid the output takes") var like: Raster?
  @Param("Reference system of the output") var crs: String?
  @Param("Size of the output's pixels, in its units", in: 1e-9...1e7) var resolution: Double?
  @Param("Values between pixels; class rasters always take the nearest") var resampling = Resampling.nearest
  @Output("The raster on its new grid") var result: Raster?

  func validate() throws {
    if (crs == nil) == (like == nil) {
      throw ParameterError(
        "crs", crs == nil ? "is missing: give crs, or connect 'like'" : "and 'like' exclude each other")
    }
  }
  mutating func plan(in context: PlanContext) throws {
    context.needs(scratch: image.spec.byteCount)
    let spec = try spec()
    if let target = spec.grid.crs, let scale = try scale(in: target), !scale.isFair {
      context.warn(
        "\(target.label) has \(scale.summary) in the middle of the raster: it is a map of another part of the Earth")
    }
    result = Raster(planned: spec)
  }

  /// The scale of a map in the middle of the raster; nil in degrees.
  private func scale(in map: CRS) throws -> MapScale? {
    guard let own = image.spec.grid.crs else { return nil }
    let b = image.spec.grid.bounds
    let middle = try CoordinateTransform(from: own, to: .wgs84).point((b.minX + b.maxX) / 2, (b.minY + b.maxY) / 2)
    return try middle.flatMap { try MapScale(of: map, longitude: $0.x, latitude: $0.y) }
  }

  mutating func run(in context: RunContext) async throws {
    let spec = try spec()
    let source = try await context.materialize(image)
    guard let from = spec.grid.crs, let to = image.spec.grid.crs else {
      throw FloeError("the raster has no coordinate reference system")
    }
    let kernel = WarpKernel(
      source: source, target: spec, isNearest: resampling == .nearest || image.spec.classes != nil)
    let transforms = TransformPool(from: from, to: to)
    _ = try transforms.withTransform { _ in }
    result = Raster(
      spec,
      source: ComputedSource { window, bands, block in
        let places = try transforms.withTransform { kernel.places(of: window, $0) }
        try kernel.fill(window, bands: bands, at: places, into: &block)
      })
  }

  private func spec() throws -> RasterSpec {
    var spec = image.spec
    guard let own = spec.grid.crs else {
      throw FloeError("the raster has no coordinate reference system, so that it has no place in another")
    }
    spec.declareNoData()
    spec.tile = TileSize(width: 1024, height: 1024)
    if let like {
      guard like.spec.grid.crs != nil else { throw FloeError("'like' has no coordinate reference system") }
      spec.grid = like.spec.grid
    } else if let crs {
      spec.grid = try WarpGrid.grid(of: spec.grid, from: own, to: try CRSFactory.make(crs), resolution: resolution)
    }
    return spec
  }
}
