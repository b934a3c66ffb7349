import FloeSDK

/// Which scene is made.
enum SceneVariant: String, ChoiceParameter {
  case auto, usual
  case noLead = "no_lead"
}

/// Makes a Sentinel-2 product of a sea-ice scene whose truth is known.
struct Sentinel2Step: ProcessingStep {
  static let name = "synthetic.sentinel2"
  static let summary = "Makes an officially shaped Sentinel-2 L1C product of a sea-ice scene with known truth."
  static let discussion = """
    Writes three things into `folder`: the product (a `.SAFE` folder of tile T01WCU with JPEG 2000 bands, UInt16, 0 is
    no data, reflectance = (DN - 1000) / 10000), a GeoJSON layer of its land, and a GeoTIFF of the truth (codes of the
    altimeter's flag: 1 sea ice with young grey ice, 2 lead, 255 no data and land). A pixel is lead where open water
    covers at least half of it. Everything follows from `size`, `scene_seed` and `variant`: the same values give the
    same pixels.

    The scene is invented: floes, ridges, refrozen and open fractures, broken ice, mountains in low sun, the edge of a
    swath. Spectra are round numbers after Warren (1982) and Grenfell and Perovich (1984).
    """
  static let example = """
    steps:
      scene: { use: synthetic.sentinel2, with: { folder: demo/products, size: 1980, scene_seed: 1 } }
    outputs:
      products.json: scene.products
    """

  @Param("Folder for product, land layer and truth; made if missing") var folder: String
  @Param("Pixels of 10 m along each side, a multiple of 60", unit: "px", in: 240...10980) var size = 1980
  @Param("The number from which the scene follows", in: .atLeast(0)) var sceneSeed = 1
  @Param("Scene without any lead or with leads; auto leaves them out for seeds that end in 0") var variant =
    SceneVariant.auto
  @Param("Bands to write, as B02") var bands = MSIBand.all.map(\.name)
  @Output("Paths of product, land and truth, and pixels by class") var products: Document?
  @Output("The truth: 1 sea ice, 2 lead, 255 no data and land") var truth: Raster?

  func validate() throws {
    if !size.isMultiple(of: 60) {
      throw ParameterError(
        "size", "must be a multiple of 60, not \(size); next to it are \(size / 60 * 60) and \(size / 60 * 60 + 60)")
    }
    if folder.isEmpty { throw ParameterError("folder", "must name a folder") }
    if bands.isEmpty { throw ParameterError("bands", "must name at least one band") }
    for name in bands where MSIBand.named(name) == nil {
      throw ParameterError("bands", "has '\(name)'; bands are \(MSIBand.all.map(\.name).joined(separator: ", "))")
    }
  }

  mutating func plan(in context: PlanContext) throws {
    context.needs(scratch: chosenBands.reduce(0) { $0 + 2 * size * size * 100 / ($1.resolution * $1.resolution) })
    products = Document(title: "Synthetic Sentinel-2 product", body: .null)
    truth = Raster(planned: truthSpec(try product().grid))
  }

  private var chosenBands: [MSIBand] { MSIBand.all.filter { bands.contains($0.name) } }
  private var hasLeads: Bool { variant == .usual || (variant == .auto && !sceneSeed.isMultiple(of: 10)) }

  mutating func run(in context: RunContext) async throws {
    let product = try product()
    // All that the step writes appears at once, or not at all.
    let making = try TemporaryFolder(in: folder)
    let stem = product.name.dropLast(5)
    let land = "\(making.path)/\(stem)_land.geojson"
    let truthFile = "\(making.path)/\(stem)_truth.tif"
    func final(_ made: String) -> JSONValue { .string(folder + made.dropFirst(making.path.count)) }

    let coast = LandPolygon(grid: product.grid, seed: UInt64(sceneSeed))
    try VirtualFile.write(coast.geoJSON(crs: try CRSFactory.make("EPSG:32601")), to: land)
    // The scene burns the very layer that it writes: readers of the layer find the same pixels.
    let model = SceneModel(
      size: size, seed: UInt64(sceneSeed), hasLeads: hasLeads,
      land: try PolygonRasterizer(path: land, grid: product.grid))
    let scene = try await render(model, product: product, truth: truthFile, in: context)
    let writer = SafeWriter(product: product, folder: making.path)
    try await writer.write(scene.images, in: context)
    try making.publish()

    truth = try RasterFile.open("\(folder)/\(stem)_truth.tif").raster
    context.record("settings", ["scene": final(writer.path), "land": final(land)])
    context.record("truth", final(truthFile))
    products = Document(
      title: "Synthetic Sentinel-2 product",
      body: [
        "scene": final(writer.path), "land": final(land), "truth": final(truthFile), "has_leads": .bool(hasLeads),
        "pixels": [
          "sea_ice": .integer(scene.counts[0]), "lead": .integer(scene.counts[1]),
          "no_data_or_land": .integer(scene.counts[2]),
        ],
      ])
  }

