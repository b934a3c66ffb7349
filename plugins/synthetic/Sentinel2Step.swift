import FloeIO
import FloeSDK

/// Which scene is made.
enum SceneVariant: String, ChoiceParameter {
  case auto, usual
  case noLead = "no_lead"
}

/// How hard the scene is.
enum SceneWorld: String, ChoiceParameter {
  case simple, winter
}

/// Makes a Sentinel-2 product of a sea-ice scene whose truth is known.
struct Sentinel2Step: ProcessingStep {
  static let name = "synthetic.sentinel2"
  static let summary = "Makes an officially shaped Sentinel-2 L1C product of a sea-ice scene with known truth."
  static let discussion = """
    Writes three things into `folder`: the product (a `.SAFE` folder of tile T01WCU with JPEG 2000 bands, UInt16, 0 is
    no data, reflectance = (DN - 1000) / 10000), a GeoJSON layer of its land, and a GeoTIFF of the truth (codes of the
    altimeter's flag: 1 sea ice with young grey ice, 2 lead, 255 no data and land). Everything follows from `size`,
    `scene_seed`, `variant` and the parameters of the scene: the same values give the same pixels.

    **`world: simple`** shows what a step does: wide leads on 6 % of the square in clear air, floes, ridges, broken ice,
    refrozen fractures, mountains in low sun, the edge of a swath. A pixel is lead where open water covers at least half
    of it. Spectra are round numbers after Warren (1982) and Grenfell and Perovich (1984).

    **`world: winter`** is about as hard as a real scene, and modelled on one (S2A tile 01WCU, 2019-03-01): bright, even
    ice; openings from one pixel to `widest_lead` wide, their widths by a power law; thin ice in all stages from dark
    nilas to grey-white ice; the blur of the instrument (`mtf`); haze, stronger in the blue; shadows of ridges; another
    edge of the swath in each band, with some pixels of DN 1 on it. A pixel is lead where an opening with water or ice
    thinner than `lead_thickness` covers at least half of it. `details` tells the number, width, ice thickness and share
    of the opening in each pixel, for `synthetic.score_leads`. Sources of all numbers stand in the code.

    The product is marked as synthetic: in the name of the spacecraft, which readers show, and in the truth's band.
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
  @Param("Scene with strong contrasts, or one that is about as hard as a real one") var world = SceneWorld.simple
  @Param("Winter: percent of the square that is open water", in: 0...20) var leadPercent = 0.3
  @Param("Winter: percent of the square that is openings frozen over, from dark nilas to grey-white ice", in: 0...20)
  var thinIcePercent = 0.2
  @Param("Winter: exponent of the power law of widths", in: 1...4) var widthExponent = 2.0
  @Param("Winter: the widest opening", unit: .metre, in: 10...1000) var widestLead = 1000.0
  @Param("Winter: thickest ice of a lead in the truth, in centimetres; 0 leaves open water alone", in: 0...30)
  var leadThickness = 10.0
  @Param("Winter: modulation transfer function at the Nyquist frequency; 0.64 is a pixel without blur", in: 0.05...0.64)
  var mtf = 0.25
  @Param("Winter: mean optical thickness of haze at 550 nm", in: 0...1) var haze = 0.1
  @Param("Winter: percent of the square that lies in the shadow of ridges", in: 0...5) var shadowPercent = 0.15
  @Output("Paths of product, land and truth, and pixels by class") var products: Document?
  @Output("The truth: 1 sea ice, 2 lead, 255 no data and land") var truth: Raster?
  @Output("Number, width, thickness and share of the opening in each pixel", when: "world is winter")
  var details: Raster?

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
    guard world == .simple else { return }
    let own = Self()
    for (name, given, usual) in [
      ("lead_percent", leadPercent, own.leadPercent), ("thin_ice_percent", thinIcePercent, own.thinIcePercent),
      ("width_exponent", widthExponent, own.widthExponent), ("widest_lead", widestLead, own.widestLead),
      ("lead_thickness", leadThickness, own.leadThickness), ("mtf", mtf, own.mtf), ("haze", haze, own.haze),
      ("shadow_percent", shadowPercent, own.shadowPercent),
    ] where given != usual {
      throw ParameterError(name, "is \(given), but the simple scene has no such setting; add 'world: winter'")
    }
  }

  mutating func plan(in context: PlanContext) throws {
    context.needs(scratch: chosenBands.reduce(0) { $0 + 2 * size * size * 100 / ($1.resolution * $1.resolution) })
    products = Document(title: "Synthetic Sentinel-2 product", body: .null)
    let product = try product()
    truth = Raster(planned: marked(truthSpec(product.grid), product))
    if world == .winter { details = Raster(planned: marked(SceneDetails.spec(product.grid), product)) }
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
    let detailsFile = world == .winter ? "\(making.path)/\(stem)_details.tif" : nil
    func final(_ made: String) -> JSONValue { .string(folder + made.dropFirst(making.path.count)) }

    let coast = LandPolygon(grid: product.grid, seed: UInt64(sceneSeed))
    try VirtualFile.write(coast.geoJSON(crs: try CRSFactory.make("EPSG:32601")), to: land)
    // The scene burns the very layer that it writes: readers of the layer find the same pixels.
    let burned = try PolygonRasterizer(path: land, grid: product.grid)
    let renderer = SceneRenderer(
      product: product, bands: chosenBands, truthSpec: truthSpec(product.grid), truth: truthFile, details: detailsFile)
    let scene: (images: [Raster], counts: [Int])
    switch world {
    case .simple:
      let model = SceneModel(size: size, seed: UInt64(sceneSeed), hasLeads: hasLeads, land: burned)
      scene = try await renderer.render(model, in: context)
    case .winter:
      let model = WinterScene(size: size, seed: UInt64(sceneSeed), settings: settings(product), land: burned)
      scene = try await renderer.render(model, in: context)
    }
    let writer = SafeWriter(product: product, folder: making.path)
    try await writer.write(scene.images, in: context)
    try making.publish()

    func read(_ what: String) throws -> Raster {
      var raster = try RasterFile.open("\(folder)/\(stem)_\(what).tif").raster
      raster.spec = marked(raster.spec, product)
      return raster
    }
    truth = try read("truth")
    if detailsFile != nil { details = try read("details") }
    var files: [String: JSONValue] = ["scene": final(writer.path), "land": final(land)]
    if let detailsFile { files["details"] = final(detailsFile) }
    context.record(.settings, .object(files))
    context.record(.truth, final(truthFile))
    var body: [String: JSONValue] = [
      "scene": final(writer.path), "land": final(land), "truth": final(truthFile), "has_leads": .bool(hasLeads),
      "pixels": [
        "sea_ice": .integer(scene.counts[0]), "lead": .integer(scene.counts[1]),
        "no_data_or_land": .integer(scene.counts[2]),
      ],
    ]
    if let detailsFile { body["details"] = final(detailsFile) }
    products = Document(title: "Synthetic Sentinel-2 product", body: .object(body))
  }

  private func settings(_ product: SafeProduct) -> WinterSettings {
    WinterSettings(
      open: hasLeads ? leadPercent / 100 : 0, frozen: thinIcePercent / 100,
      // Nilas is a lead, too.
      stages: hasLeads ? 0..<4 : 2..<4, exponent: widthExponent, widest: widestLead / 10,
      leadThickness: Float(leadThickness), mtf: mtf, haze: haze, shadows: shadowPercent / 100,
      sunZenith: product.sunZenith)
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
      tile: "01WCU", grid: grid, bands: chosenBands, isSynthetic: true)
  }

  /// The spec of a raster that says of which scene it is, and that the scene is made.
  private func marked(_ spec: RasterSpec, _ product: SafeProduct) -> RasterSpec {
    var result = spec
    result.acquisition = Acquisition(
      product: String(product.name.dropLast(5)), time: product.sensing, platform: "Sentinel-2A (synthetic)")
    return result
  }

  private func truthSpec(_ grid: Grid) -> RasterSpec {
    RasterSpec(
      grid: grid,
      bands: [BandSpec(name: "class", summary: "Truth of a synthetic scene", quantity: "class", noData: 255)],
      type: .uint8, classes: .seaIce, style: .classes)
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
