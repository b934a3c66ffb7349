import FloeIO
import FloeSDK

/// What the metadata of a Sentinel-2 product says, a .SAFE product or an EOPF Zarr; no pixel is read.
struct Sentinel2Product: Sendable {
  enum Format: Sendable { case safe, zarr }
  let format: Format
  let location: SafeLocation
  let level: ProcessingLevel
  /// The product's name without `.SAFE`.
  let name: String
  let acquisition: Acquisition
  let start: UTCTime?
  let stop: UTCTime?
  /// Divides DN + offset.
  let quantification: Double
  /// What is added to a band's DN before the division; nil where the metadata has no offsets at all (before baseline
  /// 04.00).
  let offsets: [Int: Double]?
  let noDataDN: Int
  /// Central wavelengths in nanometres by `band_id`.
  let wavelengths: [Int: Double]
  let geocoding: TileGeocoding
  /// The folder of the images, for messages.
  let imageFolder: String
  /// Files of bands and of the scene classification by name and resolution in metres.
  let images: ImageFiles
  let masks: [MaskFile]
  /// (longitude, latitude) in degrees, not closed.
  let footprint: [SIMD2<Double>]
  /// Cloud cover in percent.
  let cloudCover: Double?
  let tile: String?
  let orbit: String?
  let orbitDirection: String?

  /// Whether the product is on the network.
  var isRemote: Bool { RemotePath.isRemote(location.root) }

  /// The metadata of a .SAFE product and of its tile.
  var metadataFiles: [String] {
    guard format == .safe, imageFolder.hasSuffix("/IMG_DATA") else { return [] }
    return [location.metadata, "\(imageFolder.dropLast("IMG_DATA".count))MTD_TL.xml"]
  }

  /// Reads the metadata of the product at a path.
  init(_ path: String) throws {
    if let store = try EOPFStore(path) { try self.init(store) } else { try self.init(safe: path) }
  }

  /// A file that is there and not empty where an image is: itself or, of an array of Zarr, its description.
  func file(of image: String) -> String { format == .zarr ? image + "/.zarray" : image }

  /// What the metadata calls what is added to DN.
  private var offsetName: String {
    format == .zarr ? "add_offset" : level == .l1c ? "RADIO_ADD_OFFSET" : "BOA_ADD_OFFSET"
  }

  /// What is added to a band's DN; refuses a list of offsets that leaves the band out.
  func offset(of band: SpectralBand) throws -> Double {
    guard let offsets else {
      // From baseline 04.00 on the list belongs to every product; 99.99 is what the Sen2Cor toolbox writes.
      if let text = acquisition.baseline, let baseline = Double(text), baseline >= 4, baseline < 90 {
        throw FloeError(
          "'\(location.metadata)' has no list of radiometric offsets although its processing baseline is \(text); "
            + """
            from 04.00 on \(offsetName) must be there, or reflectance \
            would be off by about 0.1
            """
        )
      }
      return 0
    }
    if let value = offsets[band.rawValue] { return value }
    throw FloeError(
      """
      '\(location.metadata)' lists radiometric offsets for \(offsets.count) bands, but none for \(band.name) \
      (band_id \(band.rawValue)); 
      """
        + "the list must be complete, or its reflectance would be wrong")
  }

  /// The tile's number (`T01WCU`) in a product's or tile's name.
  static func tileName(in text: String) -> String? {
    let parts = text.split(separator: "_").map { String($0) }
    return parts.first { $0.utf8.count == 6 && $0.hasPrefix("T") && $0.dropFirst().prefix(2).allSatisfy(\.isNumber) }
  }
}