  /// Names, times and grid of the product.
  ///
  /// Zone 1 letters its 100 km columns A to Z from 100 km east, so C begins at 300 km east. Odd zones letter their rows
  /// A to V (without I and O) from the equator every 100 km and begin again after 2000 km: U begins at 1800 km, and in
  /// latitude band W (64° to 72° N, about 7100 to 8000 km north) that is 7800 km. The square ends at 7900 km;
  /// Sentinel-2's tiles start 20 m beyond it and are 109.8 km wide: 177.46° E to 179.39° W.
  private func product() throws -> SafeProduct {
    guard
      let sensing = UTCTime("20190301T235611"), let generated = UTCTime("20230501T014622"),
      let grid = Grid(
        width: size, height: size, originX: 300_000, originY: 7_900_020, pixelWidth: 10, pixelHeight: 10,
        crs: try CRSFactory.make("EPSG:32601"))
    else { throw FloeError("the scene's grid of \(size) pixels is not usable") }
    // Scenes of different seeds differ in the time of making, so that they can lie in one folder.
    return SafeProduct(
      sensing: UTCTime(seconds: sensing.seconds + 0.024),
      generated: UTCTime(seconds: generated.seconds + Double(sceneSeed % 1_000_000)),
      tile: "01WCU", grid: grid, bands: chosenBands)
  }

  private func truthSpec(_ grid: Grid) -> RasterSpec {
    RasterSpec(
      grid: grid,
      bands: [BandSpec(name: "class", summary: "Truth of a synthetic scene", quantity: "class", noData: 255)],
      type: .uint8, classes: .seaIce, style: .classes)
  }

  /// Computes all bands and the truth tile by tile; the bands stay in scratch until they are encoded.
  private func render(
    _ model: SceneModel, product: SafeProduct, truth path: String, in context: RunContext
  ) async throws -> (images: [Raster], counts: [Int]) {
    var stores: [Int: (raster: CachedRaster, spec: RasterSpec, bands: [MSIBand])] = [:]
    for resolution in [10, 20, 60] {
      let bands = chosenBands.filter { $0.resolution == resolution }
      guard !bands.isEmpty, let grid = product.grid(resolution) else { continue }
      let spec = RasterSpec(
        grid: grid, bands: bands.map { BandSpec(name: $0.name, quantity: "DN", noData: 0) }, type: .uint16)
      stores[resolution] = (try context.scratch.makeRaster(spec), spec, bands)
    }
    let spec = truthSpec(product.grid)
    let cancellation = context.cancellation
    let truth = try COGWriter(
      path: path, spec: spec,
      options: RasterWriteOptions(
        threads: context.pool.workers, scratchDirectory: context.scratch.directory,
        isCancelled: { cancellation.isCancelled }))
    // A multiple of 60 m, so that no coarse pixel lies in two tiles.
    let tiles = product.grid.tiles(TileSize(width: 480, height: 480))
    let kept = stores
    let counts = try await context.map(tiles.count, progress: "tiles") { i -> [Int] in
      let surface = try model.surface(tiles[i])
      try truth.write(PixelBlock(window: tiles[i], bandCount: 1, values: .uint8(surface.truth)))
      for (resolution, store) in kept {
        let w = tiles[i]
        let f = resolution / 10
        let window = PixelWindow(column: w.column / f, row: w.row / f, width: w.width / f, height: w.height / f)
        for (place, band) in store.bands.enumerated() {
          let numbers = model.digitalNumbers(band, of: surface)
          try store.raster.write(PixelBlock(window: window, bandCount: 1, values: .uint16(numbers)), bands: [place])
        }
      }
      return [SceneModel.ice, SceneModel.lead, SceneModel.none].map { code in surface.truth.count { $0 == code } }
    }
    try truth.finish()
    let images = try chosenBands.map { band -> Raster in
      guard let store = stores[band.resolution], let place = store.bands.firstIndex(of: band) else {
        throw FloeError("band \(band.name) was not computed")
      }
      return store.raster.band(place, of: store.spec)
    }
    return (images, (0..<3).map { k in counts.reduce(0) { $0 + $1[k] } })
  }
}

extension RasterSource {
  /// One band of a raster over this source, as a raster without name and no-data mark, as the bands of a product are.
  func band(_ place: Int, of spec: RasterSpec) -> Raster {
    var one = RasterSpec(grid: spec.grid, bands: [BandSpec(name: "")], type: spec.type)
    one.tile = spec.tile
    let source = self
    return Raster(
      one, source: ComputedSource { window, _, block in try source.read(window, bands: [place], into: &block) })
  }
}
