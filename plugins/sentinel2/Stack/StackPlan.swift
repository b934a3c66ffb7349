import FloeIO
import FloeSDK

/// Everything that metadata and file headers say about a stack: where each band comes from, grid, bands and tags.
struct StackPlan: Sendable {
  let product: Sentinel2Product
  let sources: [BandSource]
  let masks: Sentinel2Masks
  let resolution: Int
  /// The grid of the whole tile.
  let scene: Grid
  /// The part of it that is wanted.
  let window: PixelWindow
  let image: RasterSpec
  let mask: RasterSpec
  /// Files that are copied to scratch before they are decoded: those that lie compressed in an archive and, of a
  /// product on the network of which most is wanted, all.
  let extracted: [String]
  let extractedBytes: Int
  /// Chunks of an EOPF product that are needed and that no band has.
  let emptyChunks: Int
  /// Chunks that lie stored in an archive, with their checksums.
  let storedChunks: [(path: String, crc: UInt32)]

  init(_ options: StackOptions) throws {
    let bands = try SpectralBand.list(options.bands)
    let product = try Sentinel2Product(options.product)
    resolution = options.resolution
    sources = try SourceChooser(product: product, upsampling: options.upsampling, downsampling: options.downsampling)
      .choose(bands, resolution: resolution)
    masks = Sentinel2Masks(product: product, bands: bands, reasons: options.masks)
    let maskFiles = try masks.files()
    guard let scene = product.geocoding.grid(resolution: resolution) else {
      throw FloeError("the tile has no pixel at \(resolution) m")
    }
    let part = SceneWindow(grid: scene, product: product.name)
    let window = try options.window.map(part.pixels) ?? options.box.map(part.box) ?? scene.fullWindow
    guard let grid = scene.cropped(to: window) else { throw FloeError("the window does not touch the scene") }
    self.scene = scene
    self.window = window
    self.product = product
    (image, mask) = try Self.specs(product, sources, grid: grid, units: options.units, resolution: resolution)

    let classification = masks.classificationFiles
    if product.format == .zarr {
      let arrays = maskFiles.map(\.path) + classification
      emptyChunks = try ChunkCheck.empty(product, sources, masks: arrays, window: window)
      storedChunks = try ChunkCheck.sums(product, sources, masks: arrays, window: window)
    } else {
      emptyChunks = 0
      storedChunks = []
    }
    var copies: [String] = []
    for path in sources.map(\.path) + maskFiles.map(\.path).filter({ !$0.hasSuffix(".gml") }) + classification
    where !copies.contains(path) { copies.append(path) }
    if product.isRemote, Self.isMost(window, of: scene) {
      // All of them.
    } else if let archive = product.location.archive {
      let index = ZipIndex(archive)
      let prefix = VirtualFile.zip(archive) + "/"
      copies = copies.filter { $0.hasPrefix(prefix) && !index.isStored(String($0.dropFirst(prefix.count))) }
    } else {
      copies = []
    }
    extracted = copies
    extractedBytes = try copies.reduce(0) { $0 + (try VirtualFile.size($1)) }
  }

  /// Whether a part is so large that whole files cost no more than its tiles, which come one by one; whole files are
  /// compared with their checksums, too.
  private static func isMost(_ window: PixelWindow, of scene: Grid) -> Bool { 3 * window.pixelCount > scene.pixelCount }

  /// Scratch that a run takes.
  var scratchBytes: Int {
    let reduced = sources.filter { $0.reduction > 1 }.reduce(0) { $0 + 2 * $1.decoded(window).pixelCount }
    return image.byteCount + mask.byteCount + extractedBytes + reduced
  }

  /// What users should know before they trust the numbers.
  var warnings: [String] {
    var sentences: [String] = []
    if let zenith = product.acquisition.sunZenith, zenith > 70 {
      sentences.append(LowSun.sentence(zenith, product.level))
    }
    if emptyChunks > 0 {
      sentences.append(
        """
        \(emptyChunks) chunks of the chosen bands are in the product for no band of their resolution; they are taken \
        for parts without data, which a writer may leave out
        """)
    }
    return sentences
  }

  private static func specs(
    _ product: Sentinel2Product, _ sources: [BandSource], grid: Grid, units: StackUnits, resolution: Int
  ) throws -> (RasterSpec, RasterSpec) {
    let quantification = product.quantification
    let kind = product.level == .l1c ? "top-of-atmosphere reflectance" : "surface (bottom-of-atmosphere) reflectance"
    var bands: [BandSpec] = []
    var offsets: [String] = []
    for source in sources {
      let offset = try product.offset(of: source.band)
      offsets.append("\(source.band.name)=\(JSONValueText.number(offset))")
      let isReflectance = units == .reflectance
      bands.append(
        BandSpec(
          name: source.band.name, summary: "\(source.band.colour), \(isReflectance ? kind : "digital number")",
          quantity: isReflectance ? "reflectance" : "DN", unit: .dimensionless,
          scale: isReflectance ? 1 / quantification : 1,
          offset: isReflectance ? offset / quantification : 0, noData: 0,
          wavelength: product.wavelengths[source.band.rawValue]))
    }
    let names = sources.map(\.band.name)
    let style: RasterStyle =
      ["B04", "B03", "B02"].allSatisfy(names.contains)
      ? .composite(red: "B04", green: "B03", blue: "B02") : .ramp(band: names[0], low: nil, high: nil)
    var tags = [
      "resolution": "\(resolution) m",
      "resampling": sources.map { "\($0.band.name): \($0.treatment)" }.joined(separator: "; "),
      "quantification": JSONValueText.number(quantification),
      "add_offset": offsets.joined(separator: ","),
      "offset_applied": product.offsets == nil ? "none in the product" : units == .reflectance ? "yes" : "no",
    ]
    if let tile = product.tile { tags["tile"] = tile }
    if let orbit = product.orbit { tags["relative_orbit"] = orbit }
    let tile = TileSize(width: 1024, height: 1024)
    let image = RasterSpec(
      grid: grid, bands: bands, type: .uint16, tile: tile, style: style, acquisition: product.acquisition, tags: tags)
    let mask = RasterSpec(
      grid: grid, bands: [BandSpec(name: "mask", summary: "Why a pixel takes no part", quantity: "class")],
      type: .uint8, tile: tile,
      classes: MaskReason.classes, style: .classes, acquisition: product.acquisition,
      tags: ["resolution": "\(resolution) m"])
    return (image, mask)
  }
}
