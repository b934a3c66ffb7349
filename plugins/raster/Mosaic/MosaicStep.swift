import FloeIO
import FloeSDK

/// Joins rasters in one.
struct MosaicStep: ProcessingStep {
  static let name = "raster.mosaic"
  static let summary = "Joins rasters, those of many scenes for example, in one raster on one grid."
  static let discussion = """
    Where rasters overlap, `rule` decides, band by band, from those that have data there: `first` and `last` by the time
    of acquisition, which all must have; `minimum` and `maximum` of the stored numbers; `mean`; `majority`, of codes in
    uint8, of those that are as frequent the lowest. By default class rasters take `majority`, others `mean`. Codes have
    no order and no mean: class rasters take `majority`, `first` or `last`. All must have the same bands in the same
    order, with the same units, scales, offsets and values of no data, the same pixel type and the same classes.

    Output: the inputs' bands, type, units, classes and no-data value (where they have none 0 for integers and NaN for
    floats, which is then declared); of `mean` float32, float64 for inputs of 32-bit integers and float64, with NaN as
    no data. Pixels that no input has are no data. What the inputs' metadata have in common is kept, the time only where
    it is one.

    The grid covers all inputs. Without `crs` it is in their system where they share one, else in EASE-Grid 2.0 of their
    hemisphere (EPSG:6931 north, EPSG:6932 south). Inputs of one system whose pixels lie on each other keep them, and
    nothing is resampled. Else pixels are squares of `resolution`, by default the smallest side of the inputs' pixels,
    at multiples of it; each input is brought there as by raster.warp, with the same `resampling`.

    The order of the inputs changes nothing; sums of `mean` are carried in twice the double precision. Inputs are read
    where the output is, piece by piece, nothing of them is kept, and the number of open files has a limit: there may be
    hundreds.

    Source: `gdal_merge`, `rasterio.merge` and `mosaic` of R's terra for the rules; GDALWarpOperation of GDAL.
    """
  static let example = """
    winter:
      use: raster.mosaic
      in: { images: [first.image, second.image, third.image] }
      with: { rule: mean, resolution: 40 }
    """
  @Input("Rasters of the same bands", anyOrder: true) var images: [Raster]
  @Param("Reference system of the output; by default that of the inputs, else EASE-Grid 2.0 of their hemisphere")
  var crs: String?
  @Param("Size of the output's pixels, in its units; by default the finest of the inputs", in: 1e-9...1e7)
  var resolution: Double?
  @Param("How inputs on other grids get their pixels; class rasters take nearest or mode")
  var resampling = ResamplingMethod.nearest
  @Param("What counts where inputs overlap; by default majority for class rasters, mean for others") var rule:
    MosaicRule?
  @Output("The rasters as one") var mosaic: Raster?

  mutating func plan(in context: PlanContext) throws {
    let layout = try layout()
    let grid = layout.spec.grid
    if let crs = grid.crs {
      let b = grid.bounds
      let middle = try CoordinateTransform(from: crs, to: .wgs84)
        .point((b.minX + b.maxX) / 2, (b.minY + b.maxY) / 2)
      if let middle, let scale = try MapScale(of: crs, longitude: middle.x, latitude: middle.y), !scale.isFair {
        context.warn(
          "\(crs.label) has \(scale.summary) in the middle of the mosaic: it is a map of another part of the Earth")
      }
    }
    mosaic = Raster(planned: layout.spec)
  }

  mutating func run(in context: RunContext) async throws {
    let layout = try layout()
    let isCodes = layout.spec.classes != nil
    if isCodes, resampling != .nearest, resampling != .mode {
      context.log(.info, "classes have no \(resampling.rawValue): nearest is taken")
    }
    let method = isCodes && resampling != .mode ? ResamplingMethod.nearest : resampling
    var warpers: [CRS: RasterWarper] = [:]
    var parts: [MosaicSource.Part] = []
    for place in layout.places {
      let image = images[place.input]
      var warper: RasterWarper?
      if place.offset == nil, let own = image.spec.grid.crs {
        warper = try RasterWarper(image, onto: layout.stored, method: method, sharing: warpers[own])
        warpers[own] = warper
      }
      parts.append(.init(raster: image, place: place, warper: warper))
    }
    context.record("scenes", .integer(images.count))
    context.record("resampled", .integer(parts.filter { $0.warper != nil }.count))
    context.record("rule", .string(layout.rule.rawValue))
    mosaic = Raster(
      layout.spec, source: MosaicSource(parts: parts, spec: layout.spec, stored: layout.stored, rule: layout.rule))
  }

  /// The output, and where each input lies in it.
  private struct Layout {
    var rule: MosaicRule
    var spec: RasterSpec
    /// The output with the pixels of the inputs: what these are brought to.
    var stored: RasterSpec
    /// In the order of the rule.
    var places: [MosaicGrid.Place]
  }

  private func layout() throws -> Layout {
    var spec = try MosaicBands.common(images.map(\.spec))
    let rule = self.rule ?? (spec.classes == nil ? .mean : .majority)
    try check(rule, spec)
    let found = try MosaicGrid.layout(of: images.map(\.spec.grid), crs: crs, resolution: resolution)
    spec.grid = found.grid
    spec.tile = TileSize(width: 1024, height: 1024)
    spec.declareNoData(use: "goes into a mosaic", effect: "pixels of 0 take no part in it")
    let stored = spec
    if rule == .mean {
      spec.type = [.int32, .uint32, .float64].contains(spec.type) ? .float64 : .float32
      for i in spec.bands.indices { spec.bands[i].noData = .nan }
    }
    return Layout(rule: rule, spec: spec, stored: stored, places: try ordered(found.places, by: rule))
  }

  private func check(_ rule: MosaicRule, _ spec: RasterSpec) throws {
    if spec.classes != nil, ![.first, .last, .majority].contains(rule) {
      throw ParameterError(
        "rule", "is \(rule.rawValue), but codes of classes have no order and no mean; take majority, first or last")
    }
    if rule == .majority, spec.type != .uint8 {
      throw ParameterError(
        "rule",
        "is majority, which counts codes in uint8, and the rasters hold \(spec.type.rawValue); take mean, minimum, "
          + "maximum, first or last")
    }
  }

  /// The inputs in the order of their times where the rule goes by these.
  private func ordered(_ places: [MosaicGrid.Place], by rule: MosaicRule) throws -> [MosaicGrid.Place] {
    guard rule == .first || rule == .last else { return places }
    let times = try images.enumerated().map { i, image -> UTCTime in
      guard let time = image.spec.acquisition?.time else {
        throw ParameterError(
          "rule",
          "is \(rule.rawValue), which goes by the time of acquisition, and number \(i + 1) of 'images' has none; take "
            + (image.spec.classes == nil ? "mean, minimum or maximum" : "majority"))
      }
      return time
    }
    func product(_ place: MosaicGrid.Place) -> String { images[place.input].spec.acquisition?.product ?? "" }
    return places.sorted { a, b in
      if times[a.input] != times[b.input] { return times[a.input] < times[b.input] }
      // Of one time: parts of one product, or of several instruments.
      let (x, y) = (product(a), product(b))
      return x == y ? a.input < b.input : x.utf8.lexicographicallyPrecedes(y.utf8)
    }
  }
}
