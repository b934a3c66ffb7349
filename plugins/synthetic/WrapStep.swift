import FloeIO
import FloeSDK

/// The level of a wrapped product.
enum ProductLevel: String, ChoiceParameter {
  case l1c = "L1C"
  case l2a = "L2A"
}

/// Puts given pixels into a Sentinel-2 product.
struct WrapStep: ProcessingStep {
  static let name = "synthetic.wrap_sentinel2"
  static let summary = "Wraps the bands of a raster, as they are, into an officially shaped Sentinel-2 product."
  static let discussion = """
    Bands are UInt16 numbers at 10 m named `B02`, `B03`, `B04` or `B08`; 0 is no data, at most 32767 (15 bits). They are
    stored without loss as JPEG 2000; nothing is scaled. `offset` and `quantification` only go into the metadata;
    baselines before 04.00 have no offset node. The tile's name is not checked against the grid. Spacecraft is
    Sentinel-2A; sun angles are nominal.
    """
  static let example = """
    steps:
      crop: { use: raster.read, with: { files: [B02.tif, B04.tif] } }
      wrapped: { use: synthetic.wrap_sentinel2, in: { image: crop.image }, with: { folder: products, tile: 22WEV } }
    """

  @Input("Bands at 10 m, UInt16, named B02, B03, B04 or B08") var image: Raster
  @Param("Folder for the product; made if missing") var folder: String
  @Param("Processing level") var level = ProductLevel.l1c
  @Param("MGRS tile in the product's name, for example 22WEV") var tile = "01WCU"
  @Param("Offset in the metadata, in DN", in: -32767...32767) var offset = -1000
  @Param("DN of reflectance 1 in the metadata", in: 1...1_000_000) var quantification = 10000
  @Param("Processing baseline, for example 05.00") var baseline = "05.00"
  @Param("Start of the datatake, UTC") var sensingTime = "2019-03-01T23:56:11Z"
  @Output("Path of the product") var products: Document?

  func validate() throws {
    if folder.isEmpty { throw ParameterError("folder", "must name a folder") }
    if UTCTime(sensingTime) == nil {
      throw ParameterError("sensing_time", "must be a time such as 2019-03-01T23:56:11Z, not '\(sensingTime)'")
    }
    let shape = Array(baseline.utf8).map { (48...57).contains($0) ? "0" : $0 == 46 ? "." : "x" }.joined()
    if shape != "00.00" { throw ParameterError("baseline", "must be written as 05.00, not '\(baseline)'") }
    if tile.count != 5 || !tile.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) {
      throw ParameterError("tile", "must be five letters and digits such as 01WCU, not '\(tile)'")
    }
  }

  mutating func plan(in context: PlanContext) throws {
    _ = try product()
    products = Document(title: "Wrapped Sentinel-2 product", body: .null)
  }

  private func product() throws -> SafeProduct {
    let spec = image.spec
    guard spec.type == .uint16 else {
      throw FloeError("the image has pixels of type \(spec.type.rawValue); a product holds uint16")
    }
    guard spec.grid.pixelWidth == 10, spec.grid.pixelHeight == 10, let code = spec.grid.crs?.code,
      code.hasPrefix("EPSG:326") || code.hasPrefix("EPSG:327")
    else {
      throw FloeError(
        """
        the image has pixels of \(spec.grid.pixelWidth) x \(spec.grid.pixelHeight) in \
        \(spec.grid.crs?.label ?? "no reference system"); 
        """
          + "10 m in a UTM zone of WGS 84 are needed")
    }
    let bands = try spec.bands.map { info -> MSIBand in
      guard let band = MSIBand.named(info.name), band.resolution == 10 else {
        throw FloeError("the image has a band '\(info.name)'; B02, B03, B04 and B08 can be wrapped")
      }
      return band
    }
    guard let sensing = UTCTime(sensingTime) else { throw FloeError("'\(sensingTime)' is not a time") }
    return SafeProduct(
      level: level.rawValue, sensing: sensing, generated: UTCTime(seconds: sensing.seconds + 86400), baseline: baseline,
      offset: baseline < "04.00" ? nil : offset, quantification: quantification, tile: tile, grid: spec.grid,
      bands: bands)
  }

  mutating func run(in context: RunContext) async throws {
    let product = try product()
    let making = try TemporaryFolder(in: folder)
    let writer = SafeWriter(product: product, folder: making.path)
    let images = image.spec.bands.indices.map { image.source.band($0, of: image.spec) }
    try await writer.write(images, in: context)
    try making.publish()
    let scene = JSONValue.string("\(folder)/\(product.name)")
    context.record(.settings, ["scene": scene])
    products = Document(title: "Wrapped Sentinel-2 product", body: ["scene": scene])
  }
}
