import FloeIO
import FloeSDK

/// Recognises and describes Sentinel-2 products.
public struct Sentinel2Reader: ProductReader {
  public static let name = "sentinel2"
  public static let summary =
    "Sentinel-2 MSI products of level 1C and 2A: .SAFE folders, EOPF .zarr folders, and their zip archives."

  public init() {}

  public func recognises(_ path: String) -> Bool {
    SafeLocation.looksLikeProduct(path) || EOPFStore.looksLikeProduct(path)
  }

  public func describe(_ path: String) throws -> ProductDescription {
    let product = try Sentinel2Product(path)
    let expected = SpectralBand.allCases.filter { product.level == .l1c || $0 != .b10 }
    let present = expected.filter { band in
      product.images.files(band.name, native: band.nativeResolution).values.contains { VirtualFile.exists($0) }
    }
    // An EOPF product describes a band with its array.
    let bands = try (product.format == .zarr ? present : expected).map { band in
      BandSpec(
        name: band.name, summary: "\(band.colour), \(resolutions(product, band))", quantity: "reflectance",
        scale: 1 / product.quantification,
        offset: try product.offset(of: band) / product.quantification, noData: Double(product.noDataDN),
        wavelength: product.wavelengths[band.rawValue])
    }
    var result = ProductDescription(
      kind: "Sentinel-2 MSI \(product.level.rawValue)", name: product.name, path: product.location.path,
      start: product.start,
      stop: product.stop, acquisition: product.acquisition, footprint: product.footprint, bands: bands)
    if product.format == .zarr { result.tell("format", "EOPF Zarr, version 2") }
    if let tile = product.tile { result.tell("tile", tile) }
    result.tell("reference system", product.geocoding.crs.label)
    result.tell(
      "grids",
      product.geocoding.grids.sorted { $0.key < $1.key }.map { "\($0.key) m: \($0.value.width) x \($0.value.height)" }
        .joined(separator: ", "))
    if let orbit = product.orbit {
      result.tell("relative orbit", orbit + (product.orbitDirection.map { " (\($0.lowercased()))" } ?? ""))
    }
    if let cover = product.cloudCover { result.tell("cloud cover", "\(cover) %") }
    result.tell("quantification", JSONValueText.number(product.quantification))
    result.tell("radiometric offset", offsetText(product))
    result.tell("bands with images", present.isEmpty ? "none" : present.map(\.name).joined(separator: ", "))
    if present.count < expected.count {
      result.warnings.append(
        "image files of \(expected.count - present.count) bands are missing; the product is not whole")
    }
    if let zenith = product.acquisition.sunZenith, zenith > 70 {
      result.warnings.append(LowSun.sentence(zenith, product.level))
    }
    return result
  }

  private func resolutions(_ product: Sentinel2Product, _ band: SpectralBand) -> String {
    let all = product.images.files(band.name, native: band.nativeResolution).keys.sorted()
    return (all.isEmpty ? [band.nativeResolution] : all).map { "\($0) m" }.joined(separator: ", ")
  }

  private func offsetText(_ product: Sentinel2Product) -> String {
    guard let offsets = product.offsets else { return "none (product without an offset list)" }
    let values = Set(offsets.values)
    if values.count == 1, let one = values.first { return "\(JSONValueText.number(one)) for all bands" }
    return offsets.sorted { $0.key < $1.key }.map { key, value in
      "\(SpectralBand(rawValue: key)?.name ?? String(key)) \(JSONValueText.number(value))"
    }.joined(separator: ", ")
  }
}
